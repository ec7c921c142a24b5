"""
Annotation to nodes: what a type means, decided once, at start-up.

Whatever cannot be validated is a `ConfigurationError` here, never a surprise while a request is answered.
"""

import types
from collections.abc import Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from collections.abc import MutableSet as AbstractMutableSet
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from inspect import isabstract
from pathlib import PurePath
from typing import Annotated, Any, Final, Literal, NewType, TypeVar, Union, get_args
from uuid import UUID

from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, is_type_alias, origin_of, split_annotated, type_name
from covet.types import Unset
from covet.validation.constraints import Constraints, read_constraints
from covet.validation.models import describe_model, model_kind
from covet.validation.nodes import (
    ArrayNode,
    ChoiceNode,
    MapNode,
    ModelNode,
    Node,
    ScalarKind,
    ScalarNode,
    TupleNode,
    UnionNode,
)
from covet.validation.shape import find_ambiguous_recursion

_SCALARS: dict[Any, ScalarKind] = {
    Any: "any",
    object: "any",
    None: "none",
    type(None): "none",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
    Decimal: "decimal",
    datetime: "datetime",
    date: "date",
    time: "time",
    timedelta: "timedelta",
    UUID: "uuid",
}
_ARRAYS: dict[Any, type] = {
    list: list,
    Sequence: list,
    MutableSequence: list,
    Collection: list,
    Iterable: list,
    tuple: tuple,
    set: set,
    AbstractSet: set,
    AbstractMutableSet: set,
    frozenset: frozenset,
}
_MAPS = frozenset({dict, Mapping, MutableMapping})
_SIZED = (ArrayNode, TupleNode, MapNode)
_KEY_KINDS = frozenset(
    {"any", "str", "int", "float", "decimal", "datetime", "date", "time", "timedelta", "uuid", "path"}
)
_LENGTH_KINDS = frozenset({"str", "bytes"})
_BOUND_KINDS = frozenset({"int", "float", "decimal", "datetime", "date", "time", "timedelta"})
_ZONED_KINDS = frozenset({"datetime", "time"})
_NUMBER_KINDS = frozenset({"int", "float", "decimal"})


def analyze(annotation: Annotation, constraints: Constraints | None = None) -> Node:
    """
    Read a type into nodes.

    Raises:
        ConfigurationError: If the type, or one of its fields, cannot be validated.

    Example:
        >>> analyze(list[int]).item.kind
        'int'
    """
    node = _Analyzer().visit(annotation)
    ambiguous = find_ambiguous_recursion(node)
    if ambiguous is not None:
        raise ConfigurationError(
            f"{type_name(ambiguous.annotation)} contains itself, and its members look alike in JSON.",
            hint="Give each model a required field of its own value, such as kind: Literal['leaf'].",
        )
    return _constrain(node, (constraints,)) if constraints is not None else node


