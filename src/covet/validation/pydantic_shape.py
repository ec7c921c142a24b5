"""
Texts for pydantic models: put into the shape that a model has, and left to pydantic, which reads them by its own rules.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from covet.exceptions import ConfigurationError
from covet.introspection import Annotation
from covet.validation.analysis import analyze
from covet.validation.failures import MAX_KEY_LENGTH, Converter, Failed, Problem
from covet.validation.models import model_kind
from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, ScalarNode, TupleNode, UnionNode
from covet.validation.pydantic_models import make_pydantic


class PydanticField(NamedTuple):
    """
    A field of a pydantic model.

    Attributes:
        name: The attribute.
        key: The name that pydantic wants in its input.
        annotation: Its type.
        is_required: Whether the input must have it.
        default: What it is otherwise, if that is a plain value.
        default_factory: What makes that value, if anything does.
    """

    name: str
    key: str
    annotation: Annotation
    is_required: bool
    default: Any
    default_factory: Callable[[], Any] | None


def list_pydantic_fields(cls: Any) -> list[PydanticField]:
    """
    List the fields of a model.

    Args:
        cls: The model: a class of `BaseModel`, or a dataclass of pydantic.
    """
    infos = getattr(cls, "model_fields", None) or getattr(cls, "__pydantic_fields__", {})
    found = []
    for name, info in infos.items():
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        annotation = info.annotation
        found.append(
            PydanticField(name, alias or name, annotation, info.is_required(), info.default, info.default_factory)
        )
    return found


def make_shaped(node: ModelNode) -> Converter:
    """
    Make the converter of a tree of texts into a pydantic model.

    Args:
        node: The model.
    """
    shape = _shape_model(node, {})
    validate = make_pydantic(node.cls)
    known = {field.key for field in list_pydantic_fields(node.cls)} if node.forbid_unknown else None

    def convert(value: object) -> object:
        result = validate(shape(value))
        if known is None or not isinstance(value, dict) or known.issuperset(value):
            return result
        unknown = [_refuse_key(key) for key in value if key not in known]
        return Failed([*(result.problems if isinstance(result, Failed) else ()), *unknown])

    return convert


def _refuse_key(key: str) -> Problem:
    return Problem("is not a known field", "unknown_field", [key] if len(key) <= MAX_KEY_LENGTH else [])


def _shape_model(node: ModelNode, known: dict[Any, list[Converter]]) -> Converter:
    slot = known.get(node.cls)
    if slot is not None:
        return _later(slot)
    slot = known[node.cls] = []
    fields: dict[str, Converter] = {}
    for field in list_pydantic_fields(node.cls):
        fields[field.key] = _shape(_analyze(field.annotation), known)

    def convert(value: object) -> object:
        return _apply(fields, value)

    slot.append(convert)
    return convert


def _later(slot: list[Converter]) -> Converter:
    def convert(value: object) -> object:
        return slot[0](value)

    return convert


def _analyze(annotation: Annotation) -> Node:
    try:
        return analyze(annotation)
    except ConfigurationError:
        # A type of pydantic's own: it reads one text.
        return ScalarNode(annotation=annotation, kind="any")


def _shape(node: Node, known: dict[Any, list[Converter]]) -> Converter:
    if isinstance(node, UnionNode):
        shaped = [member for member in node.members if isinstance(member, ModelNode | ArrayNode | TupleNode | MapNode)]
        return _shape(shaped[0], known) if len(shaped) == 1 else _last
    if isinstance(node, ModelNode):
        if node.kind == "pydantic" or model_kind(node.cls) == "pydantic":
            return _shape_model(node, known)
        # A model of another kind inside of one of pydantic's: its fields are shaped in the same way.
        fields = {field.key: _shape(field.node, known) for field in node.fields}
        return lambda value: _apply(fields, value)
    if isinstance(node, ArrayNode):
        item = _shape(node.item, known)
        return lambda value: _shape_items(item, value)
    if isinstance(node, TupleNode):
        return lambda value: _shape_items(_last, value)
    if isinstance(node, MapNode):
        entry = _shape(node.value, known)
        return lambda value: {key: entry(part) for key, part in value.items()} if isinstance(value, dict) else value
    return _last


def _apply(fields: dict[str, Converter], value: object) -> object:
    if not isinstance(value, dict):
        return value
    # What is no field of the model is the model's to take or to refuse.
    return {key: fields.get(key, _last)(part) for key, part in value.items()}


def _shape_items(item: Converter, value: object) -> object:
    if isinstance(value, list):
        return [item([text]) for text in value]
    if isinstance(value, dict) and value.keys() == {""}:
        return _shape_items(item, value[""])
    if isinstance(value, dict) and all(key.isdigit() and key.isascii() and len(key) < 10 for key in value):
        return [item(value[key]) for key in sorted(value, key=int)]
    return value


def _last(value: object) -> object:
    return value[-1] if isinstance(value, list) else value


__all__ = ["PydanticField", "list_pydantic_fields", "make_shaped"]
