"""
Layers of values: what each source says, still unread, and who wins.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path as FilePath
from typing import Any, Final, NamedTuple

from covet.config.errors import Origin, SettingProblem
from covet.config.fields import Field, Path, Section
from covet.config.json_text import load_json
from covet.config.masking import show
from covet.config.names import VariableNames
from covet.config.parsers import to_builtins
from covet.exceptions import suggest
from covet.validation.failures import Failed

KEYWORD: Final = "keyword argument"
COMMAND_LINE: Final = "command line"
ENVIRONMENT: Final = "environment"
SECRET_FILE: Final = "secret file"  # noqa: S105 - the name of a layer
DOTENV: Final = ".env"
ENVIRONMENT_FILE: Final = "environment's config file"
FILE: Final = "config file"
PROFILE: Final = "environment's default"
DEFAULT: Final = "default"

LAYERS: Final = (
    KEYWORD, COMMAND_LINE, ENVIRONMENT, SECRET_FILE, DOTENV, ENVIRONMENT_FILE, FILE, PROFILE, DEFAULT,
)  # fmt: skip
"""The layers, the strongest first."""

# The standards write these two into [app].
_MOVED: Final[Mapping[Path, Path]] = {("app", "environment"): ("environment",), ("app", "debug"): ("debug",)}


class Entry(NamedTuple):
    """
    One value of one layer.

    Attributes:
        value: The value as it is written there.
        origin: Where that is.
        is_literal: Whether it has no references, whatever it looks like.
        is_hidden: Whether it is never shown, whatever its type says.
    """

    value: object
    origin: Origin
    is_literal: bool = True
    is_hidden: bool = False

    def __repr__(self) -> str:
        # The value may be a secret, and nothing here knows.
        return f"<Entry {self.origin}>"


Layer = dict[Path, Entry]
MakeEntry = Callable[[Path, object], Entry]


@dataclass(slots=True)
class LayerReader:
    """
    Turns what a source says into entries, and collects what is wrong with it.

    Attributes:
        shape: What there is to set.
        problems: What is wrong.
        warnings: What is probably wrong.
    """

    shape: Section
    problems: list[SettingProblem]
    warnings: list[str]

    def read_tables(self, data: Mapping[Any, object], make: MakeEntry) -> Layer:
        """Read nested tables, as files and keyword arguments have them."""
        layer = Layer()
        for path, value, written in self._flatten(self.shape, data, (), make):
            if path in layer:
                message = f"is given twice in one place, the second time as '{'.'.join(written)}'"
                self.problems.append(SettingProblem(".".join(path), message, make(written, value).origin))
                continue
            layer[path] = make(written, value)
        return layer

    def read_dotted(self, values: Mapping[str, object], make: MakeEntry) -> Layer:
        """Read values whose names are paths with dots, as a command line has them."""
        layer = Layer()
        for name, value in values.items():
            nested: Any = value
            for part in reversed(name.split(".")):
                nested = {part: nested}
            layer |= self.read_tables(nested, make)
        return layer

    def read_variables(self, values: Iterable[tuple[str, Entry]], names: VariableNames) -> Layer:
        """Read variables by their names, and warn about those that look like settings and are none."""
        found: dict[Path, tuple[str, Entry]] = {}
        for name, entry in values:
            path = names.find(name)
            if path is None:
                if names.is_stranger(name):
                    hint = suggest(name, names.list_all()).partition(" Available:")[0]
                    hint = hint if hint.startswith("Did") else "Remove it, or see `covet config schema` for the names."
                    self.warnings.append(f"{entry.origin} sets nothing: there is no such setting. {hint}")
                continue
            other = found.get(path)
            if other is None or names.write(path) == name:
                found[path] = (name, entry)
            if other is not None and other[1].value != entry.value:
                self.warnings.append(
                    f"{other[1].origin} and {entry.origin} both set {'.'.join(path)} to different values; "
                    f"{found[path][0]} is taken. Keep one of them."
                )
        layer = Layer()
        for path, (_, entry) in found.items():
            layer |= self._spread(path, entry)
        return layer

    def _spread(self, path: Path, entry: Entry) -> Layer:
        """Take the JSON of a whole section apart; a field stays as it is."""
        member: Field | Section | None = self.shape
        for part in path:
            member = member.members.get(part) if isinstance(member, Section) else member
        is_table = isinstance(member, Field) and member.is_open and len(path) <= len(member.path) + 1
        is_whole = isinstance(member, Section) or is_table
        if not is_whole:
            return {path: entry}
        data = _load_table(entry.value)
        if not isinstance(data, Mapping):
            message = "must be a table, as JSON" if data is None else data.problems[0].message
            self.problems.append(SettingProblem(".".join(path), message, entry.origin))
            return {}
        nested: Any = data
        for part in reversed(path):
            nested = {part: nested}
        return self.read_tables(nested, lambda _, value: entry._replace(value=value))

    def _flatten(
        self, member: "Section | Field", value: object, written: Path, make: MakeEntry
    ) -> Iterator[tuple[Path, object, Path]]:
        if isinstance(member, Field):
            if member.is_open:
                yield from self._flatten_open(value, written, make)
            else:
                yield member.path, value, written
            return
        data = _read_table(value, member.cls)
        if isinstance(data, Failed):
            origin = make(written, value).origin
            self.problems.append(SettingProblem(".".join(member.path), data.problems[0].message, origin))
            return
        if data is None:
            if value is not None or not member.is_optional:
                self.problems.append(_refuse_as_table(value, member.path, make(written, value)))
            return
        for key, item in data.items():
            name = str(key)
            place = (*written, name)
            inner = member.members.get(name)
            moved = _MOVED.get(place) if inner is None else None
            if moved is not None and moved[0] in self.shape.members:
                yield moved, item, place
            elif inner is None:
                hint = self._suggest(name, member)
                message = f"is no setting. {hint}"
                self.problems.append(SettingProblem(".".join(place) or "''", message, make(place, item).origin))
            else:
                yield from self._flatten(inner, item, place, make)

    def _suggest(self, name: str, section: Section) -> str:
        # Settings(port=8000) is meant well: the section is missing.
        elsewhere = [field.name for field in self.shape.walk() if field.path[-1] == name]
        if len(elsewhere) == 1 and not section.path:
            return f"Did you mean '{elsewhere[0]}'?"
        return suggest(name, section.members).rstrip(".")

    def _flatten_open(self, value: object, path: Path, make: MakeEntry) -> Iterator[tuple[Path, object, Path]]:
        if isinstance(value, Mapping):
            if len(path) > 1:
                # An empty table is something, too: the section is there.
                yield path, {}, path
            for key, item in value.items():
                yield from self._flatten_open(item, (*path, str(key)), make)
        elif len(path) == 1:
            self.problems.append(_refuse_as_table(value, path, make(path, value), "a table of tables"))
        else:
            yield path, value, path


def merge(layers: Iterable[Layer]) -> Layer:
    """
    Put layers over each other, the strongest first.

    A value of a stronger layer also hides the tables of weaker ones in its place, and the other way round.

    Example:
        >>> strong, weak = (Entry(value, Origin(FILE)) for value in (1, 2))
        >>> merge([{("port",): strong}, {("port",): weak}])[("port",)].value
        1
    """
    merged = Layer()
    # The tables and the plain values among what is taken, so that a clash is one look-up.
    inner: set[Path] = set()
    for layer in layers:
        taken = []
        for path, entry in layer.items():
            if path in merged or (entry.value != {} and path in inner):
                continue
            if any(merged[path[:end]].value != {} for end in range(1, len(path)) if path[:end] in merged):
                continue
            taken.append((path, entry))
        for path, entry in taken:
            merged[path] = entry
            inner.update(path[:end] for end in range(1, len(path)))
    return merged


def _refuse_as_table(value: object, path: Path, entry: Entry, expected: str = "a table") -> SettingProblem:
    name = ".".join(path)
    got = "" if entry.is_hidden else f", got {show(value, name=name)}"
    return SettingProblem(name, f"must be {expected}{got}", entry.origin)


def _read_table(value: object, cls: type) -> Mapping[Any, object] | Failed | None:
    if isinstance(value, Mapping):
        return value
    if is_dataclass(cls) and isinstance(value, cls):
        return {item.name: getattr(value, item.name) for item in fields(value) if item.init}
    return _load_table(value)


def _load_table(value: object) -> Mapping[Any, object] | Failed | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = load_json(value)
    return value if isinstance(value, Mapping | Failed) else None


def nest(layer: Layer, root: Path) -> dict[str, Any]:
    """
    Build the tables below a path again, with what the entries hold.

    Example:
        >>> entry = Entry("hi", Origin(FILE))
        >>> nest({("plugins", "hello", "greeting"): entry}, ("plugins",))
        {'hello': {'greeting': 'hi'}}
    """
    tables: dict[str, Any] = {}
    for path, entry in layer.items():
        if path[: len(root)] != root or len(path) == len(root):
            continue
        *outer, last = path[len(root) :]
        table = tables
        for part in outer:
            table = table.setdefault(part, {})
        if entry.value == {}:
            table.setdefault(last, {})
        else:
            table[last] = entry.value
    return tables


def make_file_entry(layer: str, file: FilePath, line_of: Callable[[Path], int | None]) -> MakeEntry:
    """Make the function that makes the entries of a file."""

    def make(path: Path, value: object) -> Entry:
        return Entry(to_builtins(value), Origin(layer, ".".join(path), file, line_of(path)), is_literal=False)

    return make
