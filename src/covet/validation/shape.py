"""
Questions about a tree as a whole: of nodes, or of the builtins that JSON becomes.
"""

from collections.abc import Iterator
from typing import Any

from covet.validation.nodes import ArrayNode, ChoiceNode, MapNode, ModelNode, Node, ScalarNode, TupleNode, UnionNode


def parts_of(node: Node) -> list[Node]:
    """
    List the nodes right below a node.

    Example:
        >>> parts_of(ScalarNode(annotation=int, kind="int"))
        []
    """
    if isinstance(node, ArrayNode):
        return [node.item]
    if isinstance(node, TupleNode):
        return list(node.items)
    if isinstance(node, MapNode):
        return [node.key, node.value]
    if isinstance(node, UnionNode):
        return list(node.members)
    return [field.node for field in node.fields] if isinstance(node, ModelNode) else []


_SIMPLE_CLASSES: dict[str, type] = {"bool": bool, "int": int, "str": str, "none": type(None)}


def simple_class(node: Node) -> type | None:
    """
    Name the builtin class whose every instance is a value of the type; `None` if there is more to ask.

    Example:
        >>> simple_class(ScalarNode(annotation=int, kind="int"))
        <class 'int'>
    """
    if isinstance(node, ScalarNode) and not any(constraints.checks for constraints in node.constraints):
        return _SIMPLE_CLASSES.get(node.kind)
    return None


Tag = tuple[str, dict[tuple[type, object], int]]


def find_tag(members: tuple[Node, ...]) -> Tag | None:
    """
    Find the key whose fixed values tell all the models of a union apart, and the position of each value's model.

    Example:
        >>> find_tag((ScalarNode(annotation=int, kind="int"),)) is None
        True
    """
    models = [(position, member) for position, member in enumerate(members) if isinstance(member, ModelNode)]
    if len(models) < 2:
        return None
    offered = [_fixed_fields(model) for _, model in models]
    for key in offered[0]:
        if not all(key in fields for fields in offered):
            continue
        table: dict[tuple[type, object], int] = {}
        total = 0
        for fields, (position, _) in zip(offered, models, strict=True):
            table.update({(value.__class__, value): position for value in fields[key]})
            total += len(fields[key])
        if len(table) == total and all(cls in {str, int, bool} for cls, _ in table):
            return key, table
    return None


def _fixed_fields(model: ModelNode) -> dict[str, list[object]]:
    if model.as_array:
        return {}
    if model.tag is not None:
        return {model.tag[0]: [model.tag[1]]}
    return {
        field.key: [sent for sent, _ in field.node.values]
        for field in model.fields
        if field.required and isinstance(field.node, ChoiceNode)
    }


def find_ambiguous_recursion(node: Node) -> UnionNode | None:
    """
    Find a union that contains itself through two members which cannot be told apart.

    Trying both on each level would double the work with every level of the input.

    Example:
        >>> find_ambiguous_recursion(ScalarNode(annotation=int, kind="int")) is None
        True
    """
    for union in _walk(node, set()):
        if not isinstance(union, UnionNode):
            continue
        tagged = find_tag(union.members) is not None
        objects = [m for m in union.members if isinstance(m, MapNode) or (isinstance(m, ModelNode) and not tagged)]
        arrays = [m for m in union.members if isinstance(m, ArrayNode | TupleNode)]
        for group in (objects, arrays):
            if len(group) > 1 and any(union in _walk(member, set()) for member in group):
                return union
    return None


def _walk(node: Node, entered: set[int]) -> Iterator[Node]:
    if id(node) not in entered:
        entered.add(id(node))
        yield node
        for part in parts_of(node):
            yield from _walk(part, entered)


def is_recursive(model: ModelNode) -> bool:
    """
    Tell whether values of a model can contain values of the same model.

    Example:
        >>> is_recursive(ModelNode(annotation=object, cls=object, kind="struct", name="Empty"))
        False
    """
    entered: set[int] = set()
    return any(part is model for below in parts_of(model) for part in _walk(below, entered))


def count_mentions(node: Node) -> dict[int, int]:
    """
    Count how often each node is mentioned in a tree, by the identity of the node.

    Example:
        >>> list(count_mentions(ScalarNode(annotation=int, kind="int")).values())
        [1]
    """
    mentions = {id(node): 1}
    for part in _walk(node, set()):
        for below in parts_of(part):
            mentions[id(below)] = mentions.get(id(below), 0) + 1
    return mentions


def contains_decimal(node: Node) -> bool:
    """
    Tell whether a number of the input may become a `Decimal`.

    Example:
        >>> contains_decimal(ScalarNode(annotation=int, kind="int"))
        False
    """
    return any(isinstance(part, ScalarNode) and part.kind == "decimal" for part in _walk(node, set()))


def count_keys(value: Any) -> int:
    """
    Count the keys in a value of builtins.

    Example:
        >>> count_keys({"a": [{"b": 1}], "c": {}}), count_keys(7)
        (3, 0)
    """
    keys = 0
    level: list[Any] = [value] if type(value) is dict or type(value) is list else []
    # Level by level instead of by recursion: no Python call per container.
    while level:
        below: list[Any] = []
        for container in level:
            if type(container) is dict:
                keys += len(container)
                container = container.values()  # noqa: PLW2901 - the same loop serves both
            below += [item for item in container if type(item) is dict or type(item) is list]
        level = below
    return keys
