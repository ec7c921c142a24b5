"""
The tables that the tests of the ORM work with, and how they get there.
"""

import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Integer, MetaData, Numeric, String, Text, func, literal_column
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column, relationship

from covet.database.orm import Model, SoftDelete, Timestamps, Versioned, create_engine, secret_column
from covet.database.orm.model import NAMING_CONVENTION


class Base(Model):
    """Keep these tables apart from those of other tests."""

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Role(enum.Enum):
    """Have values that are not the names."""

    READER = "reader"
    EDITOR = "an editor"


class User(Base):
    """Have a bit of everything."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    age: Mapped[int] = mapped_column(default=0)
    email: Mapped[str | None]
    password_hash: Mapped[str] = secret_column(default="$scrypt$")
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Timestamps, SoftDelete, Versioned, Base):
    """Have all the mixins."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[User] = relationship(back_populates="posts")


class Sample(Base):
    """Have a column of each type."""

    __tablename__ = "samples"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    moment: Mapped[datetime]
    day: Mapped[date]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    ratio: Mapped[float]
    big: Mapped[int]
    role: Mapped[Role]
    tags: Mapped[list[str]]
    extra: Mapped[dict[str, Any]]  # Any: JSON
    is_good: Mapped[bool]


class Long(Base):
    """Have texts that are long, and a number that is small."""

    __tablename__ = "longs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    first: Mapped[str] = mapped_column(String(1000))
    second: Mapped[str] = mapped_column(String(500))
    third: Mapped[str] = mapped_column(String(500))


class Stamp(Base):
    """Have columns that change by themselves with each update."""

    __tablename__ = "stamps"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(50), default="")
    by_function: Mapped[str] = mapped_column(String(50), default="", onupdate=lambda: "function")
    by_value: Mapped[str] = mapped_column(String(50), default="", onupdate="value")
    by_expression: Mapped[str] = mapped_column(String(50), default="", onupdate=func.upper("expression"))
    by_itself: Mapped[int] = mapped_column("itself", default=0, onupdate=literal_column("stamps.itself + 1"))


@asynccontextmanager
async def open_engine(url: str, **options: Any) -> AsyncIterator[AsyncEngine]:  # Any: options of create_engine
    """Make an engine with empty tables, and drop them at the end."""
    engine = create_engine(url, **options)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        yield engine
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
    finally:
        await engine.dispose()
