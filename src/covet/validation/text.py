"""
One string, or several, to a value: what queries, paths, headers, cookies and form fields carry.

Text has no types of its own, so more spellings are read here than in JSON: "1" is an integer, "yes" is true. A string
never means null: a parameter that is absent takes its default instead.
"""

from collections.abc import Callable, Sequence
from typing import Any

from covet.validation.checks import constrained
from covet.validation.failures import MAX_ERRORS, Converter, Failed, Problem, TextConverter, fail
from covet.validation.nodes import ArrayNode, ChoiceNode, Node, ScalarNode, TupleNode, UnionNode
from covet.validation.plain import compile_plain, make_choice_message
from covet.validation.scalars import READERS, read_int

ManyConverter = Callable[[Sequence[str]], object]


def compile_text(node: Node) -> TextConverter | None:
    """
    Make the reader of one string; `None` if a string cannot carry the type.

    Example:
        >>> compile_text(ScalarNode(annotation=int, kind="int"))("7")
        7
    """
    made = _compile(node)
    if made is None:
        return None
    # The checks ask the finished value: what it was made from does not matter to them.
    untyped: Any = made
    checked: Any = constrained(untyped, node)
    return checked  # type: ignore[no-any-return]


def compile_many(node: Node) -> ManyConverter | None:
    """
    Make the reader of a repeated string; `None` if the type is no collection that strings can fill.

    Example:
        >>> item = ScalarNode(annotation=int, kind="int")
        >>> compile_many(ArrayNode(annotation=list[int], item=item, factory=list))(["1", "2"])
        [1, 2]
    """
    if isinstance(node, UnionNode):
        made = [many for member in node.members if (many := compile_many(member)) is not None]
        return made[0] if len(made) == 1 else None
    if isinstance(node, ArrayNode):
        item = compile_text(node.item)
        many = None if item is None else _make_items(item, compile_plain(_of_anything(node)))
    elif isinstance(node, TupleNode):
        items = [compile_text(item) for item in node.items]
        many = _make_tuple([item for item in items if item is not None]) if None not in items else None
    else:
        return None
    if many is None:
        return None
    untyped: Any = many
    checked: Any = constrained(untyped, node)
    return checked  # type: ignore[no-any-return]


def may_be_blank(node: Node) -> bool:
    """
    Tell whether an empty text can be meant as a value of a type, or of the items of a list.

    Example:
        >>> may_be_blank(ScalarNode(annotation=str, kind="str")), may_be_blank(ScalarNode(annotation=int, kind="int"))
        (True, False)
    """
    if isinstance(node, ArrayNode):
        return may_be_blank(node.item)
    if isinstance(node, TupleNode | UnionNode):
        return any(may_be_blank(part) for part in (node.items if isinstance(node, TupleNode) else node.members))
    if isinstance(node, ScalarNode):
        # Whatever its limits say: who limits a text wants to hear that it is too short.
        return node.kind in {"str", "any", "path", "bytes"}
    if isinstance(node, ChoiceNode):
        read = compile_text(node)
        return read is None or not isinstance(read(""), Failed)
    return True


def _compile(node: Node) -> TextConverter | None:
    if isinstance(node, ScalarNode):
        return _make_scalar(node)
    if isinstance(node, ChoiceNode):
        return _make_choice(node)
    if isinstance(node, UnionNode):
        return _make_union(node)
    return None


def _make_scalar(node: ScalarNode) -> TextConverter | None:
    if node.kind in {"str", "any"}:
        return lambda text: text
    if node.kind == "none":
        return None
    if node.kind == "path":
        plain: Converter = compile_plain(ScalarNode(annotation=node.annotation, kind="path", factory=node.factory))
        return plain
    read, message, type_ = READERS[node.kind]

    def convert(text: str) -> object:
        value = read(text)
        return fail(message, type_) if value is None else value

    return convert


