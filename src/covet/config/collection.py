"""
Everything that all sources say, collected in one pass: the layers, from the strongest to the weakest.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from covet.config.dotenv import Assignment, DotenvError, parse_dotenv
from covet.config.environment import Environment
from covet.config.errors import Origin, SettingProblem
from covet.config.fields import Section
from covet.config.files import SUFFIXES, FileFailedError, Stamp, find_config_files, find_stamp, parse_file, read_text
from covet.config.layers import (
    COMMAND_LINE,
    DOTENV,
    ENVIRONMENT,
    ENVIRONMENT_FILE,
    FILE,
    KEYWORD,
    PROFILE,
    SECRET_FILE,
    Entry,
    Layer,
    LayerReader,
    make_file_entry,
    merge,
)
from covet.config.names import VariableNames
from covet.config.parsers import compile_parser
from covet.config.profiles import PROFILES
from covet.config.references import ReferenceFailedError, follow_references
from covet.config.sources import DEFAULT_DOTENV, DEFAULT_SECRETS, Sources
from covet.exceptions import MissingDependencyError
from covet.validation.failures import Failed


@dataclass(frozen=True)
class Variables:
    """
    What references find: the environment, then secret files, then `.env`.

    Attributes:
        environment: The environment.
        secrets: The texts of the secret files, by their names.
        assignments: The variables of `.env`.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    assignments: Mapping[str, Assignment] = field(default_factory=dict, repr=False)

    def look_up(self, name: str, *, inside: tuple[str, ...] = ()) -> str | None:
        """
        Give the value of a variable; `None` if it is not defined.

        Raises:
            ReferenceFailedError: If it is defined by itself.
        """
        for defined in (self.environment, self.secrets):
            if name in defined:
                return defined[name]
        assignment = self.assignments.get(name)
        if assignment is None or assignment.is_literal:
            return None if assignment is None else assignment.value
        if name in inside:
            raise ReferenceFailedError(f"refers to ${{{name}}}, which is defined by itself")
        return follow_references(assignment.value, lambda other: self.look_up(other, inside=(*inside, name)))

    def resolve(self, entry: Entry) -> object:
        """
        Follow the references of an entry, within lists and tables as well.

        Raises:
            ReferenceFailedError: If one cannot be followed.
        """
        return entry.value if entry.is_literal else self._resolve(entry.value)

    def _resolve(self, value: object) -> object:
        if isinstance(value, str):
            return follow_references(value, self.look_up) if "${" in value else value
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._resolve(item) for key, item in value.items()}
        return value


@dataclass(frozen=True, repr=False)
class Collected:
    """
    All layers.

    Attributes:
        layers: The layers, the strongest first; the defaults of the environment and of the fields are not among them.
        variables: What references find.
        problems: What is wrong with the sources.
        warnings: What is probably wrong with them.
        stamps: The files that were read, or would have been had they been there, and the state of each.
        config_file: The configuration file in use.
        adopted: Values that were taken over while the application runs.
    """

    layers: tuple[Layer, ...]
    variables: Variables
    problems: tuple[SettingProblem, ...]
    warnings: tuple[str, ...]
    stamps: Mapping[FilePath, Stamp | None]
    config_file: FilePath | None
    adopted: Layer = field(default_factory=dict)

    def with_overrides(self, shape: Section, overrides: Mapping[str, object]) -> "Collected":
        """Put further keyword arguments on top."""
        reader = LayerReader(shape, [], [])
        layer = reader.read_tables(overrides, _make_keyword)
        # What is set now is newer than what was taken over before.
        adopted = {path: entry for path, entry in self.adopted.items() if path not in layer}
        return replace(
            self,
            layers=(layer, *self.layers),
            adopted=adopted,
            problems=(*self.problems, *reader.problems),
            warnings=(),
        )

    def with_adopted(self, layer: Layer, stamps: Mapping[FilePath, Stamp | None]) -> "Collected":
        """Put values that were taken over while the application runs above all others."""
        return replace(self, adopted={**self.adopted, **layer}, stamps=stamps)

    @property
    def every_layer(self) -> tuple[Layer, ...]:
        """The layers, with what was taken over."""
        return (self.adopted, *self.layers) if self.adopted else self.layers


