"""
Texts and builtins to the types of fields: what the environment, files and keyword arguments carry.

A text is read by the type that is wanted, wherever it comes from, since `${PORT}` in a file is a text as well. The
types of `covet.validation` are read by it; here are those that only settings know, and what may contain them.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union, get_args
from uuid import UUID

from covet.class_annotations import class_type_hints
from covet.config.json_text import load_json
from covet.config.secret import Secret
from covet.config.units import DURATION_MESSAGE, SIZE_MESSAGE, DurationUnit, SizeUnit, read_duration, read_size
from covet.error_text import suggest
from covet.exceptions import CovetError
from covet.introspection import Annotation, origin_of, split_annotated, unalias
from covet.validation.analysis import analyze
from covet.validation.checks import make_checks
from covet.validation.failures import Converter, Failed, Problem, fail
from covet.validation.nodes import ScalarNode
from covet.validation.plain import compile_plain
from covet.validation.scalars import read_timedelta, write_bytes
from covet.validation.text import compile_text

_COLLECTIONS: dict[Any, Callable[[list[object]], object]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
}


def compile_parser(annotation: Annotation) -> Converter:
    """
    Make the parser of a type: it gives back the value, or a `Failed` that says what was expected.

    Raises:
        ConfigurationError: If no parser can be made for the type.

    Example:
        >>> compile_parser(int)("8000"), compile_parser(list[str])("a, b"), compile_parser(bool | None)("off")
        (8000, ['a', 'b'], False)
    """
    inner, metadata = split_annotated(annotation)
    inner = unalias(inner)
    constraints = tuple(item for item in metadata if not isinstance(item, DurationUnit | SizeUnit))
    origin = origin_of(inner)
    if origin is Union or origin is types.UnionType:
        return _compile_union(inner, constraints)
    if inner is Secret:
        return _read_secret
    if inner is timedelta:
        return _constrain(_read_timedelta, timedelta, constraints)
    if any(isinstance(item, DurationUnit) for item in metadata):
        return _constrain(_read_duration, float, constraints)
    if any(isinstance(item, SizeUnit) for item in metadata):
        return _constrain(_read_size, int, constraints)
    if isinstance(inner, type) and issubclass(inner, Enum):
        return _compile_enum(inner)
    if origin is Literal:
        return _compile_literal(inner)
    if (origin or inner) in _COLLECTIONS:
        return _compile_collection(inner, origin or inner, constraints)
    if (origin or inner) in {dict, Mapping}:
        return _compile_mapping(inner, constraints)
    if isinstance(origin or inner, type) and is_dataclass(origin or inner):
        return _compile_record(inner)
    return _compile_leaf(Annotated[(inner, *constraints)] if constraints else inner)


def holds_secret(annotation: Annotation) -> bool:
    """
    Tell whether values of a type are secrets, or may be.

    Example:
        >>> holds_secret(Secret | None), holds_secret(list[Secret]), holds_secret(str)
        (True, True, False)
    """
    inner = unalias(split_annotated(annotation)[0])
    return inner is Secret or any(holds_secret(argument) for argument in get_args(inner) if argument is not ...)


def to_builtins(value: object) -> object:
    """
    Turn what Python code and file formats give into what JSON would have given.

    Example:
        >>> to_builtins({"since": date(2026, 1, 31), "tags": ("a",)})
        {'since': '2026-01-31', 'tags': ['a']}
    """
    if isinstance(value, Enum):
        return to_builtins(value.value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | PurePath):
        return str(value)
    if isinstance(value, bytes):
        return write_bytes(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [to_builtins(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_builtins(item) for key, item in value.items()}
    return value


# ── Types of settings only ───────────────────────────────────────────────────


def _read_secret(value: object) -> object:
    if isinstance(value, Secret):
        return value
    return Secret(value) if isinstance(value, str) else fail("must be a text", "str_type")


def _read_duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        iso = read_timedelta(value.strip())
        seconds = read_duration(value) if iso is None else iso.total_seconds()
        return fail(DURATION_MESSAGE, "duration_type") if seconds is None else seconds
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if is_number else fail(DURATION_MESSAGE, "duration_type")  # type: ignore[arg-type]


def _read_timedelta(value: object) -> object:
    seconds = _read_duration(value)
    if isinstance(seconds, Failed):
        return seconds
    try:
        return timedelta(seconds=seconds)  # type: ignore[arg-type]
    except OverflowError:
        return fail(DURATION_MESSAGE, "duration_type")


def _read_size(value: object) -> object:
    if isinstance(value, str):
        size = read_size(value)
        return fail(SIZE_MESSAGE, "size_type") if size is None else size
    is_size = isinstance(value, int) and not isinstance(value, bool)
    return value if is_size else fail(SIZE_MESSAGE, "size_type")


def _compile_enum(cls: type[Enum]) -> Converter:
    plain = _compile_leaf(cls)

    def read(value: object) -> object:
        if isinstance(value, cls):
            return value
        found = plain(value)
        if not isinstance(found, Failed) or not isinstance(value, str):
            return found
        name = value.strip().casefold()
        for member in cls:
            if name in {member.name.casefold(), str(member.value).casefold()}:
                return member
        try:
            return cls(value)  # it may know other names: _missing_
        except ValueError:
            return found

    return read


def _compile_literal(annotation: Annotation) -> Converter:
    plain = _compile_leaf(annotation)
    # Of two that differ in nothing but their case, each has to be written as it is.
    folded: dict[str, list[str]] = {}
    for member in get_args(annotation):
        if isinstance(member, str):
            folded.setdefault(member.casefold(), []).append(member)

    def read(value: object) -> object:
        found = plain(value)
        if not isinstance(found, Failed) or not isinstance(value, str):
            return found
        alike = folded.get(value.strip().casefold(), ())
        return alike[0] if len(alike) == 1 else found

    return read


# ── Types that contain others ────────────────────────────────────────────────


def _compile_union(annotation: Annotation, constraints: tuple[object, ...]) -> Converter:
    members = [member for member in get_args(annotation) if member is not type(None)]
    is_optional = len(members) < len(get_args(annotation))
    readers = [compile_parser(Annotated[(member, *constraints)] if constraints else member) for member in members]
    if len(readers) == 1:
        read = readers[0]
    elif any(_is_special(member) for member in members):
        read = _try_each(readers)
    else:
        whole: Any = Union[tuple(members)]  # noqa: UP007 - built from a tuple
        read = _compile_leaf(Annotated[(whole, *constraints)] if constraints else whole)
    return _make_optional(read) if is_optional else read


def _make_optional(read: Converter) -> Converter:
    def read_optional(value: object) -> object:
        # A variable that is set to nothing says "none": there is no other word for it in an environment.
        return None if value is None or value == "" else read(value)

    return read_optional


def _try_each(readers: list[Converter]) -> Converter:
    def read(value: object) -> object:
        failures = []
        for reader in readers:
            found = reader(value)
            if not isinstance(found, Failed):
                return found
            failures.append(found.problems[0].message)
        return fail(" or ".join(dict.fromkeys(failures)), "union")

    return read


def _is_special(annotation: Annotation) -> bool:
    inner, metadata = split_annotated(annotation)
    inner = unalias(inner)
    if any(isinstance(item, DurationUnit | SizeUnit) for item in metadata) or inner in {Secret, timedelta}:
        return True
    cls = origin_of(inner) or inner
    return cls in _COLLECTIONS or cls in {dict, Mapping} or (isinstance(cls, type) and is_dataclass(cls))


def _compile_collection(annotation: Annotation, cls: type, constraints: tuple[object, ...]) -> Converter:
    arguments = get_args(annotation) or (str,)
    is_fixed = cls is tuple and not (len(arguments) == 2 and arguments[1] is ...) and bool(get_args(annotation))
    readers = [compile_parser(argument) for argument in arguments if argument is not ...]
    build = _COLLECTIONS[cls]

    def read(value: object) -> object:
        items = _split_items(value)
        if isinstance(items, Failed):
            return items
        if is_fixed and len(items) != len(readers):
            return fail(f"must be a list of {len(readers)} items", "tuple_length")
        found, problems = [], list[Problem]()
        for index, item in enumerate(items):
            result = readers[index if is_fixed else 0](item)
            if isinstance(result, Failed):
                problems.extend(result.at(index))
            found.append(result)
        return Failed(problems) if problems else build(found)

    return _constrain(read, cls, constraints)


def _split_items(value: object) -> list[object] | Failed:
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith("["):
            items: list[object] = [item.strip() for item in text.removesuffix(",").split(",")]
            if items == [""]:
                return []
            return items if all(items) else fail("has nothing between two commas; write a,b", "list_type")
        value = load_json(text)
    if isinstance(value, Failed):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return fail('must be a list: a,b or ["a", "b"]', "list_type")


def _compile_mapping(annotation: Annotation, constraints: tuple[object, ...]) -> Converter:
    key, item = get_args(annotation) or (str, Any)
    read_key, read_item = compile_parser(key), compile_parser(item)

    def read(value: object) -> object:
        if isinstance(value, str):
            value = load_json(value)
        if isinstance(value, Failed):
            return value
        if not isinstance(value, Mapping):
            return fail("must be a table of names and values; as text, JSON", "dict_type")
        found, problems = dict[Any, object](), list[Problem]()
        for name, content in value.items():
            made, result = read_key(name), read_item(content)
            for part in (made, result):
                if isinstance(part, Failed):
                    problems.extend(part.at(str(name)))
            if not isinstance(made, Failed):
                found[made] = result
        return Failed(problems) if problems else found

    return _constrain(read, dict, constraints)


def _compile_record(annotation: Annotation) -> Converter:
    """Read a dataclass that stands within a collection; a section of its own is read field by field elsewhere."""
    cls: Any = origin_of(annotation) or annotation
    hints = class_type_hints(annotation)
    members = [item for item in fields(cls) if item.init]
    readers = {item.name: compile_parser(hints[item.name]) for item in members}
    required = {item.name for item in members if item.default is MISSING and item.default_factory is MISSING}

    def read(value: object) -> object:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            value = load_json(value)
        if isinstance(value, Failed):
            return value
        if not isinstance(value, Mapping):
            return fail("must be a table; as text, JSON", "dict_type")
        found, problems = dict[str, object](), list[Problem]()
        for name, content in value.items():
            if name not in readers:
                problems.append(
                    Problem(f"has no setting {name!r}. {suggest(str(name), readers).rstrip('.')}", "unknown")
                )
                continue
            found[name] = readers[name](content)
            if isinstance(part := found[name], Failed):
                problems.extend(part.at(name))
        problems += [Problem("is missing", "missing", [name]) for name in sorted(required - found.keys())]
        return Failed(problems) if problems else build_record(cls, found)

    return read


def build_record(cls: type, values: Mapping[str, object]) -> object:
    """
    Make a dataclass of parsed values; what its own checks raise becomes a `Failed`.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Window:
        ...     least: int
        ...     most: int
        ...     def __post_init__(self):
        ...         if self.least > self.most: raise ValueError("least is greater than most")
        >>> build_record(Window, {"least": 2, "most": 1}).problems[0].message
        'is wrong: least is greater than most'
    """
    try:
        return cls(**values)
    except Exception as exc:  # noqa: BLE001 - the check is the author's, and what it raises joins the report
        message = str(exc)
        if isinstance(exc, CovetError):
            message = exc.message
        elif not isinstance(exc, ValueError | TypeError):
            # Such an error is hardly meant: its text alone may be no sentence, as that of a KeyError.
            message = f"{type(exc).__name__}: {exc}"
        return fail(f"is wrong: {message.rstrip('.')}", "value_error")


# ── Everything else ──────────────────────────────────────────────────────────


def _compile_leaf(annotation: Annotation) -> Converter:
    node = analyze(annotation)
    plain, text = compile_plain(node), compile_text(node)
    is_text = isinstance(node, ScalarNode) and node.kind in {"str", "any"}

    def read(value: object) -> object:
        if isinstance(value, str) and text is not None:
            return text(value if is_text else value.strip())
        return plain(to_builtins(value))

    return read


def _constrain(read: Converter, annotation: Annotation, constraints: tuple[object, ...]) -> Converter:
    given = [item for item in constraints if item is not None]
    if not given:
        return read
    checks = make_checks(analyze(Annotated[(annotation, *given)]))

    def read_and_check(value: object) -> object:
        found = read(value)
        if isinstance(found, Failed):
            return found
        problems = [Problem(check.message, check.type) for check in checks if not check.holds(found)]
        return Failed(problems) if problems else found

    return read_and_check
