"""
Nodes are plain descriptions that are told apart by identity.
"""

from covet.types import UNSET
from covet.validation.nodes import ModelField, ModelNode, ScalarNode


def test_equal_descriptions_are_different_nodes() -> None:
    """A node stands for its place in a tree: two fields of one type are two nodes."""
    first, second = ScalarNode(annotation=int, kind="int"), ScalarNode(annotation=int, kind="int")

    assert first != second
    assert len({first, second}) == 2


def test_a_recursive_model_can_be_compared_and_hashed() -> None:
    """Neither walks through the fields, which would never end."""
    model = ModelNode(annotation=object, cls=object, kind="struct", name="Loop")
    model.fields = (ModelField("self", "self", "self", model, required=True),)

    same = model

    assert model == same
    assert {model: 1}[model] == 1


def test_a_field_without_a_default_says_so() -> None:
    """`None` is a default like any other."""
    node = ScalarNode(annotation=int, kind="int")

    assert ModelField("a", "a", "a", node, required=True).default is UNSET
    assert ModelField("a", "a", "a", node, required=False, default=None).default is None
