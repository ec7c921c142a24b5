"""
The twin of a type: what msgspec decodes instead of it, so that every key of the input leaves a trace.

A model whose fields have defaults does not show which of them were sent. Its twin is a `Struct` of its own whose
optional fields are `UNSET` until they are; generated code then makes the model from the twin, through the model's own
constructor, and adds up the keys on the way. What can have only one number of keys is decoded as it is.
"""

import inspect
import keyword
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ForwardRef, Literal, NamedTuple, NotRequired, TypedDict, Union

from covet._extras import find_extra
from covet.types import UNSET
from covet.validation.generated import compile_lines
from covet.validation.nodes import (
    ArrayNode,
    MapNode,
    ModelField,
    ModelNode,
    Node,
    ScalarNode,
    TupleNode,
    UnionNode,
)
from covet.validation.shape import count_keys, count_mentions, is_recursive

# Any: values of the caller's types.
Build = Callable[[Any, Callable[[int], None]], Any]
Write = Callable[[str], str]
# A checker takes what stands in its brackets for a name.
_NOT_REQUIRED: Any = NotRequired


class NoTwinError(Exception):
    """A model cannot be made from what its input shows."""


class Twin(NamedTuple):
    """
    What to decode, and how to go on.

    Attributes:
        annotation: The type for msgspec.
        keys: How many keys every value has at least.
        build: Makes the value from the decoded one and reports further keys, in portions; `None` if there is nothing
            to make and nothing to report.
    """

    annotation: Any
    keys: int
    build: Build | None


@dataclass(slots=True)
class _Part:
    """
    One node's contribution.

    Attributes:
        annotation: The type for msgspec.
        keys: The keys that every value has, which whoever contains it must report.
        write: Writes the expression that makes the value from that of another expression; `None` if it is the same.
    """

    annotation: Any
    keys: int = 0
    write: Write | None = None


def make_twin(node: Node) -> Twin:
    """
    Make the twin of a type that msgspec reads as the plain engine does.

    Raises:
        NoTwinError: If a model has a default that only its constructor knows, or a field that cannot be passed.

    Example:
        >>> make_twin(ScalarNode(annotation=int, kind="int"))
        Twin(annotation=<class 'int'>, keys=0, build=None)
    """
    compiler = _Compiler(count_mentions(node))
    part = compiler.compile(node)
    if part.write is None:
        return Twin(node.annotation, part.keys, None)
    lines = ["def build(value, add):", f"    return {part.write('value')}"]
    compile_lines([*compiler.lines, *lines], compiler.names, title="twin")
    compiler.tie()
    made: Build = compiler.names["build"]  # type: ignore[assignment]
    return Twin(part.annotation, part.keys, made)


def _count_any(value: object, add: Callable[[int], None]) -> object:
    add(count_keys(value))
    return value


