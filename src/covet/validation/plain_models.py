"""
Models in the plain engine: a JSON object to an instance, made through the class's own constructor.

A `ValueError` or `TypeError` of the author's own code refuses the value; its text stays inside the process, since it
may repeat the input. An author who wants to be heard raises `covet.exceptions.ValidationError`.
"""

from collections.abc import Callable
from typing import Any

from covet.exceptions import ValidationError
from covet.validation.failures import MAX_ERRORS, MAX_KEY_LENGTH, Converter, Failed, Problem, fail
from covet.validation.nodes import ModelField, ModelNode, Node
from covet.validation.pydantic_models import make_pydantic

_MISSING = object()
_NOT_AN_OBJECT = ("must be an object", "object_type")


class ModelCompiler:
    """Makes the converter of each model once."""

    def __init__(self, compile_node: Callable[[Node], Converter]) -> None:
        self._compile_node = compile_node
        self._made: dict[int, list[Converter]] = {}

    def compile(self, node: ModelNode) -> Converter:
        """Make the converter of a model, or a way to the one that is being made."""
        if node.kind == "pydantic":
            return make_pydantic(node.cls)
        # The nodes live as long as this compiler, so their identity names them.
        known = self._made.get(id(node))
        if known is not None:
            return _later(known)
        slot: list[Converter] = []
        self._made[id(node)] = slot
        fields = [(field, self._compile_node(field.node)) for field in node.fields]
        convert = _make_object(node, fields)
        if node.as_array:
            convert = _make_array(node, fields, convert)
        slot.append(convert)
        return convert


def _later(slot: list[Converter]) -> Converter:
    def convert(value: object) -> object:
        return slot[0](value)

    return convert


def _make_object(node: ModelNode, fields: list[tuple[ModelField, Converter]]) -> Converter:
    table = [(field.key, field.name, convert, field.required) for field, convert in fields]
    known = frozenset(field.key for field, _ in fields) | ({node.tag[0]} if node.tag else set())
    forbid, tag = node.forbid_unknown, node.tag
    build = _make_builder(node)

    def convert(value: Any) -> object:
        if value.__class__ is not dict:
            return fail(*_NOT_AN_OBJECT)
        arguments = {}
        problems: list[Problem] = []
        for key, name, convert_field, required in table:
            entry = value.get(key, _MISSING)
            if entry is not _MISSING:
                converted = convert_field(entry)
                if isinstance(converted, Failed):
                    problems.extend(converted.at(key))
                else:
                    arguments[name] = converted
            elif required:
                problems.append(Problem("is required", "missing", [key]))
        if forbid and not known.issuperset(value):
            problems.extend(_unknown(key) for key in value if key not in known)
        if tag is not None and value.get(tag[0], tag[1]) != tag[1]:
            problems.append(Problem(f"must be {tag[1]!r}", "literal", [tag[0]]))
        if problems:
            return Failed(problems[:MAX_ERRORS])
        return build(arguments)

    return convert


def _unknown(key: str) -> Problem:
    keys: list[str | int] = [key] if len(key) <= MAX_KEY_LENGTH else []
    return Problem("is not a known field", "unknown_field", keys)


def _make_array(node: ModelNode, fields: list[tuple[ModelField, Converter]], convert_object: Converter) -> Converter:
    """Let an array give the fields in their order, as its own JSON does; names are understood too."""
    least = sum(field.required for field, _ in fields)
    build = _make_builder(node)
    # A namedtuple has no more items than fields; an array-like Struct may have been given more by a newer client.
    exact = node.kind == "namedtuple" or node.forbid_unknown
    tag = node.tag

    def convert(value: Any) -> object:
        if value.__class__ is dict and node.kind == "namedtuple":
            return convert_object(value)
        if value.__class__ is not list and value.__class__ is not tuple:
            return fail("must be an array", "tuple_type")
        if tag is not None:
            if not value or value[0] != tag[1]:
                return Failed([Problem(f"must be {tag[1]!r}", "literal", [0])])
            value = value[1:]
        if len(value) < least or (exact and len(value) > len(fields)):
            return fail(f"must be an array of {least} to {len(fields)} items", "tuple_length")
        arguments = {}
        problems: list[Problem] = []
        for index, ((field, convert_field), entry) in enumerate(zip(fields, value, strict=False)):
            converted = convert_field(entry)
            if isinstance(converted, Failed):
                problems.extend(converted.at(index))
            else:
                arguments[field.name] = converted
        return Failed(problems[:MAX_ERRORS]) if problems else build(arguments)

    return convert


def _make_builder(node: ModelNode) -> Callable[[dict[str, object]], object]:
    cls: Any = node.cls  # any class may be a model
    if node.kind == "typeddict":
        return lambda arguments: arguments

    def build(arguments: dict[str, object]) -> object:
        try:
            return cls(**arguments)
        except (ValueError, TypeError):
            return fail("is not valid", "value_error")
        except ValidationError as exc:
            return _refused_by_author(exc)

    return build


def _refused_by_author(error: ValidationError) -> Failed:
    if not error.errors:
        return fail(error.detail or "is not valid", "value_error")
    problems = []
    for item in error.errors:
        keys = [part.replace("~1", "/").replace("~0", "~") for part in item.pointer.split("/")[1:]]
        problems.append(Problem(item.message, item.type, list(reversed(keys))))
    return Failed(problems)
