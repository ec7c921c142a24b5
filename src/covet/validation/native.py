"""
The native engine: msgspec decodes JSON straight into the type, and this proves that the plain engine would agree.

msgspec may accept only what the plain engine accepts, with an equal value; what it refuses is asked again there, so
that a refusal is never its word alone. So a type comes here only if every node of it means the same to both, and
two things are left to prove for each body:

- Constraints that msgspec cannot see (`Constraints` and `annotated_types` within a model) are checked on the value.
- msgspec skips unknown keys unread, and takes the last of duplicate keys. The value, or its twin, shows how many
  keys the body must have had at least; the colons in it bound how many it has at most. If both agree there is
  neither, and nothing was skipped. If not, the body is read again as `native_json` and at last `strict_json` read it.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from covet._extras import find_extra
from covet.validation.native_checks import compile_holds, is_constrained
from covet.validation.native_json import prove_keys
from covet.validation.native_twin import Twin, make_twin
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

# Not bytes: msgspec ignores the bits that the last character of base64 has too many.
_NATIVE_SCALARS = frozenset(
    {"any", "none", "bool", "int", "float", "str", "datetime", "date", "time", "timedelta", "uuid"}
)
_TEXT_KINDS = frozenset({"str", "bytes", "datetime", "date", "time", "timedelta", "uuid"})
# PERF: bytes count a number quicker than bytes (benchmarks/instructions.py, post).
COLON = ord(":")
_KEY_KINDS = frozenset({"str", "int", "uuid"})

Decode = Callable[[bytes], Any]  # the decoded value is of the caller's type


class FixedKeys(NamedTuple):
    """
    The fast decoder of a type all of whose bodies have the same number of keys.

    Its value is good if the body has as many colons as keys; what it raises is a `ValueError` or a `RecursionError`.

    Attributes:
        decode: Decodes a body.
        keys: How many keys each body has.
    """

    decode: Decode
    keys: int


def compile_native(
    node: Node, load: Callable[[bytes], object], decide: Callable[[bytes], object]
) -> tuple[Decode, FixedKeys | None] | None:
    """
    Make the fast decoder of a type; `None` if msgspec is absent or reads the type differently.

    With it comes what is inside of it, if a caller can write out the rest as well.

    Args:
        node: The type.
        load: Reads JSON strictly and raises what is due, for a body that has more keys than the value shows.
        decide: Decodes by the plain engine and raises what is due, for a body that is not plainly good.
    """
    msgspec: Any = find_extra("msgspec")
    if msgspec is None or not _is_native(node, set()):
        return None
    try:
        twin = make_twin(node)
        decode: Decode = msgspec.json.Decoder(twin.annotation).decode
    except Exception:  # noqa: BLE001 - whatever it cannot read, the plain engine can
        return None
    holds = compile_holds(node)
    bounded = _is_bounded(node)
    if twin.build is None and holds is None and bounded:
        return _make_fixed(decode, twin.keys, load, decide), FixedKeys(decode, twin.keys)
    return _make_counting(decode, twin, load, decide, holds=holds, bounded=bounded), None


def _make_fixed(decode: Decode, keys: int, load: Callable[[bytes], object], decide: Decode) -> Decode:
    # PERF: one frame around the decoder; one pass over the body, eight times as fast, is the whole proof that all its
    # keys are in the value (benchmarks/body.py).
    def decode_json(data: bytes) -> Any:
        try:
            value = decode(data)
            if data.count(COLON) != keys and not prove_keys(data, keys):
                load(data)
            return value  # noqa: TRY300 - an `else` costs what this saves
        except Exception:  # noqa: BLE001, S110 - the plain engine decides, and raises what is due
            pass
        # Outside of the handler: what is raised here has nothing to do with what msgspec said.
        return decide(data)

    return decode_json


def _make_counting(
    decode: Decode,
    twin: Twin,
    load: Callable[[bytes], object],
    decide: Decode,
    *,
    holds: Callable[[Any], bool] | None,
    bounded: bool,
) -> Decode:
    fixed, build = twin.keys, twin.build

    def decode_json(data: bytes) -> Any:
        try:
            value = decode(data)
            if not bounded:
                check_depth(data)
            keys = fixed
            if build is not None:
                counted: list[int] = []
                value = build(value, counted.append)
                if counted:
                    keys += sum(counted)
            if holds is None or holds(value):
                if data.count(COLON) != keys and not prove_keys(data, keys):
                    load(data)
                return value
        except Exception:  # noqa: BLE001, S110 - as above
            pass
        return decide(data)

    return decode_json


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
        if node.as_array or node.kind in {"namedtuple", "pydantic"}:
            return False
        return all(_is_native(field.node, entered) for field in node.fields)
    return False


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