class _Compiler:
    """Makes the twin of each model once, and writes its maker in place where it is mentioned once."""

    def __init__(self, mentions: dict[int, int]) -> None:
        self.names: dict[str, object] = {"UNSET": UNSET, "count_any": _count_any}
        self.lines: list[str] = []
        self._mentions = mentions
        self._parts: dict[int, _Part] = {}
        self._twins: dict[str, type] = {}

    def tie(self) -> None:
        """Let the twins of recursive models find each other by name."""
        for twin in self._twins.values():
            for name, other in self._twins.items():
                setattr(twin, name, other)

    def compile(self, node: Node) -> _Part:
        """Make the part of any node."""
        if isinstance(node, ScalarNode) and node.kind == "any":
            return _Part(Any, 0, lambda value: f"count_any({value}, add)")
        if isinstance(node, ArrayNode):
            return self._array(node)
        if isinstance(node, TupleNode):
            return self._tuple(node)
        if isinstance(node, MapNode):
            return self._map(node)
        if isinstance(node, UnionNode):
            return self._union(node)
        if isinstance(node, ModelNode):
            return self._model(node)
        return _Part(node.annotation)

    def _name(self, prefix: str, thing: object) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = thing
        return name

    # ── Collections ──────────────────────────────────────────────────────────

    def _array(self, node: ArrayNode) -> _Part:
        item = self.compile(node.item)
        factory: Any = node.factory
        annotation = factory[(item.annotation, ...)] if factory is tuple else factory[item.annotation]
        keys, write_item = item.keys, item.write
        if not keys and write_item is None:
            return _Part(annotation)

        def write(value: str) -> str:
            made = value
            if write_item is not None:
                made = f"[{write_item('item')} for item in {value}]"
                made = made if factory is list else f"{factory.__name__}({made})"
            return f"(add({keys} * len({value})) or {made})" if keys else made

        return _Part(annotation, 0, write)

    def _tuple(self, node: TupleNode) -> _Part:
        items = [self.compile(item) for item in node.items]
        annotation: Any = tuple
        annotation = annotation[tuple(item.annotation for item in items)]
        keys = sum(item.keys for item in items)
        if all(item.write is None for item in items):
            return _Part(annotation, keys)

        def write(value: str) -> str:
            made = [_written(item, f"{value}[{index}]") for index, item in enumerate(items)]
            return f"({', '.join(made)},)"

        return _Part(annotation, keys, write)

    def _map(self, node: MapNode) -> _Part:
        key, item = self.compile(node.key), self.compile(node.value)
        keys, write_item = 1 + item.keys, item.write

        def write(value: str) -> str:
            made = value
            if write_item is not None:
                made = f"{{key: {write_item('item')} for key, item in {value}.items()}}"
            return f"(add({keys} * len({value})) or {made})"

        annotation: Any = dict
        return _Part(annotation[key.annotation, item.annotation], 0, write)

    def _union(self, node: UnionNode) -> _Part:
        members = [(member, self.compile(member)) for member in node.members]
        annotation: Any = Union
        annotation = annotation[tuple(part.annotation for _, part in members)]
        # The members have different JSON types, so the class of the decoded value tells them apart.
        branches = [(self._test(member, part), part) for member, part in members if part.keys or part.write]
        if not branches:
            return _Part(annotation)

        def write(value: str) -> str:
            made = value
            for test, part in branches:
                counted = f"add({part.keys}) or " if part.keys else ""
                made = f"({counted}{_written(part, value)} if {test.format(value)} else {made})"
            return made

        return _Part(annotation, 0, write)

    def _test(self, member: Node, part: _Part) -> str:
        if isinstance(member, ModelNode) and member.kind != "typeddict":
            cls = part.annotation
            if isinstance(cls, ForwardRef):
                return f"type({{}}) is {cls.__forward_arg__}"
            return f"type({{}}) is {self._name('Class', getattr(cls, '__origin__', cls))}"
        return "type({}) is dict" if isinstance(member, MapNode | ModelNode) else "type({}) in (list, tuple)"

    # ── Models ───────────────────────────────────────────────────────────────

    def _model(self, node: ModelNode) -> _Part:
        known = self._parts.get(id(node))
        if known is not None:
            return known
        recursive = is_recursive(node)
        name = f"Twin{len(self._parts)}"
        if recursive:
            # Its fields mention it before it is made.
            self._parts[id(node)] = _Part(ForwardRef(name), 0, lambda value: f"make_{name}({value}, add)")
        parts = [(field, self.compile(field.node)) for field in node.fields]
        if not recursive and _is_fixed(node, parts):
            part = _Part(node.annotation, len(parts) + sum(part.keys for _, part in parts))
        else:
            part = self._make_model(node, parts, name, recursive=recursive)
        self._parts[id(node)] = part
        return part

    def _make_model(
        self, node: ModelNode, parts: list[tuple[ModelField, _Part]], name: str, *, recursive: bool
    ) -> _Part:
        if node.kind == "typeddict":
            twin, write, keys = self._typeddict(parts, name)
        else:
            twin = _make_struct(node, parts, name)
            keys = len(parts) + sum(part.keys for _, part in parts) + (node.tag is not None)
            write = self._writer(node, parts)
        self.names[name] = self._twins[name] = twin
        if not recursive and self._mentions[id(node)] == 1:
            return _Part(twin, keys, write)
        counted = f"add({keys}) or " if recursive and keys else ""
        self.lines += [f"def make_{name}(value, add):", f"    return {counted}{write('value')}"]
        return _Part(twin, 0 if recursive else keys, lambda value: f"make_{name}({value}, add)")

    def _typeddict(self, parts: list[tuple[ModelField, _Part]], name: str) -> tuple[type, Write, int]:
        hints = {
            field.key: part.annotation if field.required else _NOT_REQUIRED[part.annotation] for field, part in parts
        }
        twin: Any = TypedDict(name, hints)  # type: ignore[misc]
        lines = [f"def fill_{name}(value, add):", "    add(len(value))"]
        for field, part in parts:
            if not part.keys and part.write is None:
                continue
            indent = "    "
            if not field.required:
                lines.append(f"    if {field.key!r} in value:")
                indent += "    "
            if part.keys:
                lines.append(f"{indent}add({part.keys})")
            if part.write is not None:
                lines.append(f"{indent}value[{field.key!r}] = {part.write(f'value[{field.key!r}]')}")
        self.lines += [*lines, "    return value"]
        return twin, lambda value: f"fill_{name}({value}, add)", 0

    def _writer(self, node: ModelNode, parts: list[tuple[ModelField, _Part]]) -> Write:
        if not all(field.name.isidentifier() and not keyword.iskeyword(field.name) for field, _ in parts):
            raise NoTwinError(f"{node.name} has a field whose name cannot be written as an argument")
        construct = self._name("Model", node.cls)
        positional = _takes_positions(node.cls, [field.name for field, _ in parts])
        defaults = [self._write_default(field) for field, _ in parts]

        def write(value: str) -> str:
            arguments = []
            for index, ((field, part), default) in enumerate(zip(parts, defaults, strict=True)):
                sent = f"{value}.field_{index}"
                made = _written(part, sent)
                if not field.required:
                    made = f"{made} if {sent} is not UNSET else (add({-1 - part.keys}) or {default})"
                arguments.append(made if positional else f"{field.name}={made}")
            call = f"{construct}({', '.join(arguments)})"
            if node.tag is not None:
                return f"((add(-1) if {value}.tag is UNSET else None) or {call})"
            return call

        return write

    def _write_default(self, field: ModelField) -> str:
        if field.required:
            return ""
        if field.default is not UNSET:
            return self._name("default", field.default)
        if field.default_factory is None:
            raise NoTwinError(f"only the constructor knows the default of {field.name}")
        return f"{self._name('default', field.default_factory)}()"


