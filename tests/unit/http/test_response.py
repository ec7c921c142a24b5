"""
Tests of responses: what they carry, and what they refuse to.
"""

import http
from typing import Any

import pytest

from covet.exceptions import ResponseError
from covet.http.response import Response, check_status, has_no_body
from covet.http.streamed_response import StreamedResponse


@pytest.mark.parametrize(
    ("content", "body", "content_type"),
    [
        (None, b"", None),
        ("caf\u00e9", "caf\u00e9".encode(), "text/plain; charset=utf-8"),
        ("\ud800", b"?", "text/plain; charset=utf-8"),
        (b"ab", b"ab", "application/octet-stream"),
        (bytearray(b"ab"), b"ab", "application/octet-stream"),
        ({"a": 1}, b'{"a":1}', "application/json"),
        ([], b"[]", "application/json"),
    ],
)
def test_content_decides_body_and_type(content: Any, body: bytes, content_type: str | None) -> None:
    """Text and bytes go as they are, everything else becomes JSON."""
    response = Response(content)

    assert (response.body, response.headers.get("content-type")) == (body, content_type)


def test_a_text_type_names_its_charset() -> None:
    """Unless it does so already; an own header wins over everything."""
    assert Response("", media_type="text/css").headers["content-type"] == "text/css; charset=utf-8"
    assert Response("", media_type="text/css; charset=x").headers["content-type"] == "text/css; charset=x"
    assert Response("", headers={"Content-Type": "a/b"}).headers["content-type"] == "a/b"


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 101, 199, 600, 999, 1000, 65535, 70000, "200", 3.5, True, None])
def test_row_048_a_status_that_is_none_is_refused(status: Any) -> None:
    """In the constructor, and when it is changed."""
    text = f"A response's status must be an integer from 200 to 599, got {status!r}."
    response = Response()

    with pytest.raises(ResponseError) as made:
        Response(status_code=status)
    with pytest.raises(ResponseError) as changed:
        response.status_code = status

    assert str(made.value) == str(changed.value) == text


def test_an_enum_is_a_status() -> None:
    """`http.HTTPStatus` is an integer."""
    assert Response(status_code=http.HTTPStatus.CREATED).status_code == 201
    assert check_status(http.HTTPStatus.OK) == 200
    assert has_no_body(304)


def test_row_047_a_length_that_is_not_the_bodys_is_refused() -> None:
    """At once where it can be, else before the first byte; the true one is dropped, since it is always computed."""
    with pytest.raises(ResponseError, match=r"Content-Length says '5', the body has 20 bytes."):
        Response("\u00e9" * 10, headers={"content-length": "5"})
    late = Response("ab")
    late.headers["content-length"] = "7"
    with pytest.raises(ResponseError, match=r"Leave Content-Length out"):
        late.wire_headers()
    right = Response("ab", headers={"content-length": "2"})

    assert right.wire_headers() == [("content-type", "text/plain; charset=utf-8")]


def test_headers_may_repeat() -> None:
    """Pairs keep every value; cookies never replace each other."""
    response = Response(headers=[("x-a", "1"), ("x-a", "2")])
    response.set_cookie("a", "1")
    response.set_cookie("b", "2", secure=True)
    response.delete_cookie("c")

    assert response.headers.get_list("x-a") == ["1", "2"]
    assert [cookie.partition("=")[0] for cookie in response.headers.get_list("set-cookie")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "attributes",
    [{"path": "/; HttpOnly; Domain=evil"}, {"domain": "a\r\nb"}, {"samesite": "lax; x"}, {"value": "a\r\nb"}],
)
def test_row_032_no_attribute_is_injected_through_a_cookie(attributes: dict[str, Any]) -> None:
    """Every argument is checked when the cookie is set."""
    with pytest.raises(ValueError, match=r"."):
        Response().set_cookie("name", **attributes)


def test_an_option_that_cookies_do_not_have_is_refused() -> None:
    """Nothing is swallowed on the way: a misspelt option would leave a cookie open."""
    with pytest.raises(TypeError, match="'http_only'"):
        Response().set_cookie("sid", "k7", http_only=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="'max_age'"):
        Response().delete_cookie("sid", max_age=7)  # type: ignore[call-arg]


def test_a_body_can_be_replaced() -> None:
    """As a compressing layer does."""
    response = Response("a")

    response.body = b"other"

    assert response.body == b"other"
    assert repr(response) == "<Response 200>"


def test_a_stream_takes_pieces() -> None:
    """A body that is there already is no stream; a length that is set is a number."""
    with pytest.raises(ResponseError, match=r"A stream takes an iterable of bytes or str, got str."):
        StreamedResponse("text")
    with pytest.raises(ResponseError, match=r"got int"):
        StreamedResponse(7)  # type: ignore[arg-type]
    with pytest.raises(ResponseError, match=r"Content-Length must be one number, got 'x'."):
        StreamedResponse(["a"], headers={"content-length": "x"})
