"""
The types that PostgreSQL has for an `Enum`: a migration makes, extends and drops them, since no table does.

The other databases have no such types, and what is written here does nothing there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Column, Connection, Enum, MetaData, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from covet.database.migrations.errors import MigrationError

__all__ = ["ChangedEnumType", "add_enum_types", "find_changed_enum_types", "get_enum_type", "write_enum_type"]

_POSTGRESQL: Final = "postgresql"
_Types = dict[tuple[str | None, str], Enum]


class _TypeOperation(ops.MigrateOperation):
    """A statement about a type, in a migration that is written."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)


@dataclass(frozen=True, slots=True)
class ChangedEnumType:
    """
    A type whose values are others in the database than in the models.

    Attributes:
        kind: The type of the models.
        missing: The values that the database lacks.
        surplus: Those that the models lack.
    """

    kind: Enum
    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    def __str__(self) -> str:
        words = [f"{value!r} is in the models alone" for value in self.missing]
        words += [f"{value!r} is in the database alone" for value in self.surplus]
        return f"of the values of the type {str(self.kind.name)!r}, {', '.join(words)}"


# Any: types have values of every kind.
def get_enum_type(kind: TypeEngine[Any]) -> Enum | None:
    """Return the `Enum` for which PostgreSQL has a type of its own, if a column's type is one."""
    variants = kind._variant_mapping  # noqa: SLF001 - nothing else tells of with_variant()
    variant = variants.get(_POSTGRESQL, kind)
    if not isinstance(variant, Enum) or not variant.native_enum or variant.name is None:
        return None
    # One that is something else on another database is written by Alembic, and made by its table.
    return None if variant is kind and variants else variant


def write_enum_type(kind: Enum, *, is_column: bool = False) -> str:
    """
    Write a type as a migration has it.

    Args:
        kind: The type.
        is_column: Whether it stands in a column, with which it is not created.

    Example:
        >>> write_enum_type(Enum("small", "large", name="size"), is_column=True)
        "sa.Enum('small', 'large', name='size', create_type=False)"
    """
    words = [*map(repr, map(str, kind.enums)), f"name={str(kind.name)!r}"]
    if kind.schema is not None:
        words.append(f"schema={str(kind.schema)!r}")
    if is_column:
        words.append("create_type=False")
    return f"sa.Enum({', '.join(words)})"


def find_changed_enum_types(
    connection: Connection | None, metadata: MetaData | Sequence[MetaData]
) -> list[ChangedEnumType]:
    """
    Find the types that a database has with other values than the models.

    Args:
        connection: The database.
        metadata: What the models say.
    """
    if connection is None or connection.dialect.name != _POSTGRESQL:
        return []
    inspector: Any = inspect(connection)  # Any: PostgreSQL's own has more methods than others
    changed = []
    for (schema, name), kind in _collect(_list_columns(metadata)).items():
        known = {item["name"]: item["labels"] for item in inspector.get_enums(schema=schema)}
        values = [str(value) for value in kind.enums]
        if name in known and set(values) != set(known[name]):
            missing = tuple(value for value in values if value not in known[name])
            surplus = tuple(value for value in known[name] if value not in values)
            changed.append(ChangedEnumType(kind, missing, surplus))
    return changed


def add_enum_types(
    upgrade: ops.UpgradeOps,
    downgrade: ops.DowngradeOps,
    metadata: MetaData | Sequence[MetaData],
    changed: Iterable[ChangedEnumType],
) -> None:
    """
    Add what is to be done about types to what Alembic found.

    Args:
        upgrade: The way up.
        downgrade: The way back.
        metadata: What the models say.
        changed: The types that the database has with other values.

    Raises:
        MigrationError: If a type would lose values, which PostgreSQL takes from none.
    """
    added = list(_find_columns(upgrade, ops.CreateTableOp, ops.AddColumnOp))
    removed = _collect(column for _, column in _find_columns(upgrade, ops.DropTableOp, ops.DropColumnOp))
    names = {(table, column.name) for table, column in added}
    columns = list(_list_columns(metadata))
    before = _collect(column for column in columns if (column.table.fullname, column.name) not in names)
    after = _collect(columns)
    new = [kind for key, kind in after.items() if key not in before and kind.create_type]
    gone = [kind for key, kind in removed.items() if key not in after]
    upgrade.ops[:0] = [*map(_create, new), *map(_extend, changed)]
    upgrade.ops += map(_drop, gone)
    downgrade.ops[:0] = map(_create, gone)
    downgrade.ops += map(_drop, new)


# Any: columns have values of every kind.
def _list_columns(metadata: MetaData | Sequence[MetaData]) -> Iterator[Column[Any]]:
    for item in [metadata] if isinstance(metadata, MetaData) else metadata:
        for table in item.tables.values():
            yield from table.columns


def _collect(columns: Iterable[Column[Any]]) -> _Types:
    found = (get_enum_type(column.type) for column in columns)
    return {(kind.schema, str(kind.name)): kind for kind in found if kind is not None}


def _find_columns(operations: ops.OpContainer, *kinds: type[ops.MigrateOperation]) -> Iterator[tuple[str, Column[Any]]]:
    for operation in operations.ops:
        if isinstance(operation, ops.OpContainer):
            yield from _find_columns(operation, *kinds)
            continue
        if not isinstance(operation, kinds):
            continue
        if isinstance(operation, ops.CreateTableOp | ops.DropTableOp):
            table = operation.to_table()
            yield from ((table.fullname, column) for column in table.columns)
        elif isinstance(operation, ops.AddColumnOp | ops.DropColumnOp):
            column = operation.column if isinstance(operation, ops.AddColumnOp) else operation.to_column()
            yield ".".join(filter(None, (operation.schema, operation.table_name))), column


def _create(kind: Enum) -> _TypeOperation:
    return _TypeOperation([f"{write_enum_type(kind)}.create(op.get_bind(), checkfirst=True)"])


def _drop(kind: Enum) -> _TypeOperation:
    return _TypeOperation([f"{write_enum_type(kind)}.drop(op.get_bind(), checkfirst=True)"])


def _extend(changed: ChangedEnumType) -> _TypeOperation:
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # Any: its preparer has more methods
    name = dialect.identifier_preparer.format_type(changed.kind)
    if changed.surplus:
        raise MigrationError(
            f"PostgreSQL takes no value from a type, and {name} would lose {', '.join(map(repr, changed.surplus))}.",
            hint="Keep the value, or write by hand a migration that makes another type: "
            'covet db revision --empty -m "…"',
        )
    lines = ["if op.get_context().dialect.name == 'postgresql':"]
    for value in changed.missing:
        # A colon would be a parameter.
        quoted = value.replace("'", "''").replace(":", "\\:")
        statement = f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS '{quoted}'"
        lines.append(f"op.execute({statement!r})")
    # Alembic indents what follows a colon by itself, up to an empty line.
    return _TypeOperation([*lines, ""])


@renderers.dispatch_for(_TypeOperation)
def _render(_context: AutogenContext, operation: _TypeOperation) -> list[str]:
    return operation.lines
