"""
Where each value came from: what `settings.explain()` answers, as text and as data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from covet.config.errors import Origin
from covet.config.fields import Path, Section
from covet.config.layers import SECRET_FILE
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


def make_explanation(shape: Section, values: Mapping[Path, object], origins: Mapping[Path, Origin]) -> Explanation:
    """Put values and origins together; what is secret is masked here, once for all forms of the answer."""
    rows = []
    for field in shape.walk():
        if field.is_open:
            rows += [
                ExplainedValue(".".join(path), _mask_open(values[field.path], path, origin), origin)
                for path, origin in origins.items()
                if path[: len(field.path)] == field.path
            ]
        elif field.path in values:
            origin = origins[field.path]
            name = "" if field.is_secret else field.path[-1]
            value = mask_value(values[field.path], name=name)
            rows.append(ExplainedValue(field.name, value, origin, field.is_reloadable))
    return Explanation(tuple(rows))


def _mask_open(tables: object, path: Path, origin: Origin) -> object:
    """Find a value in the tables that others read: nobody here knows its type, so more of them are masked."""
    value = tables
    for part in path[1:]:
        value = value[part] if isinstance(value, Mapping) else None
    return MASK if origin.layer == SECRET_FILE else mask_value(value, name=path[-1])


def _write_place(origin: Origin) -> str:
    if origin.file is None:
        return origin.name
    line = "" if origin.line is None else f":{origin.line}"
    place = f"{origin.file}{line}"
    return f"{place} {origin.name}".rstrip()
