"""
Questions about a tree of nodes as a whole.
"""

from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, ScalarNode, TupleNode, UnionNode


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


def contains_decimal(node: Node) -> bool:
    """
    Tell whether a number of the input may become a `Decimal`.

    Example:
        >>> contains_decimal(ScalarNode(annotation=int, kind="int"))
        False
    """
    return _contains_decimal(node, set())


def _contains_decimal(node: Node, entered: set[int]) -> bool:
    if id(node) in entered:
        return False
    entered.add(id(node))
    if isinstance(node, ScalarNode):
        return node.kind == "decimal"
    return any(_contains_decimal(part, entered) for part in parts_of(node))
