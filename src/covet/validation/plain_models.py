"""
Models in the plain engine: a JSON object to an instance, made through the class's own constructor.

A `ValueError` or `TypeError` of the author's own code refuses the value; its text stays inside the process, since it
may repeat the input. An author who wants to be heard raises `covet.exceptions.ValidationError`.
"""

from collections.abc import Callable
from typing import Any

from covet.exceptions import ValidationError
from covet.validation.failures import MAX_ERRORS, Converter, Failed, Problem, fail
from covet.validation.nodes import ModelField, ModelNode, Node
from covet.validation.plain_source import make_object_converter
from covet.validation.pydantic_models import make_pydantic


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
        convert = make_object_converter(node, fields, _constructor(node), _refuse)
        if node.as_array:
            convert = _make_array(node, fields, convert)
        slot.append(convert)
        return convert


def _later(slot: list[Converter]) -> Converter:
    def convert(value: object) -> object:
        return slot[0](value)

    return convert


def _make_array(node: ModelNode, fields: list[tuple[ModelField, Converter]], convert_object: Converter) -> Converter:
    """Let an array give the fields in their order, as its own JSON does; names are understood too."""
    least = sum(field.required for field, _ in fields)
    construct = _constructor(node)
    # A namedtuple has no more items than fields; an array-like Struct may have been given more by a newer client.
    exact = node.kind == "namedtuple" or node.forbid_unknown
    tag = node.tag

    def convert(value: Any) -> object:
        if type(value) is dict and node.kind == "namedtuple":
            return convert_object(value)
        if type(value) is not list and type(value) is not tuple:
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
        if problems:
            return Failed(problems[:MAX_ERRORS])
        try:
            return construct(**arguments)
        except (ValueError, TypeError, ValidationError) as exc:
            return _refuse(exc)

    return convert


def _constructor(node: ModelNode) -> Callable[..., object]:
    return dict if node.kind == "typeddict" else node.cls


def _refuse(error: Exception) -> Failed:
    if not isinstance(error, ValidationError):
        return fail("is not valid", "value_error")
    if not error.errors:
        return fail(error.detail or "is not valid", "value_error")
    problems = []
    for item in error.errors:
        keys = [part.replace("~1", "/").replace("~0", "~") for part in item.pointer.split("/")[1:]]
        problems.append(Problem(item.message, item.type, list(reversed(keys))))
    return Failed(problems)
