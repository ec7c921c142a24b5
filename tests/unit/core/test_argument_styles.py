"""
Styles of queries: those of OpenAPI that are read, and an error at the start for all that cannot be meant.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from covet import Cookie, Form, Header, Query
from covet.core.argument_styles import compile_parting
from covet.exceptions import RouteError
from tests.unit.core.handler_plans import plan_arguments


@dataclass
class Filter:
    name: str = ""
    tags: list[str] | None = None


@pytest.mark.parametrize(
    ("annotation", "style", "explode"),
    [
        (int, "form", True),
        (Annotated[list[int], Query()], "form", True),
        (Annotated[list[int], Query(explode=False)], "form", False),
        (Annotated[list[int], Query(style="form", explode=False)], "form", False),
        (Annotated[list[int], Query(style="pipeDelimited")], "pipeDelimited", False),
        (Annotated[set[int], Query(style="spaceDelimited", explode=False)], "spaceDelimited", False),
        (Annotated[Filter, Query()], "form", True),
        (Annotated[Filter, Query(style="deepObject")], "deepObject", True),
        (Annotated[dict[str, int], Query(style="deepObject")], "deepObject", True),
        (Annotated[str, Header()], "simple", False),
        (Annotated[list[str], Header()], "simple", False),
        (Annotated[str, Cookie()], "form", True),
        (Annotated[str, Form()], "form", True),
    ],
)
def test_an_argument_names_its_style(annotation: Any, style: str, explode: bool) -> None:
    """In the words of OpenAPI, whether it was said or not."""

    async def handler(value: annotation) -> None: ...

    argument = plan_arguments(handler)["value"]

    assert (argument.style, argument.explode) == (style, explode)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[list[int], Query(style="comma")], "There is no style 'comma' of a query."),
        (Annotated[list[int], Query(style="formm")], "There is no style 'formm' of a query."),
        (Annotated[list[int], Header(style="simple")], "style and explode are for the query, not for the header."),
        (Annotated[list[int], Form(explode=False)], "style and explode are for the query, not for the form."),
        (Annotated[int, Query(explode=False)], "int is one value: there is nothing to part."),
        (Annotated[str, Query(style="pipeDelimited")], "str is one value: there is nothing to part."),
        (
            Annotated[list[int], Query(style="pipeDelimited", explode=True)],
            "'pipeDelimited' parts the items of one text: explode=True says otherwise.",
        ),
        (
            Annotated[list[int], Query(style="deepObject")],
            "deepObject is for a model or a mapping, and list[int] is none.",
        ),
        (
            Annotated[Filter, Query(style="deepObject", explode=False)],
            "deepObject names each field: explode=False says otherwise.",
        ),
        (Annotated[Filter, Query(explode=False)], "A model is not read in the style 'form' with explode=False."),
        (
            Annotated[Filter, Query(style="pipeDelimited")],
            "A model is not read in the style 'pipeDelimited' with explode=False.",
        ),
        (Annotated[Filter, Query(extra="refuse")], "extra must be 'ignore' or 'forbid', got 'refuse'."),
        (
            Annotated[Filter, Header(extra="forbid")],
            "extra is for models of a query or a form: what else is there is not this parameter's to judge.",
        ),
        (
            Annotated[int, Query(extra="forbid")],
            "extra is for models of a query or a form: what else is there is not this parameter's to judge.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(annotation: Any, message: str) -> None:
    """At the start, with a hint."""

    async def handler(value: annotation) -> None: ...

    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert refused.value.message == message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("annotation", "texts", "items"),
    [
        (Annotated[list[str], Query(explode=False)], ["a,b", "", "c"], ["a", "b", "c"]),
        (Annotated[list[str], Query(style="spaceDelimited")], ["a b"], ["a", "b"]),
        (Annotated[list[str], Query(style="pipeDelimited")], ["a|b,c"], ["a", "b,c"]),
        (Annotated[list[str], Header()], ['a, "b, c"', " d,,e "], ["a", '"b, c"', "d", "e"]),
    ],
)
def test_a_list_in_one_text_is_parted(annotation: Any, texts: list[str], items: list[str]) -> None:
    """By its style; in headers quotes hide commas."""

    async def handler(value: annotation) -> None: ...

    part = compile_parting(plan_arguments(handler)["value"])

    assert part is not None
    assert part(texts) == items


@pytest.mark.parametrize("annotation", [list[str], str, Annotated[str, Header()], Annotated[list[str], Form()]])
def test_what_is_no_list_in_one_text_is_not_parted(annotation: Any) -> None:
    """Each text is an item, or the value."""

    async def handler(value: annotation) -> None: ...

    assert compile_parting(plan_arguments(handler)["value"]) is None


@dataclass
class Parted:
    ids: Annotated[list[int], Query(style="pipeDelimited")]
    name: Annotated[str, Query(description="Its name.")] = ""


def test_a_field_may_have_a_style_of_its_own() -> None:
    """In a query, whose model is read field by field."""

    async def handler(value: Annotated[Parted, Query()]) -> None: ...

    ids, name = plan_arguments(handler)["value"].fields

    assert [(item.style, item.explode) for item in (ids, name)] == [("pipeDelimited", False), ("form", True)]


@dataclass
class Wrong:
    size: Annotated[int, Query(explode=False)] = 0


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[Wrong, Query()], "Wrong.size: int is one value: there is nothing to part."),
        (Annotated[Parted, Form()], "Parted.ids: style and explode are for the query, not for the form."),
        (Annotated[Parted, Header()], "Parted.ids: style and explode are for the query, not for the header."),
        (Annotated[Parted, Query(style="deepObject")], "Parted.ids: deepObject is the style of its fields."),
    ],
)
def test_a_style_of_a_field_that_cannot_be_meant_is_refused(annotation: Any, message: str) -> None:
    """The field is named."""

    async def handler(value: annotation) -> None: ...

    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert refused.value.message == message
    assert refused.value.hint
