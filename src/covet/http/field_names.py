"""
The names of fields that say where their value belongs: `address[city]`, `address.city`, `items[0][name]`.
"""

import re
from collections.abc import Container, Iterable
from typing import Final

from covet.exceptions import BadRequestError

# The texts of a name, or what stands behind each step of longer names.
FieldTree = list[str] | dict[str, "FieldTree"]

MAX_STEPS: Final = 16
"""How many steps a name may have."""

_FIRST: Final = re.compile(r"[^.\[\]]++")
_STEP: Final = re.compile(r"\.([^.\[\]]++)|\[([^\[\]]*+)\]")
_BRACKETED: Final = re.compile(r"()\[([^\[\]]*+)\]")


def split_field_name(name: str, *, allows_dots: bool = True) -> tuple[str, ...]:
    """
    Split a name into its steps; one that is not built of steps is one step.

    Args:
        name: The name.
        allows_dots: Whether `a.b` means the same as `a[b]`.

    Raises:
        BadRequestError: If it has too many steps: what it brings must not be dropped without a word.

    Example:
        >>> split_field_name("items[0].name"), split_field_name("tags[]"), split_field_name("a[b")
        (('items', '0', 'name'), ('tags', ''), ('a[b',))
    """
    if "[" not in name and (not allows_dots or "." not in name):
        return (name,)
    first = _FIRST.match(name) if allows_dots else re.match(r"[^\[\]]++", name)
    if first is None:
        return (name,)
    pattern = _STEP if allows_dots else _BRACKETED
    steps = [first[0]]
    position = first.end()
    while position < len(name):
        step = pattern.match(name, position)
        if step is None:
            return (name,)
        if len(steps) == MAX_STEPS:
            raise BadRequestError(f"The name of a field has more than {MAX_STEPS} steps.")
        steps.append(step[1] or step[2] or "")
        position = step.end()
    return tuple(steps)


def build_field_tree(
    pairs: Iterable[tuple[str, str]], *, allows_dots: bool = True, plain: Container[str] = ()
) -> dict[str, FieldTree]:
    """
    Put fields where their names say.

    A name that is both a field and the beginning of longer names is the beginning; whoever wants a text there finds
    something else.

    Args:
        pairs: Names and values.
        allows_dots: Whether `a.b` means the same as `a[b]`.
        plain: Names that are not split, whatever they look like.

    Raises:
        BadRequestError: If a name has too many steps.

    Example:
        >>> build_field_tree([("a[b]", "1"), ("a.c", "2"), ("d", "3"), ("d", "4")])
        {'a': {'b': ['1'], 'c': ['2']}, 'd': ['3', '4']}
    """
    tree: dict[str, FieldTree] = {}
    for name, value in pairs:
        *steps, last = (name,) if name in plain else split_field_name(name, allows_dots=allows_dots)
        branch = tree
        for step in steps:
            below = branch.get(step)
            if not isinstance(below, dict):
                below = branch[step] = {}
            branch = below
        texts = branch.setdefault(last, [])
        if isinstance(texts, list):
            texts.append(value)
    return tree


__all__ = ["MAX_STEPS", "FieldTree", "build_field_tree", "split_field_name"]
