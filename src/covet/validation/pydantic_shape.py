"""
Texts for pydantic models: put into the shape that a model has, and left to pydantic, which reads them by its own rules.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import UnionType
from typing import Any, Final, NamedTuple, Union, get_args

from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, origin_of, split_annotated
from covet.validation.analysis import analyze
from covet.validation.failures import Converter, Failed, Problem
from covet.validation.models import model_kind
from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, ScalarNode, TupleNode, UnionNode
from covet.validation.pydantic_models import make_pydantic

_COLLECTIONS: Final = frozenset({list, tuple, set, frozenset, Sequence, AbstractSet})
_MAPPINGS: Final = frozenset({dict, Mapping})

FindProblems = Callable[[object], list[Problem]]


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
    find = _find_unknown(node, {}) if node.forbid_unknown else None

    def convert(value: object) -> object:
        shaped = shape(value)
        result = validate(shaped)
        unknown = () if find is None else find(shaped)
        if not unknown:
            return result
        return Failed([*(result.problems if isinstance(result, Failed) else ()), *unknown])

    return convert


def _find_unknown(node: Node, known: dict[Any, list[FindProblems]]) -> FindProblems:
    """Make what lists the names that the models of a value in shape do not have, at any depth."""
    if isinstance(node, UnionNode):
        shaped = [member for member in node.members if isinstance(member, ModelNode | ArrayNode | MapNode)]
        return _find_unknown(shaped[0], known) if len(shaped) == 1 else _find_none
    if isinstance(node, ArrayNode):
        item = _find_unknown(node.item, known)
        return lambda value: _place(item, enumerate(value) if isinstance(value, list) else ())
    if isinstance(node, MapNode):
        entry = _find_unknown(node.value, known)
        return lambda value: _place(entry, value.items() if isinstance(value, dict) else ())
    if not isinstance(node, ModelNode):
        return _find_none
    slot = known.get(node.cls)
    if slot is not None:
        return _find_later(slot)
    slot = known[node.cls] = []
    fields = {key: _find_unknown(part, known) for key, part in _list_nodes(node).items()}

    def find(value: object) -> list[Problem]:
        if not isinstance(value, dict):
            return []
        return [problem for key, part in value.items() for problem in Failed(fields.get(key, _refuse)(part)).at(key)]

    slot.append(find)
    return find


def _place(find: FindProblems, entries: Iterable[tuple[str | int, object]]) -> list[Problem]:
    return [problem for key, entry in entries for problem in Failed(find(entry)).at(key)]


def _find_later(slot: list[FindProblems]) -> FindProblems:
    return lambda value: slot[0](value)  # noqa: PLW0108 - the slot is filled later


def _find_none(_value: object) -> list[Problem]:
    return []


def _refuse(_value: object) -> list[Problem]:
    return [Problem("is not a known field", "unknown_field")]


def _list_nodes(node: ModelNode) -> dict[str, Node]:
    if node.kind == "pydantic":
        return {field.key: analyze_field(field.annotation) for field in list_pydantic_fields(node.cls)}
    return {field.key: field.node for field in node.fields}


def _shape_model(node: ModelNode, known: dict[Any, list[Converter]]) -> Converter:
    slot = known.get(node.cls)
    if slot is not None:
        return _later(slot)
    slot = known[node.cls] = []
    fields: dict[str, Converter] = {}
    for field in list_pydantic_fields(node.cls):
        fields[field.key] = _shape(analyze_field(field.annotation), known)

    def convert(value: object) -> object:
        return _apply(fields, value)

    slot.append(convert)
    return convert


def _later(slot: list[Converter]) -> Converter:
    def convert(value: object) -> object:
        return slot[0](value)

    return convert


def analyze_field(annotation: Annotation) -> Node:
    """
    Read the type of a field, which may be one that only pydantic knows.

    Example:
        >>> analyze_field(list[complex]).item.kind
        'any'
    """
    try:
        return analyze(annotation)
    except ConfigurationError:
        # A type of pydantic's own, which reads one text, or something around one.
        inner, _ = split_annotated(annotation)
        origin, arguments = origin_of(inner), get_args(inner)
        if origin in (Union, UnionType):
            return UnionNode(annotation=annotation, members=tuple(map(analyze_field, arguments)))
        if origin in _COLLECTIONS:
            return ArrayNode(annotation=annotation, item=analyze_field(arguments[0]), factory=list)
        opaque = ScalarNode(annotation=annotation, kind="any")
        if origin in _MAPPINGS:
            return MapNode(annotation=annotation, key=opaque, value=analyze_field(arguments[1]))
        return opaque


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


__all__ = ["PydanticField", "analyze_field", "list_pydantic_fields", "make_shaped"]
