"""
Map the rows of the benchmarks with SQLAlchemy, for the applications of others.
"""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """
    Hold the tables.
    """


class World(Base):
    """
    Map a row with a number.
    """

    __tablename__ = "world"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Fortune(Base):
    """
    Map a message.
    """

    __tablename__ = "fortune"

    id: Mapped[int] = mapped_column(primary_key=True)
    message: Mapped[str]
