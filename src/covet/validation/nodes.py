"""
The shape of a type, as both engines and the schema read it: a small tree of nodes.

`analysis` makes the tree once, at start-up. Nodes hold no behaviour; a node of a recursive model appears in its own
fields, so whoever walks the tree must remember which models it has entered.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from covet.introspection import Annotation
from covet.types import UNSET
from covet.validation.constraints import Constraints

ScalarKind = Literal[
    "any", "none", "bool", "int", "float", "str", "bytes", "decimal", "datetime", "date", "time", "timedelta", "uuid",
    "path",
]  # fmt: skip
ModelKind = Literal["dataclass", "typeddict", "namedtuple", "struct", "attrs", "pydantic"]


@dataclass(slots=True, eq=False, kw_only=True)
class Node:
    """
    One type within a type.

    Attributes:
        annotation: The type as its author wrote it.
        constraints: What a value must satisfy beyond its type.
    """

    annotation: Annotation
    constraints: tuple[Constraints, ...] = ()


@dataclass(slots=True, eq=False, kw_only=True)
class ScalarNode(Node):
    """A value without parts. `factory` is the class to make, for paths."""

    kind: ScalarKind
    factory: Callable[[str], object] | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class ChoiceNode(Node):
    """One of fixed values: a `Literal`, or the members of an `Enum` by their values."""

    values: tuple[tuple[object, object], ...]
    enum: type[Enum] | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class ArrayNode(Node):
    """Any number of items of one type."""

    item: Node
    factory: type


@dataclass(slots=True, eq=False, kw_only=True)
class TupleNode(Node):
    """A fixed number of items, each of its own type."""

    items: tuple[Node, ...]


@dataclass(slots=True, eq=False, kw_only=True)
class MapNode(Node):
    """Any number of keys and values."""

    key: Node
    value: Node


@dataclass(slots=True, eq=False, kw_only=True)
class UnionNode(Node):
    """One of several types."""

    members: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class ModelField:
    """
    One field of a model.

    Attributes:
        name: The argument of the constructor.
        attribute: The attribute of the instance.
        key: The name in JSON.
        node: Its type.
        required: Whether the input must have it.
        default: What it is when the input lacks it; `UNSET` if that is not a plain value.
        default_factory: What makes the default, if anything does.
        metadata: What `Annotated` says of it beyond its type, whatever it is for.
    """

    name: str
    attribute: str
    key: str
    node: Node
    required: bool
    default: object = UNSET
    default_factory: Callable[[], object] | None = None
    metadata: tuple[object, ...] = ()


@dataclass(slots=True, eq=False, kw_only=True)
class ModelNode(Node):
    """
    A class with typed fields. A pydantic model has no fields here: it validates itself.

    Attributes:
        cls: The class.
        kind: What made it a model.
        name: Its name in schemas and errors.
        fields: Its fields, in order.
        forbid_unknown: Whether a key that is no field is an error.
        tag: The key and the value that tell the members of a union apart, if the class has them.
        as_array: Whether its JSON is an array of its fields.
        native: Whether msgspec reads the class exactly as described here.
        faithful: Whether an instance shows what was in the input: no code of the author ran.
    """

    cls: type
    kind: ModelKind
    name: str
    fields: tuple[ModelField, ...] = field(default=())
    forbid_unknown: bool = False
    tag: tuple[str, object] | None = None
    as_array: bool = False
    native: bool = False
    faithful: bool = False
