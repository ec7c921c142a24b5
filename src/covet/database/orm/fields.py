"""
The columns of a model by their attributes' names: the one place where a name becomes something of SQL.

A name that is none of them never gets further. It must never look at attributes that are no columns.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ClauseElement, Column, ColumnElement, UnaryExpression, false
from sqlalchemy import inspect as inspect_mapped
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import InstrumentedAttribute, Mapper

from covet.class_annotations import type_variables
from covet.database.errors import DataError
from covet.database.orm.column_bounds import ColumnValues
from covet.database.orm.column_types import is_secret
from covet.database.orm.errors import UnknownFieldError
from covet.exceptions import ConfigurationError
from covet.introspection import type_name

# Any: values of columns, and columns of whatever type.
Where: TypeAlias = ColumnElement[bool] | Mapping[str, Any]
"""A condition: an expression of SQLAlchemy's, or the values that columns must have, by name."""
OrderBy: TypeAlias = str | ColumnElement[Any] | InstrumentedAttribute[Any] | UnaryExpression[Any]
"""An order: the name of a field, with `-` in front of it for descending, or an expression of SQLAlchemy's."""


class FieldTable:
    """
    What there is to know about the columns of a model.

    Attributes:
        model: The model.
        mapper: What SQLAlchemy knows of it.
        columns: The columns by the names of their attributes, in order.
        keys: The names of the primary key.
        empty: The names of the columns that a new row has nothing in, unless somebody says so.
    """

    __slots__ = ("_key", "_values", "columns", "empty", "keys", "mapper", "model")

    def __init__(self, model: type[Any], mapper: Mapper[Any]) -> None:
        self.model = model
        self.mapper = mapper
        # Not what it inherits the name of from another table: `columns` has each attribute once.
        self.columns: dict[str, Column[Any]] = {
            name: column for name, column in mapper.columns.items() if isinstance(column, Column)
        }
        self._values = {name: ColumnValues(column.type) for name, column in self.columns.items()}
        self.keys = tuple(name for name, column in self.columns.items() if column in set(mapper.primary_key))
        self._key = self._values[self.keys[0]] if len(self.keys) == 1 else None
        self.empty = tuple(name for name, column in self.columns.items() if _is_empty_at_first(column))

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.model.__name__

    def attribute(self, name: object) -> InstrumentedAttribute[Any]:
        """
        Return the attribute of a column.

        Raises:
            UnknownFieldError: If there is no such column.
        """
        if not isinstance(name, str) or name not in self.columns:
            raise UnknownFieldError(name, model=self.name, known=self.public_names())
        found: InstrumentedAttribute[Any] = getattr(self.model, name)
        return found

    def public_names(self) -> list[str]:
        """List the names whose columns are not secret."""
        return [name for name, column in self.columns.items() if not is_secret(column)]

    def check(self, names: Iterable[object]) -> None:
        """
        Refuse names that are no columns.

        Raises:
            UnknownFieldError: For the first of them.
        """
        for name in names:
            if name not in self.columns:
                raise UnknownFieldError(name, model=self.name, known=self.public_names())

    def conditions(self, where: Iterable[Where]) -> list[ColumnElement[bool]]:
        """
        Make expressions of conditions.

        Raises:
            UnknownFieldError: If a mapping has a name that is no column.
            DataError: If a mapping has a value of another kind than its column (422).
            TypeError: If it is no condition at all, such as a text.
        """
        made: list[ColumnElement[bool]] = []
        for item in where:
            if isinstance(item, Mapping):
                for name, value in item.items():
                    made.append(self._equal(name, value))
            elif isinstance(item, ColumnElement):
                made.append(item)
            else:
                raise TypeError(
                    f"A condition is an expression such as {self.name}.{self.keys[0]} == 1, or a mapping, "
                    f"got {type(item).__name__}."
                )
        return made

    # Any: a value of a column, or an expression.
    def _equal(self, name: str, value: Any) -> ColumnElement[bool]:
        attribute = self.attribute(name)
        if value is None:
            return attribute.is_(None)
        self.check_kind(name, value)
        # No row has what its column cannot hold, and some databases would compare it with something else.
        is_held = _is_expression(value) or self._values[name].holds(value)
        return attribute == value if is_held else false()

    def check_kind(self, name: str, value: object) -> None:
        """
        Refuse to compare a column with a value of another kind.

        Raises:
            DataError: If it is of one (422).
        """
        # APPSEC: docs/security.md, row 96: a dict or a list that a client sent is no comparison, and MySQL finds all
        # texts that are no numbers where it is asked for 0.
        values = self._values[name]
        if values.expected is not None and not _is_expression(value) and not values.takes(value):
            raise DataError(
                f"{self.name}.{name} is of type {values.expected.__name__}, and was compared with"
                f" {type(value).__name__}.",
                hint="Convert the value first, or let a DTO or a query read it.",
            )

    def ordering(self, order_by: Iterable[OrderBy]) -> list[Any]:  # Any: clauses of SQLAlchemy's
        """
        Make clauses of an order.

        Raises:
            UnknownFieldError: If a name is no column.
        """
        made: list[Any] = []
        for item in (order_by,) if isinstance(order_by, str) else order_by:
            if isinstance(item, str):
                attribute = self.attribute(item.removeprefix("-"))
                made.append(attribute.desc() if item.startswith("-") else attribute.asc())
            else:
                made.append(item)
        return made

    def key_fits(self, ident: object) -> bool:
        """Tell whether a key can be one at all: no row has one that its columns cannot hold."""
        if self._key is not None and not isinstance(ident, tuple | dict):
            return self._key.holds(ident)
        if isinstance(ident, dict):
            return all(self._values[name].holds(value) for name, value in ident.items() if name in self.keys)
        parts = ident if isinstance(ident, tuple) else (ident,)
        if len(parts) != len(self.keys):
            # SQLAlchemy says what is missing.
            return True
        return all(self._values[name].holds(part) for name, part in zip(self.keys, parts, strict=True))


def find_model(cls: type, base: type) -> type[Any] | None:
    """Find what a class put in the brackets of a generic base of one variable; `None` while it is open."""
    found = next(iter(type_variables(cls).get(base, {}).values()), None)
    return found if isinstance(found, type) else None


def read_fields(model: type[Any]) -> FieldTable:
    """
    Read the columns of a model, once.

    Raises:
        ConfigurationError: If it is no mapped class.
    """
    cls: Any = model  # mypy does not take a class for hashable
    return _read_once(cls)


@lru_cache(maxsize=1024)
def _read_once(model: type[Any]) -> FieldTable:
    try:
        mapper = inspect_mapped(model)
    except NoInspectionAvailable:
        mapper = None
    if not isinstance(mapper, Mapper):
        raise ConfigurationError(
            f"{type_name(model)} is no mapped class.", hint="Derive it from Model, with a __tablename__."
        )
    return FieldTable(model, mapper)


def _is_expression(value: object) -> bool:
    return isinstance(value, ClauseElement) or hasattr(value, "__clause_element__")


# Any: a column of whatever type.
def _is_empty_at_first(column: Column[Any]) -> bool:
    has_default = column.default is not None or column.server_default is not None or column.computed is not None
    return bool(column.nullable) and not column.primary_key and not has_default


__all__ = ["FieldTable", "OrderBy", "Where", "find_model", "read_fields"]
