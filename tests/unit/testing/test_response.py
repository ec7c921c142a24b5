"""
What a response shows.
"""

from collections.abc import Iterable

import pytest

from covet.testing import ClientResponse, TestClient
from covet.testing.request import ClientRequest, Origin
from covet.testing.response import ResponseHeaders
from covet.types import Receive, Scope, Send

REQUEST = ClientRequest("GET", Origin("http", "testserver"), "/x", "q=1", (), b"")


def respond(content: bytes = b"", *, status: int = 200, headers: Iterable[tuple[bytes, bytes]] = ()) -> ClientResponse:
    """
    Make a response to one fixed request.
    """
    return ClientResponse(status, headers, content, request=REQUEST)


def test_headers_are_found_in_any_case() -> None:
    """
    Names have no case, repeated ones are joined or listed.
    """
    headers = ResponseHeaders([(b"Vary", b"a"), (b"x", "é".encode()), (b"vary", b"b"), (b"y", b"\xe9")])

    assert (headers["VARY"], headers.get_list("vary"), headers["x"], headers["y"]) == ("a, b", ["a", "b"], "é", "é")
    assert ("Vary" in headers, "none" in headers, len(headers)) == (True, False, 3)
    assert list(headers) == ["vary", "x", "y"]
    assert headers.multi_items() == [("vary", "a"), ("x", "é"), ("vary", "b"), ("y", "é")]
    assert repr(headers).startswith("ResponseHeaders([('vary', 'a')")


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        (b"text/plain", "é".encode(), "é"),
        (b"text/plain; charset=latin-1", b"\xe9", "é"),
        (b'text/plain; charset="utf-16-le"', b"a\0", "a"),
        (b"text/plain; charset=nonsense", b"a", "a"),
        (b"text/plain", b"\xff", "�"),
    ],
)
def test_text_is_decoded_by_the_charset(content_type: bytes, content: bytes, text: str) -> None:
    """
    The content type's charset counts, UTF-8 without one.
    """
    assert respond(content, headers=[(b"content-type", content_type)]).text == text


def test_a_response_tells_about_itself() -> None:
    """
    URL, cookies and the classes of status are at hand.
    """
    response = respond(status=404, headers=[(b"set-cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2")])

    assert (response.url, response.cookies) == ("http://testserver/x?q=1", {"a": "1", "b": "2"})
    assert (response.is_success, response.is_error, response.is_redirect) == (False, True, False)
    assert repr(response) == "<ClientResponse [404 Not Found]>"
    assert respond(status=204).raise_for_status().is_success


async def stream_lines(parts: list[bytes]) -> list[str]:
    """
    Read these parts of a body as lines.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    async with TestClient(app).stream("GET", "/") as response:
        return [line async for line in response.aiter_lines()]


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([b"a\nb", b"c\n"], ["a", "bc"]),
        ([b"a\r", b"\nb\r\n"], ["a", "b"]),
        ([b"a\rb\r"], ["a", "b"]),
        ([b"a\n\n"], ["a", ""]),
        (["é\u2028x".encode()[:1], "é\u2028x".encode()[1:]], ["é\u2028x"]),
        ([b"\xc3"], ["�"]),
        ([], []),
    ],
)
async def test_lines_are_whole_whatever_the_parts(parts: list[bytes], lines: list[str]) -> None:
    """
    LF, CRLF and CR end a line; parts may cut through a line end or a character.
    """
    assert await stream_lines(parts) == lines