def collect(shape: Section, sources: Sources, names: VariableNames, overrides: Mapping[str, object]) -> Collected:
    """Ask every source; what is wrong with one does not keep the others from being asked."""
    return _Collector(shape, sources, names).run(overrides)


def choose_environment(shape: Section, layers: tuple[Layer, ...], variables: Variables) -> Environment:
    """Find out the environment before all else is known; what is wrong with its name is reported later."""
    member = shape.members.get("environment")
    entry = merge(layers).get(("environment",))
    default = getattr(member, "default", None)
    fallback = default if isinstance(default, Environment) else Environment.DEVELOPMENT
    if entry is None:
        return fallback
    try:
        value = compile_parser(Environment)(variables.resolve(entry))
    except ReferenceFailedError:
        return fallback
    return value if isinstance(value, Environment) and not isinstance(value, Failed) else fallback


def make_profile_layer(shape: Section, environment: Environment) -> Layer:
    """Make the layer of an environment's own defaults, of the fields that the shape has."""
    known = {field.path for field in shape.walk()}
    origin = Origin(PROFILE, str(environment))
    return {path: Entry(value, origin) for path, value in PROFILES[environment].items() if path in known}


def _make_keyword(path: tuple[str, ...], value: object) -> Entry:
    return Entry(value, Origin(KEYWORD, ".".join(path)))


def _make_command(path: tuple[str, ...], value: object) -> Entry:
    return Entry(value, Origin(COMMAND_LINE, ".".join(path)))


