"""
The native engine: msgspec decodes JSON straight into the type, and this proves that the plain engine would agree.

msgspec may accept only what the plain engine accepts, with an equal value; what it refuses is asked again there, so
that a refusal is never its word alone. So a type comes here only if every node of it means the same to both, and
two things are left to prove for each body:

- Constraints that msgspec cannot see (`Constraints` and `annotated_types` within a model) are checked on the value.
- msgspec skips unknown keys unread, and takes the last of duplicate keys. The decoded value shows how many keys the
  body must have had at least; the colons in it bound how many it has at most. If both agree there is neither, and
  nothing was skipped. If not, the body is read again as `native_json` and at last `strict_json` read it.
"""

from collections.abc import Callable
from dataclasses import MISSING
from enum import Enum
from typing import Any

from covet._extras import find_extra
from covet.validation.native_checks import compile_holds, is_constrained
from covet.validation.native_proof import compile_flat_count, compile_key_count, prove_keys
from covet.validation.nodes import (
    ArrayNode,
    ChoiceNode,
    MapNode,
    ModelNode,
    Node,
    ScalarNode,
    TupleNode,
    UnionNode,
)
from covet.validation.shape import parts_of
from covet.validation.strict_json import MAX_DEPTH, check_depth

_NATIVE_SCALARS = frozenset(
    {"any", "none", "bool", "int", "float", "str", "bytes", "datetime", "date", "time", "timedelta", "uuid"}
)
_TEXT_KINDS = frozenset({"str", "bytes", "datetime", "date", "time", "timedelta", "uuid"})
_KEY_KINDS = frozenset({"str", "int", "uuid"})

Decode = Callable[[bytes], Any]  # the decoded value is of the caller's type


def compile_native(node: Node, load: Callable[[bytes], object]) -> Decode | None:
    """
    Make the fast decoder of a type; `None` if msgspec is absent or reads the type differently.

    The decoder raises whatever it likes for a body that is not plainly good: the caller asks the plain engine then.
    """
    msgspec: Any = find_extra("msgspec")
    if msgspec is None or not _is_native(node, set()):
        return None
    try:
        decode: Decode = msgspec.json.Decoder(node.annotation).decode
    except Exception:  # noqa: BLE001 - whatever it cannot read, the plain engine can
        return None
    holds = compile_holds(node)
    count = compile_key_count(node)
    bounded = _is_bounded(node)
    count_flat = compile_flat_count(node)
    if isinstance(count, int) and holds is None and bounded:
        return _make_static(decode, count, load)

    def decode_and_prove(data: bytes) -> Any:
        value = decode(data)
        if not bounded:
            check_depth(data)
        colons = data.count(b":")
        least = count if isinstance(count, int) else count(value)
        if colons != least:
            if count_flat is not None:
                least = count_flat(data)
            if colons != least and not prove_keys(data, least):
                load(data)
        if holds is not None and not holds(value):
            raise ValueError("a constraint does not hold")
        return value

    return decode_and_prove


def _make_static(decode: Decode, count: int, load: Callable[[bytes], object]) -> Decode:
    def decode_and_prove(data: bytes) -> Any:
        value = decode(data)
        # PERF: one pass of memchr is the whole proof for a model whose fields are all required.
        if data.count(b":") != count and not prove_keys(data, count):
            load(data)
        return value

    return decode_and_prove


# ── Which types ──────────────────────────────────────────────────────────────


def _is_native(node: Node, entered: set[int]) -> bool:
    if isinstance(node, ScalarNode):
        return node.kind in _NATIVE_SCALARS
    if isinstance(node, ChoiceNode):
        return _choice_kind(node) is not None
    if isinstance(node, ArrayNode):
        if node.factory in {set, frozenset} and not isinstance(node.item, ScalarNode | ChoiceNode):
            return False
        return not _is_any_of_set(node) and _is_native(node.item, entered)
    if isinstance(node, TupleNode):
        return all(_is_native(item, entered) for item in node.items)
    if isinstance(node, MapNode):
        return _is_native_key(node.key) and _is_native(node.value, entered)
    if isinstance(node, UnionNode):
        kinds = [_json_kind(member) for member in node.members]
        distinct = None not in kinds and len(set(kinds)) == len(kinds)
        return distinct and all(_is_native(member, entered) for member in node.members)
    if isinstance(node, ModelNode):
        if id(node) in entered:
            return True
        entered.add(id(node))
        if not node.faithful and any(is_constrained(field.node) for field in node.fields):
            # The author's code may have changed what the constraints are about.
            return False
        if _leaves_defaults_out(node):
            return False
        return node.native and all(_is_native(field.node, entered) for field in node.fields)
    return False


def _leaves_defaults_out(node: ModelNode) -> bool:
    """
    Tell whether msgspec would leave a default on the class instead of setting it on the instance.

    It does so for dataclasses without slots; the instance works, but its JSON would then lack the member.
    """
    fields = getattr(node.cls, "__dataclass_fields__", {})
    return "__slots__" not in vars(node.cls) and any(field.default is not MISSING for field in fields.values())


def _is_any_of_set(node: ArrayNode) -> bool:
    item = node.item
    return node.factory in {set, frozenset} and isinstance(item, ScalarNode) and item.kind == "any"


def _is_native_key(node: Node) -> bool:
    if isinstance(node, ChoiceNode):
        return _choice_kind(node) == "string"
    return isinstance(node, ScalarNode) and node.kind in _KEY_KINDS


def _choice_kind(node: ChoiceNode) -> str | None:
    """Name the JSON type that all the values have, if msgspec can tell them apart."""
    classes = {sent.__class__ for sent, _ in node.values}
    if classes not in ({str}, {int}):
        return None
    if node.enum is not None:
        own = [cls for cls in node.enum.__mro__ if cls.__module__ not in {"enum", "builtins"}]
        if not issubclass(node.enum, Enum) or any("_missing_" in vars(cls) for cls in own):
            return None
    elif any(sent is not value for sent, value in node.values):
        return None
    return "string" if classes == {str} else "int"


def _json_kind(node: Node) -> str | None:
    if isinstance(node, ScalarNode):
        if node.kind in _TEXT_KINDS:
            return "string"
        return None if node.kind == "any" else node.kind
    if isinstance(node, ChoiceNode):
        return _choice_kind(node)
    if isinstance(node, ArrayNode | TupleNode):
        return "array"
    if isinstance(node, MapNode):
        return "object"
    return "object" if isinstance(node, ModelNode) and node.tag is None else None


def _is_bounded(node: Node) -> bool:
    """Tell whether the type itself bounds the nesting: it has no `Any` and does not contain itself."""
    return _depth(node, ()) <= MAX_DEPTH


def _depth(node: Node, inside: tuple[int, ...]) -> int:
    if isinstance(node, ScalarNode):
        return MAX_DEPTH + 1 if node.kind == "any" else 0
    if isinstance(node, ModelNode):
        if id(node) in inside:
            return MAX_DEPTH + 1
        inside = (*inside, id(node))
    return 1 + max((_depth(part, inside) for part in parts_of(node)), default=0)