class _Analyzer:
    """Remembers the models it has entered, so that a recursive one ends."""

    def __init__(self) -> None:
        self._models: dict[Any, ModelNode] = {}
        self._aliases: list[Annotation] = []

    def visit(self, annotation: Annotation) -> Node:
        """Read any annotation."""
        if _is_unset(annotation):
            raise _unsupported(annotation)
        origin, arguments = origin_of(annotation), get_args(annotation)
        if origin is Annotated:
            return _constrain(self.visit(arguments[0]), read_constraints(arguments[1:]))
        if is_type_alias(annotation) or is_type_alias(origin):
            return self._visit_alias(annotation, origin, arguments)
        if isinstance(annotation, NewType):
            return self.visit(annotation.__supertype__)
        if isinstance(annotation, TypeVar):
            return self._visit_variable(annotation)
        if origin is Final:
            return self.visit(arguments[0])
        if origin is Union or origin is types.UnionType:
            return self._visit_union(annotation, arguments)
        if origin is Literal:
            return self._visit_literal(annotation, arguments)
        return self._visit_class(annotation, origin or annotation, arguments)

    def _visit_alias(self, annotation: Annotation, origin: Annotation, arguments: tuple[Any, ...]) -> Node:
        if annotation in self._aliases:
            raise ConfigurationError(
                f"The type alias {type_name(annotation)} contains itself.", hint="Use a model for what is recursive."
            )
        self._aliases.append(annotation)
        value = origin.__value__[arguments] if is_type_alias(origin) else annotation.__value__
        node = self.visit(value)
        self._aliases.pop()
        return node

    def _visit_class(self, annotation: Annotation, cls: Annotation, arguments: tuple[Any, ...]) -> Node:
        try:
            kind = _SCALARS.get(cls)
        except TypeError:
            kind = None
        if kind is not None:
            return ScalarNode(annotation=annotation, kind=kind)
        if model_kind(annotation) is not None:
            return self._visit_model(annotation)
        if cls is tuple and arguments and not (len(arguments) == 2 and arguments[1] is ...):
            return TupleNode(annotation=annotation, items=tuple(map(self.visit, arguments)))
        if cls is tuple and annotation == tuple[()]:
            return TupleNode(annotation=annotation, items=())
        if cls in _ARRAYS:
            return self._visit_array(annotation, _ARRAYS[cls], arguments)
        if cls in _MAPS:
            key, value = arguments or (Any, Any)
            return self._visit_map(annotation, key, value)
        if isinstance(cls, type) and issubclass(cls, Enum):
            return ChoiceNode(
                annotation=cls, values=tuple((member.value, member) for member in _members(cls)), enum=cls
            )
        if isinstance(cls, type) and issubclass(cls, PurePath):
            return ScalarNode(annotation=cls, kind="path", factory=cls)
        raise _unsupported(annotation)

    def _visit_variable(self, variable: TypeVar) -> Node:
        if variable.__constraints__:
            return self.visit(Union[variable.__constraints__])  # noqa: UP007 - built from a tuple
        bound = variable.__bound__
        return self.visit(Any if bound is None else bound)

    def _visit_array(self, annotation: Annotation, factory: type, arguments: tuple[Any, ...]) -> Node:
        item = self.visit(arguments[0]) if arguments else ScalarNode(annotation=Any, kind="any")
        if factory in {set, frozenset} and not _is_hashable(item):
            raise ConfigurationError(
                f"The items of {type_name(annotation)} cannot be hashed.",
                hint="Use a list, or items that are frozen.",
            )
        return ArrayNode(annotation=annotation, item=item, factory=factory)

    def _visit_map(self, annotation: Annotation, key: Annotation, value: Annotation) -> Node:
        key_node = self.visit(key)
        if not _is_key(key_node):
            raise ConfigurationError(
                f"The keys of {type_name(annotation)} cannot be read from JSON, whose keys are strings.",
                hint="Use str, int, UUID, a date or an Enum as the key.",
            )
        return MapNode(annotation=annotation, key=key_node, value=self.visit(value))

    def _visit_union(self, annotation: Annotation, arguments: tuple[Any, ...]) -> Node:
        # "No value was given" is nothing that a client can send.
        members = tuple(self.visit(argument) for argument in arguments if not _is_unset(argument))
        if not members:
            raise _unsupported(annotation)
        return members[0] if len(members) == 1 else UnionNode(annotation=annotation, members=members)

    def _visit_literal(self, annotation: Annotation, values: tuple[Any, ...]) -> Node:
        pairs = [(value.value if isinstance(value, Enum) else value, value) for value in values]
        for sent, _value in pairs:
            if not isinstance(sent, str | int | float | bytes | None):
                raise _unsupported(annotation)
        return ChoiceNode(annotation=annotation, values=tuple(pairs))

    def _visit_model(self, annotation: Annotation) -> Node:
        known = self._models.get(annotation)
        if known is not None:
            return known
        node, hints = describe_model(annotation)
        self._models[annotation] = node
        for field in node.fields:
            try:
                field.node = self.visit(hints[field.attribute])
                field.metadata = split_annotated(hints[field.attribute])[1]
            except ConfigurationError as exc:
                raise ConfigurationError(f"{node.name}.{field.attribute}: {exc.message}", hint=exc.hint) from exc
        return node


def _members(cls: type[Enum]) -> Iterable[Enum]:
    # Without aliases, but with the named combinations of a Flag, which its iteration leaves out.
    members = list({id(member): member for member in cls.__members__.values()}.values())
    for member in members:
        if not isinstance(member.value, str | int | float | bool | None):
            raise ConfigurationError(
                f"{type_name(cls)}.{member.name} has a value that JSON cannot carry: {member.value!r}.",
                hint="Give the members strings or numbers.",
            )
    return members


