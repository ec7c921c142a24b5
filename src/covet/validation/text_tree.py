"""
Texts with names, put together into values with parts: what forms and queries bring for a model.

A tree is what names such as `address[city]` make of the texts behind them: the texts of one name, or a mapping with a
tree for each step. Every node becomes one closure, as in the plain engine, whose models are used here.
"""

from typing import Final

from covet.exceptions import ConfigurationError
from covet.introspection import type_name
from covet.validation.checks import constrained
from covet.validation.failures import MAX_ERRORS, Converter, Failed, Problem, fail
from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, ScalarNode, UnionNode
from covet.validation.plain import compile_plain
from covet.validation.plain_models import ModelCompiler
from covet.validation.pydantic_shape import make_shaped
from covet.validation.shape import parts_of
from covet.validation.text import compile_many, compile_text

TextTree = list[str] | dict[str, "TextTree"]
"""The texts of a name, or what stands behind each step of longer names."""

_MAX_INDEX_DIGITS: Final = 9


def compile_tree(node: Node) -> Converter:
    """
    Make the converter of a tree of texts.

    Raises:
        ConfigurationError: If texts cannot carry the type.

    Example:
        >>> from covet.validation.analysis import analyze
        >>> compile_tree(analyze(dict[str, int]))({"a": ["1"], "b": ["2", "3"]})
        {'a': 1, 'b': 3}
    """
    return _Compiler().compile(node)


class _Compiler:
    """Makes closures, and that of each model only once, so that recursion ends."""

    def __init__(self) -> None:
        self._models = ModelCompiler(self.compile)

    def compile(self, node: Node) -> Converter:
        """Make the converter of any node."""
        many = compile_many(node)
        if many is not None:
            return _take_texts(many)  # type: ignore[arg-type] # it is given a list of texts
        text = compile_text(node)
        if text is not None:
            return _take_last(text)  # type: ignore[arg-type] # it is given a text
        return constrained(self._compile(node), node)

    def _compile(self, node: Node) -> Converter:
        if isinstance(node, ModelNode):
            return self._compile_model(node)
        if isinstance(node, ArrayNode):
            return self._make_array(node)
        if isinstance(node, MapNode):
            return self._make_map(node)
        if isinstance(node, UnionNode):
            members = [member for member in node.members if not _is_none(member)]
            if len(members) == 1:
                return self.compile(members[0])
            raise ConfigurationError(
                f"Texts cannot tell the members of {type_name(node.annotation)} apart.",
                hint="Keep one model, or take the value from a JSON body.",
            )
        raise ConfigurationError(
            f"Texts cannot carry {type_name(node.annotation)}.",
            hint="Use what text can spell, a list of that, or a model of these.",
        )

    def _compile_model(self, node: ModelNode) -> Converter:
        if node.kind == "pydantic":
            return make_shaped(node)
        if node.as_array and node.kind != "namedtuple":
            raise ConfigurationError(
                f"{node.name} is written as an array, which has no names.", hint="Leave out array_like=True."
            )
        return self._models.compile(node)

    def _make_array(self, node: ArrayNode) -> Converter:
        item = self.compile(node.item)
        collect = compile_plain(
            ArrayNode(annotation=node.annotation, item=ScalarNode(annotation=None, kind="any"), factory=node.factory)
        )

        def convert(value: object) -> object:
            entries = _order(value)
            if entries is None:
                return fail("must be numbered, as in name[0]", "list_type")
            values = []
            problems: list[Problem] = []
            for key, entry in entries:
                converted = item(entry)
                if isinstance(converted, Failed):
                    problems.extend(converted.at(key))
                    if len(problems) >= MAX_ERRORS:
                        break
                values.append(converted)
            return Failed(problems[:MAX_ERRORS]) if problems else collect(values)

        return convert

    def _make_map(self, node: MapNode) -> Converter:
        read_key, read_value = compile_text(node.key), self.compile(node.value)
        if read_key is None:
            raise ConfigurationError(f"Texts cannot spell the keys of {type_name(node.annotation)}.")

        def convert(value: object) -> object:
            if not isinstance(value, dict):
                return fail("must be given by names, as in name[key]", "dict_type")
            made: dict[object, object] = {}
            problems: list[Problem] = []
            for name, entry in value.items():
                key, converted = read_key(name), read_value(entry)
                for part in (key, converted):
                    if isinstance(part, Failed):
                        problems.extend(part.at(name))
                if len(problems) >= MAX_ERRORS:
                    break
                if not problems:
                    made[key] = converted
            return Failed(problems[:MAX_ERRORS]) if problems else made

        return convert


def _is_none(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.kind == "none"


def _take_last(read: Converter) -> Converter:
    def convert(value: object) -> object:
        # Whoever makes a name both a text and the beginning of longer names is told so.
        return read(value[-1]) if isinstance(value, list) else fail("must be one value", "text_type")

    return convert


def _take_texts(read: Converter) -> Converter:
    def convert(value: object) -> object:
        if isinstance(value, list):
            return read(value)
        texts: list[str] = []
        entries = _order(value, allows_plain=True)
        for _, entry in entries or ():
            if not isinstance(entry, list):
                entries = None
                break
            texts += entry
        return fail("must be a list of values", "list_type") if entries is None else read(texts)

    return convert


def _order(value: object, *, allows_plain: bool = False) -> list[tuple[int, TextTree]] | None:
    """List what stands behind `[0]`, `[1]` in that order, or behind `[]`; `None` if there are other names."""
    if not isinstance(value, dict):
        return None
    if allows_plain and value.keys() == {""}:
        return [(0, value[""])]
    if not all(key.isdigit() and key.isascii() and len(key) <= _MAX_INDEX_DIGITS for key in value):
        return None
    # Gaps close: nobody makes a long list by one large number.
    ordered = sorted(value.items(), key=lambda item: int(item[0]))
    return [(index, entry) for index, (_, entry) in enumerate(ordered)]


def forbid_unknown(node: Node) -> None:
    """
    Let all models of a tree of nodes refuse names that they do not have.

    Args:
        node: The type, analysed for this purpose alone.
    """
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, ModelNode):
                node.forbid_unknown = True
            waiting += parts_of(node)


__all__ = ["TextTree", "compile_tree", "forbid_unknown"]
