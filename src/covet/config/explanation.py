"""
Where each value came from: what `settings.explain()` answers, as text and as data.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from covet.config.errors import Origin
from covet.config.fields import Field, Path, Section
from covet.config.loading import Loaded
from covet.config.masking import mask_value, show
from covet.config.secret import MASK
from covet.exceptions import ConfigurationError, suggest


@dataclass(frozen=True, slots=True)
class ExplainedValue:
    """
    One value and where it came from.

    Attributes:
        path: The setting, such as `"database.url"`.
        value: The value in builtins, masked if it is secret.
        origin: Where it came from.
        is_reloadable: Whether it may change while the application runs.
    """

    path: str
    value: object
    origin: Origin
    is_reloadable: bool = False

    def __str__(self) -> str:
        return f"{self.path} = {MASK if self.value == MASK else show(self.value)} ({self.origin})"

    def to_dict(self) -> dict[str, object]:
        """Make the row as JSON has it."""
        origin = self.origin
        return {
            "path": self.path,
            "value": self.value,
            "layer": origin.layer,
            "name": origin.name,
            "file": None if origin.file is None else str(origin.file),
            "line": origin.line,
            "reloadable": self.is_reloadable,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    All values and where they came from.

    Attributes:
        rows: The values, in the order of the settings' classes.

    Example:
        >>> print(Explanation((ExplainedValue("debug", True, Origin("environment", "COVET_DEBUG")),)))
        SETTING  VALUE  LAYER        FROM
        debug    True   environment  COVET_DEBUG
    """

    rows: tuple[ExplainedValue, ...]

    def __iter__(self) -> Iterator[ExplainedValue]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        cells = [("SETTING", "VALUE", "LAYER", "FROM")]
        for row in self.rows:
            value = MASK if row.value == MASK else show(row.value)
            cells.append((row.path, value, row.origin.layer, _write_place(row.origin)))
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
        )

    def find(self, path: str) -> ExplainedValue:
        """
        Find one value.

        Raises:
            ConfigurationError: If there is no such setting.
        """
        for row in self.rows:
            if row.path == path:
                return row
        raise ConfigurationError(f"There is no setting {path!r}.", hint=suggest(path, (row.path for row in self.rows)))

    def to_list(self) -> list[dict[str, object]]:
        """Make builtins of the rows, as JSON has them."""
        return [row.to_dict() for row in self.rows]


def make_explanation(shape: Section, loaded: Loaded) -> Explanation:
    """Put values and origins together; what is secret is masked here, once for all forms of the answer."""
    values, origins = loaded.values, loaded.origins
    rows = []
    for field in shape.walk():
        if field.is_open:
            rows += [
                ExplainedValue(".".join(path), _mask_open(values[field.path], path, loaded.hidden), origin)
                for path, origin in origins.items()
                if path[: len(field.path)] == field.path
            ]
        elif field.path in values:
            origin = origins[field.path]
            value = _mask(values[field.path], field.path, loaded.hidden)
            rows.append(ExplainedValue(field.name, value, origin, field.is_reloadable))
    return Explanation(tuple(rows))


def mask_members(shape: Section, loaded: Loaded) -> dict[str, object]:
    """Make nested builtins of the values, masked."""
    return {name: _mask_member(shape.members[name], value, loaded.hidden) for name, value in loaded.members.items()}


def _mask_member(member: Field | Section, value: object, hidden: AbstractSet[Path]) -> object:
    if isinstance(member, Section):
        if value is None:
            return None
        return {name: _mask_member(inner, getattr(value, name), hidden) for name, inner in member.members.items()}
    return mask_tables(value, member.path, hidden) if member.is_open else _mask(value, member.path, hidden)


def _mask(value: object, path: Path, hidden: AbstractSet[Path]) -> object:
    return MASK if path in hidden and value is not None else mask_value(value, name=path[-1])


def mask_tables(value: object, path: Path, hidden: AbstractSet[Path]) -> object:
    """
    Mask a value, or what is within tables, path by path.

    Args:
        value: The value.
        path: Its path.
        hidden: The paths of what is not shown though neither its type nor its name says so.

    Example:
        >>> mask_tables({"dsn": "x", "size": 1}, ("plugins", "shop"), {("plugins", "shop", "dsn")})
        {'dsn': '**********', 'size': 1}
    """
    if isinstance(value, Mapping):
        return {str(key): mask_tables(item, (*path, str(key)), hidden) for key, item in value.items()}
    return _mask(value, path, hidden)


def _mask_open(tables: object, path: Path, hidden: AbstractSet[Path]) -> object:
    """Find a value in the tables that others read."""
    value = tables
    for part in path[1:]:
        value = value[part] if isinstance(value, Mapping) else None
    return _mask(value, path, hidden)


def _write_place(origin: Origin) -> str:
    if origin.file is None:
        return origin.name
    line = "" if origin.line is None else f":{origin.line}"
    place = f"{origin.file}{line}"
    return f"{place} {origin.name}".rstrip()