def _unsupported(annotation: Annotation) -> ConfigurationError:
    if isinstance(annotation, type) and isabstract(annotation):
        hint = "It is abstract: name a concrete class."
    else:
        hint = (
            "Use a builtin, a collection, a date or time, UUID, Decimal, Path, Enum, Literal, or a model: "
            "dataclass, TypedDict, NamedTuple, msgspec.Struct, attrs or pydantic."
        )
    return ConfigurationError(f"Values of type {type_name(annotation)} cannot be validated.", hint=hint)


def _is_unset(annotation: Annotation) -> bool:
    if annotation is Unset or (origin_of(annotation) is Literal and get_args(annotation) == (Unset.UNSET,)):
        return True
    return getattr(annotation, "__name__", None) == "UnsetType" and annotation.__module__.partition(".")[0] == "msgspec"


def _is_key(node: Node) -> bool:
    if isinstance(node, UnionNode):
        return all(map(_is_key, node.members))
    if isinstance(node, ChoiceNode):
        return all(isinstance(sent, str | int) and not isinstance(sent, bool) for sent, _value in node.values)
    return isinstance(node, ScalarNode) and node.kind in _KEY_KINDS


def _is_hashable(node: Node) -> bool:
    if isinstance(node, UnionNode):
        return all(map(_is_hashable, node.members))
    if isinstance(node, TupleNode):
        return all(map(_is_hashable, node.items))
    if isinstance(node, ArrayNode):
        return node.factory in {tuple, frozenset} and _is_hashable(node.item)
    if isinstance(node, ModelNode):
        return node.cls.__hash__ is not None and node.kind != "typeddict"
    return not isinstance(node, MapNode)


# ── Constraints ──────────────────────────────────────────────────────────────


def _constrain(node: Node, constraints: Iterable[Constraints]) -> Node:
    """Put constraints on a node; on a union, on each member that they make sense for."""
    for item in constraints:
        if isinstance(node, UnionNode) and item.checks:
            fitting = [member for member in node.members if _misfit(member, item) is None]
            if not fitting:
                raise _refuse_constraint(node, _misfit(node.members[0], item) or "", item)
            members = tuple(_constrain(member, (item,)) if member in fitting else member for member in node.members)
            node = replace(node, members=members)
            continue
        misfit = _misfit(node, item)
        if misfit is not None:
            raise _refuse_constraint(node, misfit, item)
        # A model's node is shared by all that mention it: its constraints must not be.
        node = _copy(node, constraints=(*node.constraints, item))
    return node


def _copy(node: Node, *, constraints: tuple[Constraints, ...]) -> Node:
    if isinstance(node, ModelNode):
        return node
    return replace(node, constraints=constraints)


def _misfit(node: Node, constraints: Constraints) -> str | None:
    """Name the first constraint that this type cannot have."""
    kind = node.kind if isinstance(node, ScalarNode) else None
    has_length = isinstance(node, _SIZED) or kind in _LENGTH_KINDS
    tests: tuple[tuple[str, bool], ...] = (
        ("ge", kind in _BOUND_KINDS),
        ("gt", kind in _BOUND_KINDS),
        ("le", kind in _BOUND_KINDS),
        ("lt", kind in _BOUND_KINDS),
        ("multiple_of", kind in _NUMBER_KINDS),
        ("min_length", has_length),
        ("max_length", has_length),
        ("pattern", kind == "str"),
        ("without", kind == "str"),
        ("tz", kind in _ZONED_KINDS),
    )
    for name, fits in tests:
        bound = getattr(constraints, name)
        if bound is not None and not (fits and _bound_fits(kind, name, bound)):
            return name
    return None


_COMPARABLE: dict[str, tuple[type, ...]] = {
    "int": (int, float, Decimal),
    "float": (int, float, Decimal),
    "decimal": (int, float, Decimal),
    "datetime": (datetime,),
    "date": (date,),
    "time": (time,),
    "timedelta": (timedelta,),
}


def _bound_fits(kind: str | None, name: str, bound: object) -> bool:
    if name not in {"ge", "gt", "le", "lt"}:
        return True
    if isinstance(bound, bool) or (kind == "date" and isinstance(bound, datetime)):
        return False
    return isinstance(bound, _COMPARABLE.get(kind or "", ()))


def _refuse_constraint(node: Node, name: str, constraints: Constraints) -> ConfigurationError:
    return ConfigurationError(
        f"{name}={getattr(constraints, name)!r} cannot be checked on {type_name(node.annotation)}.",
        hint="Bounds are for numbers and times, lengths for text and collections, patterns for str, "
        "tz for datetime and time.",
    )
