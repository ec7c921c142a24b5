"""
Tests of the responses that fix what their content is.
"""

import pytest

from covet.exceptions import ResponseError
from covet.responses import HTMLResponse, JSONResponse, PlainTextResponse


def test_json_is_json_whatever_the_content() -> None:
    """`None` is `null`, and a string is a string."""
    assert [JSONResponse(value).body for value in (None, "a", b"", [1])] == [b"null", b'"a"', b'""', b"[1]"]
    assert JSONResponse(None, 404).headers["content-type"] == "application/json"


@pytest.mark.parametrize("cls", [HTMLResponse, PlainTextResponse])
def test_text_takes_text(cls: type[PlainTextResponse]) -> None:
    """Bytes and nothing at all as well; anything else is an error that names the class."""
    assert [cls(value).body for value in ("a", b"b", None, "\ud800")] == [b"a", b"b", b"", b"?"]
    with pytest.raises(ResponseError, match=f"{cls.__name__} takes str or bytes, got dict."):
        cls({})


def test_each_has_its_type() -> None:
    """HTML is HTML and text is text."""
    assert HTMLResponse("").headers["content-type"] == "text/html; charset=utf-8"
    assert PlainTextResponse("").headers["content-type"] == "text/plain; charset=utf-8"
