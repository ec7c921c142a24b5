"""
Tests of the annotations of classes: inheritance, generics, and what cannot be resolved.
"""

import dataclasses
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import pytest

from covet.class_annotations import class_type_hints
from covet.exceptions import ConfigurationError

T = TypeVar("T")
U = TypeVar("U")


@dataclasses.dataclass
class Page(Generic[T]):
    """
    A generic model.
    """

    items: list[T]
    first: T | None = None


@dataclasses.dataclass
class Named(Page[U], Generic[U, T]):
    """
    A generic model of a generic model, with its variables in another order.
    """

    name: "T | None" = None


class Numbers(Page[int]):
    """
    A model whose base has its variables filled.
    """


class Typed(TypedDict, Generic[T]):
    """
    A generic dictionary.
    """

    item: T


class Pair(NamedTuple, Generic[T]):
    """
    A generic tuple.
    """

    left: T
    right: "T"


@pytest.mark.parametrize(
    ("annotation", "hints"),
    [
        (Page[int], {"items": list[int], "first": int | None}),
        (Page, {"items": list[T], "first": T | None}),  # type: ignore[valid-type]
        (Numbers, {"items": list[int], "first": int | None}),
        (Named[str, bytes], {"items": list[str], "first": str | None, "name": bytes | None}),
        (Page[list[int]], {"items": list[list[int]], "first": list[int] | None}),
        (Page[Page[int]], {"items": list[Page[int]], "first": Page[int] | None}),
        (Typed[int], {"item": int}),
        (Pair[int], {"left": int, "right": int}),
    ],
    ids=str,
)
def test_variables_of_generic_classes_are_replaced(annotation: Any, hints: dict[str, Any]) -> None:
    """
    Each class of the hierarchy has variables of its own.
    """
    assert class_type_hints(annotation) == hints


def test_a_class_may_mention_itself() -> None:
    """
    Also where its name is no global.
    """

    @dataclasses.dataclass
    class Tree:
        children: "list[Tree]"
        label: Annotated[str, "short"] = ""

    assert class_type_hints(Tree) == {"children": list[Tree], "label": Annotated[str, "short"]}


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (
            "Nowhere",
            (
                "Model annotates 'item' with 'Nowhere', but 'Nowhere' is not defined there.\n"
                f"  Import 'Nowhere' at the top of {__name__}, outside of 'if TYPE_CHECKING:', "
                "or define it outside of a function."
            ),
        ),
        ("int +", "Model annotates 'item' with 'int +', which is no type: "),
        ("int.size", "has no attribute 'size'\n  Write an annotation that Python can evaluate."),
        ("int | 'str'", "which is no type: unsupported operand"),
    ],
)
def test_an_annotation_of_a_class_that_cannot_be_resolved_names_its_field(annotation: str, text: str) -> None:
    """
    The error names the class that wrote it, which may be a base of the one that is asked for.
    """
    base = type("Model", (), {"__annotations__": {"good": "int", "item": annotation}, "__module__": __name__})
    derived = type("Derived", (base,), {"__module__": "elsewhere"})

    with pytest.raises(ConfigurationError) as caught:
        class_type_hints(derived)

    assert text in str(caught.value)
