"""
The proof that a decoded body had neither duplicate nor unknown keys, without reading it again.

`compile_key_count` answers, from a decoded value, how many keys its JSON had at least. Every key of JSON is followed
by a colon, so the number of colons in the text is the most it can have had. When both are the same number, every key
was a different one that ended in the value.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

from covet._extras import find_extra
from covet.types import UNSET
from covet.validation.nodes import (
    ArrayNode,
    ChoiceNode,
    MapNode,
    ModelField,
    ModelNode,
    Node,
    ScalarNode,
    TupleNode,
    UnionNode,
)
from covet.validation.shape import count_keys

# A number when all values of the type have the same; else a question about the value.
KeyCount = int | Callable[[Any], int]

_EMPTY_FACTORIES = frozenset({list, dict, set, frozenset, tuple})
_PLAIN_DEFAULTS = (bool, int, float, str, bytes, type(None), Enum)
_SPACED_COLONS = (b" :", b"\n:", b"\r:", b"\t:")


def prove_keys(data: bytes, least: int) -> bool:
    """
    Tell whether a body has no more keys than were seen, although strings of it may have colons.

    A colon of an object follows the quote that ends a key, or white space after it: all other colons are in strings.

    Example:
        >>> prove_keys(b'{"at": "12:30"}', 1), prove_keys(b'{"at": "12:30", "at": ""}', 1)
        (True, False)
    """
    most = data.count(b'":')
    if most > least:
        return False
    return most + sum(map(data.count, _SPACED_COLONS)) <= least


def compile_flat_count(node: Node) -> Callable[[bytes], int] | None:
    """
    Make the exact count of the keys in a body that is one flat object of a model; `None` if the model is not flat.

    This is for clients that send defaults too, which the value itself does not show. The body is read again into a
    shadow of the model, whose fields take any JSON as it stands and are otherwise unset. Unknown keys are not counted.

    Example:
        >>> compile_flat_count(ScalarNode(annotation=int, kind="int")) is None
        True
    """
    msgspec: Any = find_extra("msgspec")
    if msgspec is None or not isinstance(node, ModelNode) or not node.fields:
        return None
    if any(compile_key_count(field.node) != 0 for field in node.fields):
        return None
    fields = [
        (f"field_{index}", msgspec.Raw, msgspec.field(name=field.key, default=UNSET))
        for index, field in enumerate(node.fields)
    ]
    shadow = msgspec.defstruct("Shadow", fields, gc=False)
    decode, as_tuple, total = msgspec.json.Decoder(shadow).decode, msgspec.structs.astuple, len(fields)

    def count_flat(data: bytes) -> int:
        return total - int(as_tuple(decode(data)).count(UNSET))

    return count_flat


def compile_key_count(node: Node) -> KeyCount:
    """
    Make the count of the keys that the JSON of a value had at least.

    Example:
        >>> compile_key_count(ScalarNode(annotation=int, kind="int"))
        0
    """
    return _Compiler().compile(node)


class _Compiler:
    """Makes the count of each model once; a recursive one refers to itself through its slot."""

    def __init__(self) -> None:
        self._slots: dict[int, list[Callable[[Any], int]]] = {}

    def compile(self, node: Node) -> KeyCount:
        if isinstance(node, ScalarNode):
            return count_keys if node.kind == "any" else 0
        if isinstance(node, ChoiceNode):
            return 0
        if isinstance(node, ArrayNode):
            return self._array(node)
        if isinstance(node, TupleNode):
            return self._tuple(node)
        if isinstance(node, MapNode):
            return self._map(node)
        if isinstance(node, UnionNode):
            return self._union(node)
        return self._model(node) if isinstance(node, ModelNode) else 0

    def _array(self, node: ArrayNode) -> KeyCount:
        item = self.compile(node.item)
        if isinstance(item, int):
            # A set may have dropped equal items; fewer are counted, which is safe.
            return (lambda value: item * len(value)) if item else 0
        return lambda value: sum(map(item, value))

    def _tuple(self, node: TupleNode) -> KeyCount:
        counts = [self.compile(item) for item in node.items]
        fixed = sum(count for count in counts if isinstance(count, int))
        moving = [(index, count) for index, count in enumerate(counts) if not isinstance(count, int)]
        if not moving:
            return fixed
        return lambda value: fixed + sum(count(value[index]) for index, count in moving)

    def _map(self, node: MapNode) -> KeyCount:
        entry = self.compile(node.value)
        if isinstance(entry, int):
            return lambda value: len(value) * (1 + entry)
        return lambda value: len(value) + sum(map(entry, value.values()))

    def _union(self, node: UnionNode) -> KeyCount:
        # Members have different JSON types, so at most the array and the object have keys.
        counts = [(member, self.compile(member)) for member in node.members]
        with_keys = [(_class_of(member), count) for member, count in counts if count != 0]
        if not with_keys:
            return 0

        def count_union(value: Any) -> int:
            for cls, count in with_keys:
                if isinstance(value, cls):
                    return count if isinstance(count, int) else count(value)
            return 0

        return count_union

    def _model(self, node: ModelNode) -> KeyCount:
        if not node.faithful:
            # What the instance holds may not be what was sent; nothing is known.
            return 0
        known = self._slots.get(id(node))
        if known is not None:
            return _later(known)
        slot: list[Callable[[Any], int]] = []
        self._slots[id(node)] = slot
        counts = [(field, self.compile(field.node)) for field in node.fields]
        made = _typeddict_count(counts) if node.kind == "typeddict" else _instance_count(counts)
        slot.append((lambda _value: made) if isinstance(made, int) else made)
        if isinstance(made, int):
            # Not recursive: each mention may have the number itself.
            del self._slots[id(node)]
        return made


def _later(slot: list[Callable[[Any], int]]) -> Callable[[Any], int]:
    def count(value: Any) -> int:
        return slot[0](value)

    return count


def _typeddict_count(counts: list[tuple[ModelField, KeyCount]]) -> KeyCount:
    inner = [(field.key, count) for field, count in counts if count != 0]
    if not inner and all(field.required for field, _ in counts):
        return len(counts)

    def count_dict(value: Any) -> int:
        total = len(value)
        for key, count in inner:
            if key in value:
                total += count if isinstance(count, int) else count(value[key])
        return total

    return count_dict


def _instance_count(counts: list[tuple[ModelField, KeyCount]]) -> KeyCount:
    fixed = 0
    required: list[tuple[str, Callable[[Any], int]]] = []
    optional: list[tuple[str, object, KeyCount]] = []
    emptied: list[tuple[str, KeyCount]] = []
    for field, count in counts:
        if field.required:
            fixed += 1
            if isinstance(count, int):
                fixed += count
            else:
                required.append((field.attribute, count))
        elif field.default is not UNSET and isinstance(field.default, _PLAIN_DEFAULTS):
            optional.append((field.attribute, field.default, count))
        elif field.default_factory in _EMPTY_FACTORIES:
            emptied.append((field.attribute, count))
        # Any other default may itself hold what nobody sent: nothing is counted.
    if not (required or optional or emptied):
        return fixed

    def count_instance(value: Any) -> int:
        total = fixed
        for name, count_field in required:
            total += count_field(getattr(value, name))
        for name, default, count in optional:
            item = getattr(value, name)
            if item is not default and item != default:
                total += 1 + (count if isinstance(count, int) else count(item))
        for name, count in emptied:
            item = getattr(value, name)
            if item:
                total += 1 + (count if isinstance(count, int) else count(item))
        return total

    return count_instance


def _class_of(node: Node) -> type:
    if isinstance(node, ArrayNode):
        return node.factory
    if isinstance(node, TupleNode):
        return tuple
    if isinstance(node, ModelNode) and node.kind != "typeddict":
        return node.cls
    return dict if isinstance(node, MapNode | ModelNode) else object
