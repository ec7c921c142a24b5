"""
One body serves one model, or one form; and a method without a body serves none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import pytest

from covet import Body, Cookie, File, Form, Header, Query, UploadFile
from covet.exceptions import RouteError
from tests.unit.core.handler_plans import plan_arguments


@dataclass
class Item:
    name: str


def test_a_form_of_fields_files_and_models_is_one() -> None:
    """They all come together."""

    async def handler(
        photo: UploadFile, title: Annotated[str, Form()], item: Annotated[Item, Form()], more: list[UploadFile]
    ) -> None: ...

    sources = {name: argument.source for name, argument in plan_arguments(handler).items()}

    assert sources == {"photo": "file", "title": "form", "item": "form", "more": "file"}


def test_a_body_and_a_file_exclude_each_other() -> None:
    """The error names the file."""

    async def handler(item: Item, photo: UploadFile) -> None: ...

    with pytest.raises(RouteError, match=r"parameter 'photo': A body and a form cannot come together\."):
        plan_arguments(handler)


def test_two_bodies_exclude_each_other() -> None:
    """The error names both."""

    async def handler(item: Item, other: Item) -> None: ...

    with pytest.raises(RouteError, match="'item' and 'other' both come from the body"):
        plan_arguments(handler)


def test_a_file_needs_a_method_with_a_body() -> None:
    """Unless the marker says that it is meant."""

    async def handler(photo: UploadFile) -> None: ...

    async def meant(photo: Annotated[UploadFile, File()], item_id: int) -> None: ...

    with pytest.raises(RouteError, match="UploadFile would come from the body, which GET does not have") as refused:
        plan_arguments(handler, "GET")

    assert refused.value.hint == "Declare POST or PUT, or say Annotated[..., File()] if a body is meant."
    assert plan_arguments(meant, "DELETE")["photo"].source == "file"


def test_a_model_needs_a_method_with_a_body() -> None:
    """The same for what is no form."""

    async def handler(item: Item) -> None: ...

    async def meant(item: Annotated[Item, Body()]) -> None: ...

    with pytest.raises(RouteError, match="Item would come from the body, which GET does not have"):
        plan_arguments(handler, "GET")
    assert plan_arguments(meant, "GET")["item"].source == "body"


def test_a_form_needs_a_method_with_a_body() -> None:
    """A form of a browser that is sent with GET is a query; DELETE may have a body, if a program sends it."""

    async def handler(name: Annotated[str, Form()], item_id: int) -> None: ...

    with pytest.raises(RouteError) as refused:
        plan_arguments(handler, "GET")

    assert str(refused.value) == (
        "GET /items/{item_id}, parameter 'name': A form comes in the body, which GET does not have.\n"
        '  Declare POST; a form with method="get" comes in the query: write Query().'
    )
    assert plan_arguments(handler, "DELETE")["name"].source == "form"


async def two_models(first: Annotated[Item, Query()], second: Annotated[Item, Query()]) -> None:
    """Read a name twice."""


async def model_and_query(name: str, item: Annotated[Item, Query()]) -> None:
    """Read a name twice."""


async def two_aliases(a: Annotated[int, Header(alias="X-Id")], b: Annotated[int, Header(alias="x-id")]) -> None:
    """Read a name twice."""


async def field_and_file(text: Annotated[str, Form(alias="photo")], photo: UploadFile) -> None:
    """Read a name twice."""


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (two_models, "'second': first.name and second.name both come from the query as 'name'."),
        (model_and_query, "'item': name and item.name both come from the query as 'name'."),
        (two_aliases, "'b': a and b both come from the header as 'x-id'."),
        (field_and_file, "'photo': text and photo both come from the form as 'photo'."),
    ],
)
def test_a_name_is_that_of_one_argument(handler: Callable[..., object], message: str) -> None:
    """A client means one of them, and a document lists a parameter once."""
    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert f"parameter {message}\n  Leave one of them out, or give it another name: alias=..." in str(refused.value)


def test_sources_and_models_with_a_name_share_nothing() -> None:
    """The same word may be a parameter of the query, a header, and a field behind the name of its model."""

    async def handler(
        name: str,
        header: Annotated[str, Header(alias="name")],
        cookie: Annotated[str, Cookie(alias="name")],
        item: Annotated[Item, Query(style="deepObject")],
        form: Annotated[Item, Form()],
        item_id: int,
    ) -> None: ...

    assert len(plan_arguments(handler)) == 6
