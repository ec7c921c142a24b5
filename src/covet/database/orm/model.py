"""
The base of mapped classes.
"""

from typing import Any, ClassVar, Final

from sqlalchemy import MetaData, Numeric
from sqlalchemy import inspect as inspect_mapped
from sqlalchemy.orm import DeclarativeBase

from covet.database.orm.column_types import TYPES
from covet.exceptions import ConfigurationError

NAMING_CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""What constraints are called, so that a migration can name what it drops."""


class Model(DeclarativeBase):
    """
    Derive from it to map a class to a table; everything else is SQLAlchemy's.

    Types stand for the same on every database: `int` has 64 bits, `str` 255 characters, `datetime` is aware and in
    UTC, `UUID`, `float` with 53 bits, an `Enum` is the text of its values, `dict` and `list` are JSON. `Decimal` has
    to say its precision.

    Raises:
        ConfigurationError: If a column is a `Decimal` without precision: databases disagree on what that means.

    Example:
        >>> from sqlalchemy.orm import Mapped, mapped_column
        >>> class Tea(Model):
        ...     __tablename__ = "teas"
        ...
        ...     id: Mapped[int] = mapped_column(primary_key=True)
        ...     name: Mapped[str] = mapped_column(unique=True)
        >>> Tea(id=1, name="Assam")
        <Tea id=1>
        >>> sorted(str(constraint.name) for constraint in Tea.__table__.constraints)
        ['pk_teas', 'uq_teas_name']
    """

    # Any: as SQLAlchemy has it.
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES

    # Any: the keywords that SQLAlchemy's own base and mixins may take.
    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Map the class, and refuse what would mean something else on another database."""
        super().__init_subclass__(**kwargs)
        mapper = inspect_mapped(cls, raiseerr=False)
        if mapper is None:
            return
        for name, column in mapper.columns.items():
            kind = column.type
            if isinstance(kind, Numeric) and kind.asdecimal and kind.precision is None:
                raise ConfigurationError(
                    f"{cls.__name__}.{name} is a Decimal without precision, which each database understands otherwise.",
                    hint="Write mapped_column(Numeric(12, 2)): 12 digits, of which 2 stand behind the point.",
                )

    def __repr__(self) -> str:
        # The key alone: the rest may be secret, or may have to be loaded.
        mapper = inspect_mapped(type(self))
        names = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        keys = " ".join(f"{name}={self.__dict__.get(name)!r}" for name in names)
        return f"<{type(self).__name__} {keys}>"


__all__ = ["NAMING_CONVENTION", "Model"]
