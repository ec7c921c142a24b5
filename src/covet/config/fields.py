"""
The fields of a settings class: what there is to set, of which type, with which default.

A class is read once, at its first use; what is read here holds no value of any settings.
"""

import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import lru_cache
from inspect import getdoc
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args

from covet.class_annotations import class_type_hints
from covet.config.parsers import compile_parser, holds_secret
from covet.config.secret import MIN_SECRET_BYTES
from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, origin_of, split_annotated, type_name, unalias
from covet.types import UNSET
from covet.validation.constraints import Constraints
from covet.validation.failures import Converter

T = TypeVar("T")
Path = tuple[str, ...]


class ReloadMark:
    """Marks a field that may change while the application runs: what `Reloadable` carries."""


Reloadable = Annotated[T, ReloadMark()]
"""A field that `settings.watch()` takes over while the application runs: `Reloadable[int]`."""


class OpenMark:
    """Marks a field whose tables belong to others, who read them with `bind_section`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One value that can be set.

    Attributes:
        path: Its place, such as `("database", "url")`.
        annotation: Its type.
        parse: Reads a value of it.
        default: Its default; `UNSET` if it has none, or one that is made anew each time.
        default_factory: What makes the default, if anything does.
        description: The sentence that its class documents it with.
        is_reloadable: Whether it may change while the application runs.
        is_secret: Whether its values are secrets.
        min_bytes: How long its secrets are at least, outside of development and testing.
        is_open: Whether it holds tables that others read.
    """

    path: Path
    annotation: Annotation
    parse: Converter
    default: object = UNSET
    default_factory: Callable[[], object] | None = None
    description: str = ""
    is_reloadable: bool = False
    is_secret: bool = False
    min_bytes: int = MIN_SECRET_BYTES
    is_open: bool = False

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(self.path)

    @property
    def is_required(self) -> bool:
        """Whether somebody has to set it."""
        return self.default is UNSET and self.default_factory is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """
    A dataclass of values that belong together.

    Attributes:
        path: Its place; empty for the settings as a whole.
        cls: The class.
        members: Its fields and sections by name.
        description: The sentence that its class is documented with.
        is_optional: Whether it is `None` unless one of its values is set.
    """

    path: Path
    cls: type
    members: Mapping[str, "Field | Section"]
    description: str = ""
    is_optional: bool = False

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(self.path)

    def walk(self) -> Iterator[Field]:
        """Go through the fields, those of inner sections included."""
        for member in self.members.values():
            if isinstance(member, Section):
                yield from member.walk()
            else:
                yield member


@lru_cache(maxsize=64)
def read_section(cls: type, path: Path = ()) -> Section:
    """
    Read a dataclass, and those within it.

    Raises:
        ConfigurationError: If it is no dataclass, contains itself, or has a field that cannot be read.

    Example:
        >>> @dataclass(frozen=True, kw_only=True)
        ... class Mail:
        ...     host: str
        ...     port: int = 25
        >>> [(field.name, field.is_required) for field in read_section(Mail, ("mail",)).walk()]
        [('mail.host', True), ('mail.port', False)]
    """
    return _read_dataclass(cls, path, inside=())


def read_annotations(cls: type) -> Section:
    """
    Read the annotations of a settings class, which is no dataclass: its sections and its own fields.

    Raises:
        ConfigurationError: If a field cannot be read.

    Example:
        >>> class Shop:
        ...     currency: str = "EUR"
        >>> list(read_annotations(Shop).members)
        ['currency']
    """
    descriptions = read_descriptions(cls)
    members: dict[str, Field | Section] = {}
    for name, hint in class_type_hints(cls).items():
        if name.startswith("_") or hint is ClassVar or origin_of(hint) is ClassVar:
            continue
        default = getattr(cls, name, UNSET)
        members[name] = _read_member((name,), hint, default, None, descriptions.get(name, ""), (cls,))
    return Section(path=(), cls=cls, members=members)


