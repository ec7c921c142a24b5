"""
An argument says all that its reader and a description of the application need.
"""

import pydantic
import pytest

from covet import UploadFile
from covet.core.argument import Argument
from covet.exceptions import ValidationError
from covet.validation import compile_validator


@pytest.mark.parametrize(
    ("argument", "source", "pointer"),
    [
        (Argument("page", "query", "p"), "query", "/p"),
        (Argument("photo", "file", "photo"), "form", "/photo"),
        (Argument("a", "form", "a/b~c"), "form", "/a~1b~0c"),
        (Argument("item", "body", "item"), "body", ""),
    ],
)
def test_what_is_required_is_an_error_of_its_source(argument: Argument, source: str, pointer: str) -> None:
    """A file is named as part of the form; the body has no place in itself."""
    with pytest.raises(ValidationError) as refused:
        argument.make_default()

    (item,) = refused.value.errors
    assert (item.source, item.pointer, item.message, item.type) == (source, pointer, "is required", "missing")


def test_a_default_is_given_or_made() -> None:
    """One that is made is made for each request."""
    assert Argument("a", "query", default=7).make_default() == 7
    assert Argument("a", "query", default_factory=list).make_default() == []
    assert Argument("a", "query").is_required


@pytest.mark.parametrize(
    ("argument", "is_sequence"),
    [
        (Argument("a", "query", validator=compile_validator(list[int])), True),
        (Argument("a", "query", validator=compile_validator(int)), False),
        (Argument("a", "file", annotation=list[UploadFile]), True),
        (Argument("a", "file", annotation=list[UploadFile] | None), True),
        (Argument("a", "file", annotation=UploadFile | None), False),
        (Argument("a", "state"), False),
        # Of types that only pydantic knows there is no validator.
        (Argument("a", "query", annotation=list[pydantic.AnyUrl] | None), True),
        (Argument("a", "query", annotation=pydantic.AnyUrl), False),
    ],
)
def test_it_tells_whether_a_name_may_come_several_times(argument: Argument, is_sequence: bool) -> None:
    """Of files as of texts."""
    assert argument.is_sequence is is_sequence