def _written(part: _Part, value: str) -> str:
    return value if part.write is None else part.write(value)


def _is_fixed(node: ModelNode, parts: list[tuple[ModelField, _Part]]) -> bool:
    """Tell whether all values have the same number of keys, and msgspec makes them as they should be."""
    if not (node.native and node.faithful and node.tag is None):
        return False
    return all(field.required and part.write is None for field, part in parts)


def _make_struct(node: ModelNode, parts: list[tuple[ModelField, _Part]], name: str) -> type:
    msgspec: Any = find_extra("msgspec")
    fields: list[tuple[str, Any, Any]] = []
    for index, (field, part) in enumerate(parts):
        options = {} if field.required else {"default": UNSET}
        fields.append((f"field_{index}", part.annotation, msgspec.field(name=field.key, **options)))
    if node.tag is not None:
        key, tag = node.tag
        fields.append(("tag", Literal[tag], msgspec.field(name=key, default=UNSET)))
    # PERF: without garbage collection, since a twin is gone before it could be part of a circle (benchmarks/body.py).
    made: type = msgspec.defstruct(
        name, fields, kw_only=True, gc=False, forbid_unknown_fields=node.forbid_unknown, module=__name__
    )
    return made


def _takes_positions(cls: type, names: Iterable[str]) -> bool:
    """Tell whether the constructor takes exactly these arguments in this order, without their names."""
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):
        return False
    return [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD] == [*names]