def read_descriptions(cls: type) -> dict[str, str]:
    """
    Read what a class documents of its attributes, in the `Attributes:` of its docstring and those of its bases.

    Example:
        >>> read_descriptions(Section)["path"]
        'Its place; empty for the settings as a whole.'
    """
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        text = getdoc(base) if base.__dict__.get("__doc__") else None
        _, heading, listed = (text or "").partition("Attributes:\n")
        if heading:
            block = re.split(r"\n(?=\S)", listed, maxsplit=1)[0]
            for match in re.finditer(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", block, re.MULTILINE):
                found[match.group(1)] = " ".join(match.group(2).split())
    return found


def _read_dataclass(
    cls: Any, path: Path, inside: tuple[type, ...], *, is_optional: bool = False, template: object = None
) -> Section:
    plain = origin_of(cls) or cls
    if not isinstance(plain, type) or not is_dataclass(plain):
        raise ConfigurationError(
            f"{type_name(cls)} is no section of settings.",
            hint="Make it a dataclass: @dataclass(frozen=True, kw_only=True).",
        )
    if plain in inside:
        raise ConfigurationError(
            f"The section {'.'.join(path)!r} contains itself: {type_name(cls)}.", hint="Sections cannot be recursive."
        )
    hints = class_type_hints(cls)
    descriptions = read_descriptions(plain)
    members = {}
    for item in fields(plain):
        if not item.init:
            continue
        default = UNSET if item.default is MISSING else item.default
        factory = None if item.default_factory is MISSING else item.default_factory
        if template is not None:
            # The section's own default says what its fields are unless somebody sets them.
            default, factory = getattr(template, item.name), None
        description = descriptions.get(item.name, "")
        place = (*path, item.name)
        members[item.name] = _read_member(place, hints[item.name], default, factory, description, (*inside, plain))
    summary = (getdoc(plain) or "").partition("\n\n")[0].replace("\n", " ")
    # Dataclasses write their signature where the author wrote nothing.
    summary = "" if summary.startswith(f"{plain.__name__}(") else summary
    return Section(path=path, cls=plain, members=members, description=summary, is_optional=is_optional)


def _read_member(
    path: Path,
    hint: Annotation,
    default: object,
    factory: Callable[[], object] | None,
    description: str,
    inside: tuple[type, ...],
) -> Field | Section:
    annotation, metadata = split_annotated(hint)
    section = _find_section(annotation)
    if section is not None:
        is_optional = section is not annotation and default is None
        template = factory() if factory is not None else default if is_dataclass(default) else None
        return _read_dataclass(section, path, inside, is_optional=is_optional, template=template)
    every = list(_walk_metadata(hint))
    marks = [item for item in metadata if not isinstance(item, ReloadMark)]
    if any(isinstance(item, OpenMark) for item in marks):
        return Field(path=path, annotation=annotation, parse=_accept, default={}, description=description, is_open=True)
    is_secret = holds_secret(annotation)
    if is_secret:
        _refuse_constraints(path, every)
    lengths = [item.min_length for item in every if isinstance(item, Constraints) and item.min_length is not None]
    annotation = Annotated[(annotation, *marks)] if marks else annotation
    try:
        parse = compile_parser(annotation)
    except ConfigurationError as exc:
        raise ConfigurationError(f"The setting {'.'.join(path)!r}: {exc.message}", hint=exc.hint) from exc
    return Field(
        path=path,
        annotation=annotation,
        parse=parse,
        default=default,
        default_factory=factory,
        description=description,
        is_reloadable=any(isinstance(item, ReloadMark) for item in every),
        is_secret=is_secret,
        min_bytes=max(lengths, default=MIN_SECRET_BYTES),
    )


def _walk_metadata(annotation: Annotation) -> Iterator[object]:
    """
    Go through what `Annotated` carries, on the members of a union and the secrets of a collection as well.

    `Reloadable[int] | None` may be reloaded, and each of `list[Annotated[Secret, Constraints(min_length=40)]]` is long.
    """
    inner, metadata = split_annotated(annotation)
    yield from metadata
    inner = unalias(inner)
    if origin_of(inner) in {Union, types.UnionType} or holds_secret(inner):
        for member in get_args(inner):
            if member is not ...:
                yield from _walk_metadata(member)


def _accept(value: object) -> object:
    return value


def _refuse_constraints(path: Path, marks: list[object]) -> None:
    for item in marks:
        if isinstance(item, Constraints) and replace(item, min_length=None).checks:
            raise ConfigurationError(
                f"The setting {'.'.join(path)!r} is a secret with constraints that nothing checks: {item!r}.",
                hint="min_length is the one that secrets know.",
            )


def _find_section(annotation: Annotation) -> Any:
    """Return the dataclass that an annotation names, alone or as `X | None`."""
    annotation = unalias(annotation)
    candidates = [item for item in get_args(annotation) if item is not type(None)] or [annotation]
    if origin_of(annotation) is not None and is_dataclass(origin_of(annotation)):
        return annotation
    found = candidates[0]
    if len(candidates) == 1 and isinstance(found, type) and is_dataclass(found):
        # list[Mail] has one argument as well, and is no section.
        return found if origin_of(annotation) not in {list, tuple, set, frozenset} else None
    return None