class _Collector:
    def __init__(self, shape: Section, sources: Sources, names: VariableNames) -> None:
        self._shape = shape
        self._sources = sources
        self._names = names
        self._reader = LayerReader(shape, [], [])
        self._stamps: dict[FilePath, Stamp | None] = {}
        self._secret_paths = {field.path for field in shape.walk() if field.is_secret}

    def run(self, overrides: Mapping[str, object]) -> Collected:
        reader, sources = self._reader, self._sources
        environment = dict(os.environ if sources.variables is None else sources.variables)
        secrets, assignments = self._read_secrets(), self._read_dotenv()
        variables = Variables(environment, {name: text for name, (text, _) in secrets.items()}, assignments)
        keywords = reader.read_tables(overrides, _make_keyword)
        commands = reader.read_dotted(sources.command_line, _make_command)
        from_environment = reader.read_variables(
            ((name, Entry(text, Origin(ENVIRONMENT, name))) for name, text in environment.items()), self._names
        )
        from_secrets = reader.read_variables(self._name_secrets(secrets), self._names)
        from_dotenv = reader.read_variables(self._name_assignments(assignments), self._names)
        strong = (keywords, commands, from_environment, from_secrets, from_dotenv)
        file = self._choose_file()
        base = {} if file is None else self._read_file(file, FILE)
        chosen = choose_environment(self._shape, (*strong, base), variables)
        special = self._read_environment_file(file, chosen)
        return Collected(
            layers=(*strong, special, base),
            variables=variables,
            problems=tuple(reader.problems),
            warnings=tuple(reader.warnings),
            stamps=self._stamps,
            config_file=file,
        )

    def _watch(self, *files: FilePath) -> None:
        # Before they are read: what is written meanwhile must look like a change afterwards.
        for file in files:
            self._stamps.setdefault(file, find_stamp(file))

    # ── Files ────────────────────────────────────────────────────────────────

    def _choose_file(self) -> FilePath | None:
        sources = self._sources
        if not sources.use_files:
            return None
        if sources.file is not None:
            return FilePath(sources.file)
        self._watch(*(sources.root / f"config{suffix}" for suffix in SUFFIXES))
        found = find_config_files(sources.root)
        if len(found) > 1:
            ignored = ", ".join(file.name for file in found[1:])
            self._reader.warnings.append(f"{found[0]} is read, and {ignored} beside it is not. Keep one of them.")
        return found[0] if found else None

    def _read_environment_file(self, base: FilePath | None, environment: Environment) -> Layer:
        if not self._sources.use_files:
            return {}
        stem = "config" if base is None else base.stem
        directory = self._sources.root if base is None else base.parent
        self._watch(*(directory / f"{stem}.{environment}{suffix}" for suffix in SUFFIXES))
        found = find_config_files(directory, f"{stem}.{environment}")
        if not found:
            return {}
        layer = self._read_file(found[0], ENVIRONMENT_FILE)
        entry = layer.pop(("environment",), None)
        if entry is not None:
            message = "cannot be set in a file that is read for one environment only; remove it there"
            self._reader.problems.append(SettingProblem("environment", message, entry.origin))
        return layer

    def _read_file(self, file: FilePath, layer: str) -> Layer:
        self._watch(file)
        try:
            parsed = parse_file(file)
        except FileFailedError as exc:
            self._report(exc)
            return {}
        except MissingDependencyError as exc:
            self._reader.problems.append(
                SettingProblem("", f"{file} cannot be read: {exc.message[:-1]}", None, (exc.hint or "",))
            )
            return {}
        return self._reader.read_tables(parsed.data, make_file_entry(layer, file, parsed.line_of))

    def _report(self, exc: FileFailedError) -> None:
        origin = Origin(FILE, "", exc.file, exc.line)
        self._reader.problems.append(SettingProblem("", f"{exc.file} {exc.message}", origin if exc.line else None))

    # ── Variables in files ───────────────────────────────────────────────────

    def _read_dotenv(self) -> dict[str, Assignment]:
        if self._sources.dotenv is None:
            return {}
        self._dotenv = self._sources.root / self._sources.dotenv
        self._watch(self._dotenv)
        found: dict[str, Assignment] = {}
        try:
            # Only the usual one may be missing; another was named by somebody who has it.
            if str(self._sources.dotenv) == DEFAULT_DOTENV and not self._dotenv.is_file():
                return {}
            for assignment in parse_dotenv(read_text(self._dotenv)):
                found[assignment.name] = assignment
        except DotenvError as exc:
            self._report(FileFailedError(str(exc), self._dotenv, exc.line))
        except FileFailedError as exc:
            self._report(exc)
        return found

    def _name_assignments(self, assignments: Mapping[str, Assignment]) -> Iterator[tuple[str, Entry]]:
        for name, assignment in assignments.items():
            origin = Origin(DOTENV, name, self._dotenv, assignment.line)
            is_literal = assignment.is_literal or "${" not in assignment.value
            yield name, Entry(assignment.value, origin, is_literal)

    def _read_secrets(self) -> dict[str, tuple[str, FilePath]]:
        if self._sources.secrets is None:
            return {}
        directory = self._sources.root / self._sources.secrets
        # A secret that is added changes the directory.
        self._watch(directory)
        try:
            files = sorted(file for file in directory.iterdir() if file.is_file())
        except OSError as exc:
            if directory != DEFAULT_SECRETS:
                self._report(FileFailedError(f"cannot be read: {exc.strerror}", directory))
            return {}
        found = {}
        for file in files:
            self._watch(file)
            try:
                found[file.name] = (read_text(file).rstrip("\r\n"), file)
            except FileFailedError as exc:
                # The directory may hold what is not for us: only what a setting needs is missed.
                if self._names.find(self._name_secret(file.name)) is not None:
                    self._report(exc)
        return found

    def _name_secret(self, file_name: str) -> str:
        """Tell which variable a secret file stands for: containers name them in small letters, and without prefix."""
        name = file_name.upper().replace("-", "_")
        if name.startswith(self._names.prefix):
            return name
        path = self._names.find(self._names.prefix + name)
        is_ours = path is not None and (len(path) > 1 or path in self._secret_paths)
        # A file called "debug" or "database" is more likely somebody else's.
        return self._names.prefix + name if is_ours else name

    def _name_secrets(self, secrets: Mapping[str, tuple[str, FilePath]]) -> Iterator[tuple[str, Entry]]:
        for name, (text, file) in secrets.items():
            yield self._name_secret(name), Entry(text, Origin(SECRET_FILE, "", file), is_hidden=True)