def _make_choice(node: ChoiceNode) -> TextConverter | None:
    plain = compile_plain(ChoiceNode(annotation=node.annotation, values=node.values, enum=node.enum))
    message, type_ = make_choice_message(node)
    kinds = {sent.__class__ for sent, _ in node.values} - {type(None)}
    if not kinds:
        return None

    def convert(text: str) -> object:
        # The spelling itself comes first; "1" can also mean the member whose value is 1.
        for candidate in _spellings(text, kinds):
            value = plain(candidate)
            if type(value) is not Failed:
                return value
        return fail(message, type_)

    return convert


def _spellings(text: str, kinds: set[type]) -> list[object]:
    found: list[object] = [text] if kinds & {str, bytes} else []
    for kind, name in ((int, "int"), (float, "float"), (bool, "bool")):
        if kind in kinds:
            value = READERS[name][0](text)
            if value is not None:
                found.append(value)
    return found


def _make_union(node: UnionNode) -> TextConverter | None:
    # A string accepts everything, so it is asked last.
    ordered = sorted(node.members, key=_is_text)
    members = [reader for member in ordered if (reader := compile_text(member)) is not None]
    if not members:
        return None
    if len(members) == 1:
        return members[0]

    def convert(text: str) -> object:
        failures: list[Failed] = []
        for member in members:
            value = member(text)
            if not isinstance(value, Failed):
                return value
            failures.append(value)
        wrong = [failure for failure in failures if not failure.problems[0].type.endswith("_type")]
        if len(wrong) == 1:
            return wrong[0]
        expected = " or ".join(dict.fromkeys(failure.problems[0].message for failure in failures))
        return fail(expected, "union")

    return convert


def _is_text(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.kind in {"str", "any", "path"}


# ── Repeated strings ─────────────────────────────────────────────────────────


def _of_anything(node: ArrayNode) -> ArrayNode:
    return ArrayNode(annotation=node.annotation, item=ScalarNode(annotation=Any, kind="any"), factory=node.factory)


def _make_items(item: TextConverter, collect: Converter) -> ManyConverter:
    def convert(texts: Sequence[str]) -> object:
        values = []
        problems: list[Problem] = []
        for index, text in enumerate(texts):
            value = item(text)
            if isinstance(value, Failed):
                problems.extend(value.at(index))
                if len(problems) >= MAX_ERRORS:
                    break
            values.append(value)
        return Failed(problems) if problems else collect(values)

    return convert


def _make_tuple(items: list[TextConverter]) -> ManyConverter:
    def convert(texts: Sequence[str]) -> object:
        if len(texts) != len(items):
            return fail(f"must be given {len(items)} times", "tuple_length")
        values = []
        problems: list[Problem] = []
        for index, (item, text) in enumerate(zip(items, texts, strict=True)):
            value = item(text)
            if isinstance(value, Failed):
                problems.extend(value.at(index))
            values.append(value)
        return Failed(problems) if problems else tuple(values)

    return convert


# ── The shortest way ─────────────────────────────────────────────────────────


def read_int_fast(text: str) -> int:
    """
    Read an integer without a sign at once, anything else with care.

    Raises:
        ValueError: If it is no integer.
        BadRequestError: If it has too many digits.

    Example:
        >>> read_int_fast("42")
        42
    """
    # Two C calls instead of a regular expression; nearly every integer in a path is like this.
    if text.isdigit() and text.isascii() and len(text) < 4300:
        return int(text)
    value = read_int(text)
    if value is None:
        raise ValueError("must be an integer")
    return value


def make_fast(node: Node, convert: TextConverter) -> Callable[[str], object]:
    """
    Make the reader that generated code calls: it raises `ValueError` and says nothing more.

    Example:
        >>> make_fast(ScalarNode(annotation=int, kind="int"), read_int) is read_int_fast
        True
    """
    if isinstance(node, ScalarNode) and not node.constraints:
        if node.kind == "int":
            return read_int_fast
        if node.kind in {"str", "any"}:
            return str

    def read(text: str) -> object:
        value = convert(text)
        if type(value) is Failed:
            raise ValueError("not a value of this type")
        return value

    return read
