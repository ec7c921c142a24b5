"""
Layers to values: references followed, texts parsed, sections built, and everything that is wrong in one report.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from covet.config.collection import Collected, choose_environment, make_profile_layer
from covet.config.environment import Environment
from covet.config.errors import InvalidSettingsError, Origin, SettingProblem
from covet.config.fields import Field, Path, Section
from covet.config.fixes import write_fixes
from covet.config.frozen_collections import freeze
from covet.config.layers import DEFAULT, DOTENV, ENVIRONMENT_FILE, FILE, Entry, Layer, merge, nest
from covet.config.masking import collect_secrets, redact, show
from covet.config.names import VariableNames
from covet.config.parsers import build_record
from covet.config.profiles import find_dangers, find_weak_secrets
from covet.config.references import ReferenceFailedError, has_reference
from covet.config.tables import FrozenTable, find_within
from covet.types import UNSET
from covet.validation.failures import Failed

_WHOLE_REFERENCE = re.compile(r"\$\{[^{}]*\}")


@dataclass(repr=False)
class Loaded:
    """
    The values of settings.

    Attributes:
        values: Each value by its path.
        origins: Where each came from.
        members: The fields and sections of the settings as a whole.
        warnings: What is probably wrong.
        hidden: The values that are not shown though their type does not say so: from secret files and the like.
        secrets: The texts that nothing may show.
    """

    values: dict[Path, object] = field(default_factory=dict)
    origins: dict[Path, Origin] = field(default_factory=dict)
    members: dict[str, object] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    hidden: set[Path] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)


def load(
    shape: Section, collected: Collected, names: VariableNames, *, environment: Environment | None = None
) -> Loaded:
    """
    Make the values.

    Args:
        shape: What there is to set.
        collected: What the sources say.
        names: What the variables are called, for the ways to mend.
        environment: The environment, if the values do not say it themselves.

    Raises:
        InvalidSettingsError: If anything is wrong; carries all of it.
    """
    return _Loader(shape, collected, names, environment).run()


class _Loader:
    def __init__(
        self, shape: Section, collected: Collected, names: VariableNames, environment: Environment | None
    ) -> None:
        self._shape = shape
        self._collected = collected
        self._names = names
        self._environment = environment or choose_environment(shape, collected.every_layer, collected.variables)
        self._merged = merge((*collected.every_layer, make_profile_layer(shape, self._environment)))
        self._problems = list(collected.problems)
        self._secrets: set[str] = set()
        self._loaded = Loaded(warnings=list(collected.warnings))

    def run(self) -> Loaded:
        built = self._build_members(self._shape)
        for path, message in find_dangers(self._loaded.values, self._environment):
            self._refuse(path, message, self._loaded.origins.get(path))
        if self._problems:
            problems = [_redact(problem, self._secrets) for problem in self._problems]
            raise InvalidSettingsError(problems, stamps=self._collected.stamps)
        self._loaded.members = built
        self._loaded.secrets = self._secrets
        return self._loaded

    def _refuse(self, path: Path, message: str, origin: Origin | None) -> None:
        fixes = write_fixes(self._find_field(path), self._names, self._collected.config_file)
        self._problems.append(SettingProblem(".".join(path), message, origin, fixes))

    def _find_field(self, path: Path) -> Field:
        return next(field for field in self._shape.walk() if field.path == path)

    def _build_members(self, section: Section) -> dict[str, object]:
        built = {}
        for name, member in section.members.items():
            value = self._build_section(member) if isinstance(member, Section) else self._read(member)
            if value is not UNSET:
                built[name] = value
        return built

    def _build_section(self, section: Section) -> object:
        depth = len(section.path)
        if section.is_optional and not any(path[:depth] == section.path for path in self._merged):
            return None
        before = len(self._problems)
        values = self._build_members(section)
        if len(self._problems) > before:
            return UNSET
        built = build_record(section.cls, values)
        if isinstance(built, Failed):
            message = built.problems[0].message
            self._secrets |= collect_secrets(values)
            self._problems.append(SettingProblem(section.name, message))
            return UNSET
        return built

    def _read(self, field: Field) -> object:
        if field.is_open:
            return self._read_open(field)
        entry = self._merged.get(field.path)
        if entry is None:
            return self._take_default(field)
        self._warn_about_secret(field, entry)
        value = self._resolve(field.path, entry, field)
        if value is UNSET:
            return UNSET
        parsed = field.parse(value)
        if isinstance(parsed, Failed):
            self._explain(field, entry, value, parsed)
            return UNSET
        self._secrets |= collect_secrets(parsed, name=field.path[-1])
        for message in find_weak_secrets(field, parsed, self._environment):
            self._refuse(field.path, message, entry.origin)
        if entry.is_hidden:
            self._loaded.hidden.add(field.path)
            self._secrets |= _find_texts(value)
        return self._keep(field.path, parsed, entry.origin)

    def _keep(self, path: Path, value: object, origin: Origin) -> object:
        # Whoever reads settings shares them with all others.
        self._loaded.values[path] = value = freeze(value)
        self._loaded.origins[path] = origin
        return value

    def _take_default(self, field: Field) -> object:
        if field.is_required:
            self._refuse(field.path, "is missing", None)
            return UNSET
        default = field.default if field.default_factory is None else field.default_factory()
        # Parsed, so that a list is a new one each time; `x: str = None` is what many people write for "none".
        value = None if default is None else field.parse(default)
        if isinstance(value, Failed):
            self._refuse(field.path, f"has a default that {value.problems[0].message}", Origin(DEFAULT))
            return UNSET
        for message in find_weak_secrets(field, value, self._environment):
            self._refuse(field.path, f"has a default that {message}", Origin(DEFAULT))
        return self._keep(field.path, value, Origin(DEFAULT))

    def _resolve(self, path: Path, entry: Entry, field: Field | None = None) -> object:
        try:
            return self._collected.variables.resolve(entry)
        except ReferenceFailedError as exc:
            fixes = () if field is None else write_fixes(field, self._names, self._collected.config_file)
            self._problems.append(SettingProblem(".".join(path), str(exc), entry.origin, fixes))
            return UNSET

    def _explain(self, field: Field, entry: Entry, value: object, failed: Failed) -> None:
        is_hidden = field.is_secret or entry.is_hidden or value != entry.value
        if is_hidden:
            self._secrets |= _find_texts(value)
        for problem in failed.problems:
            place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in reversed(problem.keys))
            # A value within a list or a table is told by its place.
            got = "" if is_hidden or place else f", got {show(value, name=field.path[-1])}"
            self._refuse(field.path, f"{place and f'at {place} '}{problem.message}{got}", entry.origin)

    def _warn_about_secret(self, field: Field, entry: Entry) -> None:
        """A secret in a file ends up in a repository or an image, sooner or later."""
        layer = entry.origin.layer
        is_exposed = layer in {FILE, ENVIRONMENT_FILE} or (layer == DOTENV and not self._environment.is_lenient)
        if not field.is_secret or not is_exposed or entry.value in (None, "") or _has_reference(entry.value):
            return
        self._loaded.warnings.append(
            f"{entry.origin} holds a secret in clear. Put it into {self._names.write(field.path)} or a secret file, "
            f'or refer to a variable: "${{NAME}}".'
        )

    def _read_open(self, field: Field) -> object:
        found = Layer()
        for path, entry in self._merged.items():
            if path[0] != field.path[0]:
                continue
            value = self._resolve(path, entry)
            if value is not UNSET:
                found[path] = entry._replace(value=value)
                if value != {}:
                    self._loaded.origins[path] = entry.origin
                # Nobody here knows its type: what is referred to as a whole is secret more often than not.
                if entry.is_hidden or (not entry.is_literal and _refers_to_a_whole(entry.value)):
                    self._loaded.hidden.add(path)
                    self._secrets |= _find_texts(value)
        tables = nest(found, field.path)
        for name, table in tables.items():
            if not isinstance(table, Mapping):
                place = (*field.path, name)
                got = "" if place in self._loaded.hidden else f", got {show(table, name=name)}"
                self._problems.append(SettingProblem(".".join(place), f"must be a table{got}", found[place].origin))
        frozen = FrozenTable(tables, find_within(field.path, self._loaded.hidden))
        self._loaded.values[field.path] = frozen
        return frozen


def _refers_to_a_whole(value: object) -> bool:
    """Tell whether a text, or one within a list, is nothing but a reference."""
    if isinstance(value, list):
        return any(map(_refers_to_a_whole, value))
    return isinstance(value, str) and _WHOLE_REFERENCE.fullmatch(value) is not None


def _find_texts(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_find_texts, value))
    return {value} if isinstance(value, str) else set()


def _has_reference(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_has_reference, value))
    return isinstance(value, str) and has_reference(value)


def _redact(problem: SettingProblem, secrets: set[str]) -> SettingProblem:
    return SettingProblem(problem.path, redact(problem.message, secrets), problem.origin, problem.fixes)
