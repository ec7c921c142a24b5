"""
What settings are called in an environment: `COVET_DATABASE__URL`, and the shorter names that people know.
"""

import re
from collections.abc import Iterable, Iterator

from covet.config.fields import Path, Section
from covet.exceptions import ConfigurationError

DEFAULT_PREFIX = "COVET_"
APP_VARIABLE = "COVET_APP"
"""What names the application on the command line, `main:app`: no setting, though a section has that name."""

_PREFIX = re.compile(r"[A-Z][A-Z0-9_]*_")
_SHORT_SECTIONS = {"database": "DB"}
_SHORT_NAMES = {("environment",): "ENV"}


class VariableNames:
    """
    The variables of a settings class.

    Every setting has one name, in which `__` stands between section and field. Where it is no other setting's name,
    a single `_` does as well; `ENV` is the environment, and `DB_` begins the database's.

    Args:
        shape: What there is to set.
        prefix: What every name begins with.
        has_aliases: Whether the shorter names are known as well.

    Raises:
        ConfigurationError: If the prefix is not made of capitals, digits and `_`, with `_` at its end.

    Example:
        >>> from covet.config.fields import read_annotations
        >>> from covet.config.sections import DatabaseSettings
        >>> class Shop:
        ...     database: DatabaseSettings
        >>> names = VariableNames(read_annotations(Shop), "COVET_")
        >>> names.write(("database", "url")), names.find("COVET_DB_URL"), names.find("COVET_DB")
        ('COVET_DATABASE__URL', ('database', 'url'), None)
    """

    def __init__(self, shape: Section, prefix: str = DEFAULT_PREFIX, *, has_aliases: bool = True) -> None:
        if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
            raise ConfigurationError(
                f"env_prefix must be capitals and digits that end with '_', got {prefix!r}.",
                hint="Write env_prefix='SHOP_': variables of other programs must not be taken for settings.",
            )
        self.prefix = prefix
        self._open = {field.path[0] for field in shape.walk() if field.is_open}
        self._paths: dict[str, Path] = {}
        paths = [field.path for field in shape.walk()]
        for path in (*paths, *_list_sections(shape)):
            self._paths[self.write(path)] = path
        self._paths.pop(APP_VARIABLE, None)
        for path in paths if has_aliases else ():
            for name in _list_aliases(path):
                self._paths.setdefault(prefix + name, path)

    def write(self, path: Path) -> str:
        """Write the name of a setting."""
        return self.prefix + "__".join(path).upper()

    def find(self, name: str) -> Path | None:
        """Find the setting that a variable sets; `None` if it sets none."""
        path = self._paths.get(name)
        if path is None and name.startswith(self.prefix):
            parts = tuple(name.removeprefix(self.prefix).lower().split("__"))
            if len(parts) > 1 and parts[0] in self._open and all(parts):
                return parts
        return path

    def is_stranger(self, name: str) -> bool:
        """Tell whether a variable looks like a setting and is none; those of the tests are left alone."""
        is_known = name == APP_VARIABLE or name.startswith(f"{self.prefix}TEST_")
        return name.startswith(self.prefix) and not is_known and self.find(name) is None

    def list_all(self) -> Iterable[str]:
        """List the names, those of the tables that others read left out."""
        return self._paths.keys()

    def list_of(self, path: Path) -> list[str]:
        """List the names of one setting, the one to recommend first."""
        own = self.write(path)
        return [own, *(name for name, found in self._paths.items() if found == path and name != own)]


def _list_sections(section: Section) -> Iterator[Path]:
    for member in section.members.values():
        if isinstance(member, Section):
            yield member.path
            yield from _list_sections(member)


def _list_aliases(path: Path) -> Iterable[str]:
    if path in _SHORT_NAMES:
        yield _SHORT_NAMES[path]
    if len(path) > 1:
        yield "_".join(path).upper()
        short = _SHORT_SECTIONS.get(path[0])
        if short is not None:
            yield "_".join((short, *path[1:])).upper()
