"""
The plain engine: builtins, as JSON or MessagePack give them, to values. It is the reference of what is accepted.

Every node becomes one closure, made at start-up. A closure gives back the value or a `Failed` with all problems.
Nothing here needs a library, except the one that a model itself is made with.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from covet.validation.checks import constrained
from covet.validation.failures import MAX_ERRORS, Converter, Failed, Problem, fail
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
from covet.validation.plain_models import ModelCompiler
from covet.validation.plain_union import make_union
from covet.validation.scalars import READERS, read_key_int, write_bytes
from covet.validation.shape import simple_class
from covet.validation.strict_json import ExactFloat


def compile_plain(node: Node) -> Converter:
    """
    Make the converter of a type.

    Example:
        >>> compile_plain(ScalarNode(annotation=int, kind="int"))(7)
        7
    """
    return _Compiler().compile(node)


class _Compiler:
    """Makes closures, and makes the one of each model only once, so that recursion ends."""

    def __init__(self) -> None:
        self._models = ModelCompiler(self.compile)

    def compile(self, node: Node) -> Converter:
        """Make the converter of any node."""
        return constrained(self._compile(node), node)

    def _compile(self, node: Node) -> Converter:
        if isinstance(node, ScalarNode):
            return _make_scalar(node)
        if isinstance(node, ChoiceNode):
            return _make_choice(node)
        if isinstance(node, ArrayNode):
            return _make_array(node, self.compile(node.item))
        if isinstance(node, TupleNode):
            return _make_tuple([self.compile(item) for item in node.items])
        if isinstance(node, MapNode):
            return _make_map(_make_key(node.key, self.compile), self.compile(node.value))
        if isinstance(node, UnionNode):
            return make_union(node, [self.compile(member) for member in node.members])
        if isinstance(node, ModelNode):
            return self._models.compile(node)
        raise TypeError(f"no converter for {type(node).__name__}")


# ── Scalars ──────────────────────────────────────────────────────────────────


def _make_scalar(node: ScalarNode) -> Converter:
    simple = _SIMPLE.get(node.kind)
    if simple is not None:
        return simple
    if node.kind == "path":
        return _make_path(node.factory or str)
    return _make_reader(node.kind, _BUILT[node.kind])


def _accept(value: object) -> object:
    return value


def _none(value: object) -> object:
    return None if value is None else fail("must be null", "none_type")


def _bool(value: object) -> object:
    return value if type(value) is bool else fail("must be true or false", "bool_type")


def _int(value: object) -> object:
    return value if type(value) is int else fail("must be an integer", "int_type")


def _float(value: Any) -> object:
    if type(value) is float:
        return value if isfinite(value) else fail("must be a finite number", "finite_number")
    if type(value) is int or type(value) is ExactFloat:
        try:
            return float(value)
        except OverflowError:
            return fail("must be a finite number", "finite_number")
    return fail("must be a number", "float_type")


def _str(value: object) -> object:
    return value if type(value) is str else fail("must be a string", "string_type")


def _decimal(value: Any) -> object:
    if type(value) is str:
        read = READERS["decimal"][0](value)
        if read is not None:
            return read
    elif type(value) is int:
        return Decimal(value)
    elif type(value) is float and isfinite(value):
        return Decimal(repr(value))
    elif type(value) is ExactFloat:
        return Decimal(value.text)
    elif type(value) is Decimal and value.is_finite():
        return value
    return fail("must be a decimal number", "decimal_type")


_SIMPLE: dict[str, Converter] = {
    "any": _accept,
    "none": _none,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "str": _str,
    "decimal": _decimal,
}

# MessagePack carries some of these as themselves.
_BUILT: dict[str, type] = {
    "bytes": bytes,
    "datetime": datetime,
    "date": date,
    "time": time,
    "timedelta": timedelta,
    "uuid": UUID,
}


def _make_reader(kind: str, built: type) -> Converter:
    read, message, type_ = READERS[kind]

    def convert(value: Any) -> object:
        if type(value) is str:
            result = read(value)
            if result is not None:
                return result
        elif type(value) is built:
            return value
        return fail(message, type_)

    return convert


def _make_path(factory: Callable[[str], object]) -> Converter:
    def convert(value: Any) -> object:
        if type(value) is not str or "\0" in value:
            return fail("must be a path", "path_type")
        return factory(value)

    return convert


# ── Choices ──────────────────────────────────────────────────────────────────


def make_choice_message(node: ChoiceNode) -> tuple[str, str]:
    """
    Write what was expected of a choice, and the word of it.

    Example:
        >>> make_choice_message(ChoiceNode(annotation=None, values=(("a", "a"), (1, 1))))
        ("must be one of: 'a', 1", 'literal')
    """
    names = {None: "null", True: "true", False: "false"}
    texts = [names[sent] if sent is None or sent is True or sent is False else repr(sent) for sent, _ in node.values]
    return f"must be one of: {', '.join(texts)}", "enum" if node.enum is not None else "literal"


def _make_choice(node: ChoiceNode) -> Converter:
    message, type_ = make_choice_message(node)
    # True == 1 == 1.0 in Python and not in JSON: the class is part of the key.
    table = {(sent.__class__, sent): value for sent, value in node.values}
    for sent, value in node.values:
        if isinstance(sent, bytes):
            table.setdefault((str, write_bytes(sent)), value)
    missing = _make_missing(node)

    def convert(value: Any) -> object:
        cls = value.__class__
        if cls in _CHOICE_CLASSES:
            found = table.get((cls, value), table)
            if found is not table:
                return found
            if missing is not None:
                found = missing(value)
                if found is not None:
                    return found
        return fail(message, type_)

    return convert


_CHOICE_CLASSES = frozenset({str, int, float, bool, bytes, type(None)})


def _make_missing(node: ChoiceNode) -> Callable[[object], object] | None:
    """Respect an enumeration's own `_missing_`, which may know further spellings."""
    enum = node.enum
    if enum is None or "_missing_" not in {name for cls in enum.__mro__[:-1] for name in _own_names(cls)}:
        return None
    classes = {sent.__class__ for sent, _ in node.values}

    def missing(value: object) -> object:
        if value.__class__ not in classes:
            return None
        try:
            return enum(value)
        except (ValueError, TypeError):
            return None

    return missing


