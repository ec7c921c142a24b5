"""
Empty texts: what forms send for a field that nobody filled in.

Where a type has no empty text, such as a number, and there is a default, the field counts as not given. A type that an
empty text can be, such as `str`, keeps it.
"""

from collections.abc import Callable
from typing import NamedTuple

from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, TupleNode, UnionNode
from covet.validation.pydantic_shape import analyze_field, list_pydantic_fields
from covet.validation.text import may_be_blank
from covet.validation.text_tree import TextTree

DropBlanks = Callable[[TextTree], TextTree]
"""Leaves out of a tree of texts the fields that are blank."""


def compile_blanks(node: Node) -> DropBlanks | None:
    """
    Make what leaves blank fields out of the texts of a model; `None` if it has no field that could be.

    Example:
        >>> from dataclasses import dataclass
        >>> from covet.validation.analysis import analyze
        >>> @dataclass
        ... class Person:
        ...     name: str
        ...     age: int | None = None
        >>> drop = compile_blanks(analyze(Person))
        >>> drop({"name": [""], "age": [""]})
        {'name': ['']}
    """
    return _Compiler().compile(node)


class _Field(NamedTuple):
    is_list: bool
    is_droppable: bool
    drop: DropBlanks | None


class _Compiler:
    """Makes closures, and that of each model only once, so that recursion ends."""

    def __init__(self) -> None:
        self._made: dict[type, list[DropBlanks | None]] = {}

    def compile(self, node: Node) -> DropBlanks | None:
        """Make what drops the blank fields below a node; `None` if there can be none."""
        if isinstance(node, ModelNode):
            return self._compile_model(node)
        if isinstance(node, ArrayNode | MapNode):
            return _drop_in_each(self.compile(node.item if isinstance(node, ArrayNode) else node.value))
        if isinstance(node, UnionNode):
            found = [drop for member in node.members if (drop := self.compile(member)) is not None]
            return found[0] if len(found) == 1 else None
        return None

    def _compile_model(self, node: ModelNode) -> DropBlanks | None:
        known = self._made.get(node.cls)
        if known is not None:
            return _drop_later(known)
        slot = self._made[node.cls] = []
        fields: dict[str, _Field] = {}
        for key, part, is_required in _list_fields(node):
            drop = self.compile(part)
            is_droppable = not is_required and not may_be_blank(part)
            if is_droppable or drop is not None:
                fields[key] = _Field(_is_list(part), is_droppable, drop)
        made = _drop_in_fields(fields) if fields else None
        slot.append(made)
        return made


def _list_fields(node: ModelNode) -> list[tuple[str, Node, bool]]:
    if node.kind != "pydantic":
        return [(field.key, field.node, field.required) for field in node.fields]
    return [(field.key, analyze_field(field.annotation), field.is_required) for field in list_pydantic_fields(node.cls)]


def _is_list(node: Node) -> bool:
    members = node.members if isinstance(node, UnionNode) else (node,)
    return any(isinstance(member, ArrayNode | TupleNode) for member in members)


def _is_blank(tree: TextTree, *, is_list: bool) -> bool:
    if isinstance(tree, list):
        return not any(tree) if is_list else not tree[-1]
    # As in a[]= and a[0]=.
    return is_list and all(_is_blank(part, is_list=True) for part in tree.values())


def _drop_in_fields(fields: dict[str, _Field]) -> DropBlanks:
    def drop(tree: TextTree) -> TextTree:
        if not isinstance(tree, dict):
            return tree
        left: dict[str, TextTree] = {}
        for key, part in tree.items():
            field = fields.get(key)
            if field is None:
                left[key] = part
            elif not (field.is_droppable and _is_blank(part, is_list=field.is_list)):
                left[key] = part if field.drop is None else field.drop(part)
        return left

    return drop


def _drop_in_each(drop: DropBlanks | None) -> DropBlanks | None:
    if drop is None:
        return None
    return lambda tree: {key: drop(part) for key, part in tree.items()} if isinstance(tree, dict) else tree


def _drop_later(slot: list[DropBlanks | None]) -> DropBlanks:
    def drop(tree: TextTree) -> TextTree:
        made = slot[0]
        return tree if made is None else made(tree)

    return drop


__all__ = ["DropBlanks", "compile_blanks"]
