"""
Styles of queries: those of OpenAPI that are read, and an error at the start for all that cannot be meant.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from covet import Cookie, Form, Header, Query
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
