"""
One body serves one model, or one form; and a method without a body serves none.
"""

from dataclasses import dataclass
from typing import Annotated

import pytest

from covet import Body, File, Form, UploadFile
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