def _own_names(cls: type) -> list[str]:
    return [] if cls.__module__ == "enum" else list(vars(cls))


# ── Collections ──────────────────────────────────────────────────────────────


def _make_array(node: ArrayNode, item: Converter) -> Converter:
    factory = node.factory
    hashing = factory in {set, frozenset}
    simple = simple_class(node.item)

    def convert(value: Any) -> object:
        if type(value) is not list and type(value) is not tuple:
            return fail("must be an array", "list_type")
        # PERF: one pass in C over an array of numbers or strings (benchmarks/body.py, six errors).
        if simple is not None and {*map(type, value)} <= {simple}:
            return factory(value)
        result: list[object] = []
        for entry in value:
            converted = item(entry)
            if type(converted) is Failed:
                return _collect(converted, value, len(result), item)
            result.append(converted)
        if factory is list:
            return result
        if not hashing:
            return factory(result)
        try:
            return factory(result)
        except TypeError:
            return fail("must have items that can be told apart by value", "set_item")

    return convert


def _collect(first: Any, values: Sequence[object], start: int, item: Converter) -> Failed:
    """Go on after the first failure, for the report only; nothing is converted twice."""
    problems: list[Problem] = first.at(start)
    for index in range(start + 1, len(values)):
        if len(problems) >= MAX_ERRORS:
            break
        converted = item(values[index])
        if isinstance(converted, Failed):
            problems += converted.at(index)
    return Failed(problems)


def _make_tuple(items: list[Converter]) -> Converter:
    length = len(items)
    message = f"must be an array of {length} items" if length != 1 else "must be an array of 1 item"

    def convert(value: Any) -> object:
        if type(value) is not list and type(value) is not tuple:
            return fail("must be an array", "tuple_type")
        if len(value) != length:
            return fail(message, "tuple_length")
        results = []
        problems: list[Problem] = []
        for index, (item, entry) in enumerate(zip(items, value, strict=True)):
            converted = item(entry)
            if isinstance(converted, Failed):
                problems.extend(converted.at(index))
            results.append(converted)
        return Failed(problems) if problems else tuple(results)

    return convert


def _make_map(key: Converter, item: Converter) -> Converter:
    def convert(value: Any) -> object:
        if type(value) is not dict:
            return fail("must be an object", "dict_type")
        result: dict[object, object] = {}
        problems: list[Problem] = []
        for name, entry in value.items():
            converted_key = key(name)
            if isinstance(converted_key, Failed):
                for problem in converted_key.problems:
                    problem.message = f"has a key that {problem.message}"
                problems.extend(converted_key.at(name if isinstance(name, str) else str(name)))
            converted = item(entry)
            if isinstance(converted, Failed):
                problems.extend(converted.at(name if isinstance(name, str) else str(name)))
            elif not problems:
                result[converted_key] = converted
            if len(problems) >= MAX_ERRORS:
                break
        return Failed(problems) if problems else result

    return convert


def _make_key(node: Node, compile_node: Callable[[Node], Converter]) -> Converter:
    """Make the converter of a key: JSON writes every key as a string, a number too."""
    if isinstance(node, UnionNode):
        members = [_make_key(member, compile_node) for member in node.members]
        # A string stays one where a string is allowed: the other types only read what is left.
        strings = [index for index, member in enumerate(node.members) if _is_string(member)]
        ordered = [members[index] for index in strings] + [
            member for index, member in enumerate(members) if index not in strings
        ]
        return make_union(node, ordered)
    direct = compile_node(node)
    if isinstance(node, ScalarNode) and node.kind in {"int", "float"}:
        read: Callable[[str], object] = read_key_int if node.kind == "int" else READERS["float"][0]
    elif isinstance(node, ChoiceNode) and any(type(sent) is int for sent, _ in node.values):
        texts = {str(sent): sent for sent, _ in node.values if type(sent) is int}
        read = texts.get
    else:
        return direct

    def convert(value: Any) -> object:
        if type(value) is str:
            number = read(value)
            if number is not None:
                return direct(number)
        return direct(value)

    return convert


def _is_string(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.kind in {"str", "any"}
