"""
The native engine: msgspec decodes JSON straight into the type, and this proves that the plain engine would agree.

msgspec may accept only what the plain engine accepts, with an equal value; what it refuses is asked again there, so
that a refusal is never its word alone. So a type comes here only if every node of it means the same to both, and
two things are left to prove for each body:

- Constraints that msgspec cannot see (`Constraints` and `annotated_types` within a model) are checked on the value.
- msgspec skips unknown keys unread, and takes the last of duplicate keys. The decoded value shows how many keys the
  body must have had at least; the colons in it bound how many it has at most. If both agree there is neither, and
  nothing was skipped. If not, the body is read again by the strict reader, which decides.
"""

from collections.abc import Callable
from dataclasses import MISSING
from enum import Enum
from typing import Any

from covet._extras import find_extra
from covet.validation.checks import make_checks
from covet.validation.native_proof import compile_key_count, prove_keys
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
from covet.validation.strict_json import MAX_DEPTH, check_depth, load_json

_NATIVE_SCALARS = frozenset(
    {"any", "none", "bool", "int", "float", "str", "bytes", "datetime", "date", "time", "timedelta", "uuid"}
)
_TEXT_KINDS = frozenset({"str", "bytes", "datetime", "date", "time", "timedelta", "uuid"})
_KEY_KINDS = frozenset({"str", "int", "uuid"})

Decode = Callable[[bytes], Any]  # the decoded value is of the caller's type


def compile_native(node: Node) -> Decode | None:
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
    if isinstance(count, int) and holds is None and bounded:
        return _make_static(decode, count)

    def decode_and_prove(data: bytes) -> Any:
        value = decode(data)
        if not bounded:
            check_depth(data)
        least = count if isinstance(count, int) else count(value)
        if data.count(b":") != least and not prove_keys(data, least):
            load_json(data)
        if holds is not None and not holds(value):
            raise ValueError("a constraint does not hold")
        return value

    return decode_and_prove


def _make_static(decode: Decode, count: int) -> Decode:
    def decode_and_prove(data: bytes) -> Any:
        value = decode(data)
        # PERF: one pass of memchr is the whole proof for a model whose fields are all required.
        if data.count(b":") != count and not prove_keys(data, count):
            load_json(data)
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
        if not node.faithful and any(_is_constrained(field.node, set()) for field in node.fields):
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


# ── Constraints that msgspec cannot see ──────────────────────────────────────

Holds = Callable[[Any], bool]  # asked about decoded values only


def compile_holds(node: Node) -> Holds | None:
    """Make the question whether all constraints hold in a decoded value; `None` if there is nothing to ask."""
    return _HoldsCompiler().compile(node)


class _HoldsCompiler:
    def __init__(self) -> None:
        self._models: dict[int, Holds] = {}

    def compile(self, node: Node) -> Holds | None:
        if not _is_constrained(node, set()):
            return None
        own = [check.holds for check in make_checks(node)]
        inner = self._compile_parts(node)
        if inner is None:
            return own[0] if len(own) == 1 else (lambda value: all(hold(value) for hold in own))
        if not own:
            return inner
        return lambda value: inner(value) and all(hold(value) for hold in own)

    def _compile_parts(self, node: Node) -> Holds | None:
        if isinstance(node, ArrayNode):
            item = self.compile(node.item)
            return None if item is None else (lambda value: all(map(item, value)))
        if isinstance(node, TupleNode):
            items = [(index, hold) for index, part in enumerate(node.items) if (hold := self.compile(part))]
            return (lambda value: all(hold(value[index]) for index, hold in items)) if items else None
        if isinstance(node, MapNode):
            key, entry = self.compile(node.key) or _always, self.compile(node.value) or _always
            if key is _always and entry is _always:
                return None
            return lambda value: all(key(name) and entry(item) for name, item in value.items())
        if isinstance(node, UnionNode):
            return self._compile_union(node)
        return self._compile_model(node) if isinstance(node, ModelNode) else None

    def _compile_union(self, node: UnionNode) -> Holds | None:
        members = [(_classes(member), hold) for member in node.members if (hold := self.compile(member))]

        def holds(value: Any) -> bool:
            return value is None or all(hold(value) for classes, hold in members if isinstance(value, classes))

        return holds if members else None

    def _compile_model(self, node: ModelNode) -> Holds:
        known = self._models.get(id(node))
        if known is not None:
            return known
        fields: list[tuple[str, Holds]] = []
        if node.kind == "typeddict":

            def holds(value: Any) -> bool:
                return all(hold(value[name]) for name, hold in fields if name in value)

        else:

            def holds(value: Any) -> bool:
                # A default that breaks its own constraints cannot be told from the same value sent: plain decides.
                return all(hold(getattr(value, name)) for name, hold in fields)

        self._models[id(node)] = holds
        fields.extend((field.attribute, hold) for field in node.fields if (hold := self.compile(field.node)))
        return holds


def _is_constrained(node: Node, entered: set[int]) -> bool:
    if id(node) in entered:
        return False
    entered.add(id(node))
    return bool(make_checks(node)) or any(_is_constrained(part, entered) for part in parts_of(node))


def _always(_value: Any) -> bool:
    return True


def _classes(node: Node) -> tuple[type, ...]:
    if isinstance(node, ScalarNode):
        return (type(None),) if node.kind == "none" else (_SCALAR_CLASSES.get(node.kind, object),)
    if isinstance(node, ArrayNode):
        return (node.factory,)
    if isinstance(node, TupleNode):
        return (tuple,)
    if isinstance(node, MapNode):
        return (dict,)
    if isinstance(node, ModelNode):
        return (dict,) if node.kind == "typeddict" else (node.cls,)
    return (object,)


_SCALAR_CLASSES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str, "bytes": bytes}
