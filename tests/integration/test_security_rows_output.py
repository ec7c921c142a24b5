"""
Rows 45 to 47 of docs/security.md: what an application answers never breaks the wire. Over both protocols.
"""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import HTTPError
from covet.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from covet.testing import ClientResponse, TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

CONTROLS = [chr(number) for number in (*range(0x20), 0x7F) if chr(number) != "\t"]
# What no token has (RFC 9110 §5.6.2), beyond the controls.
NO_TOKEN = ["\t", " ", '"', "(", ")", ",", "/", ":", ";", "<", "=", ">", "?", "@", "[", "\\", "]", "{", "}", "é", "日"]


def answer_with(make: Callable[[], Any], *, is_layered: bool = False) -> CovetPy:
    """Make an application that answers what is made for each request."""
    app = CovetPy()

    @app.route("/", methods=["GET", "POST"])
    async def answer() -> Any:
        return make()

    if is_layered:

        @app.middleware
        async def stamp(request: Request, call_next: Any) -> Response:
            response: Response = await call_next(request)
            response.headers["x-stamp"] = "1"
            return response

    return app


async def call(app: CovetPy, protocol: WireProtocol, method: str = "GET") -> ClientResponse:
    """Send one request, with nothing raised in the test."""
    return await TestClient(app, protocol=protocol, raise_app_exceptions=False).request(method, "/")


def fail(**options: Any) -> None:
    """Raise an error that carries its answer."""
    raise HTTPError("no", status_code=400, **options)


def set_header(response: Response, value: str) -> Response:
    """Change a response as middleware does."""
    response.headers["x-a"] = value
    return response


def append_header(response: Response, value: str) -> Response:
    """Add to a response as middleware does."""
    response.headers["x-a"] = "1"
    response.headers.append("x-a", value)
    return response


def set_cookie(**arguments: Any) -> Response:
    """Answer with a cookie."""
    response = Response("ok")
    response.set_cookie(**{"name": "a", "value": "b", **arguments})
    return response


# What text can get into, on its way into a head.
PLACES: dict[str, Callable[[str], Any]] = {
    "header": lambda text: Response("ok", headers={"x-a": text}),
    "pair": lambda text: Response("ok", headers=[("x-a", "1"), ("x-a", text)]),
    "answer": lambda text: ("ok", 200, {"x-a": text}),
    "set": lambda text: set_header(Response("ok"), text),
    "append": lambda text: append_header(Response("ok"), text),
    "media type": lambda text: Response("ok", media_type=text),
    "json": lambda text: JSONResponse({}, headers={"x-a": text}),
    "html": lambda text: HTMLResponse("", headers={"x-a": text}),
    "text": lambda text: PlainTextResponse("", media_type=f"text/x{text}"),
    "stream": lambda text: StreamingResponse(iter([b"a"]), headers={"x-a": text}),
    "stream's type": lambda text: StreamingResponse(iter([b"a"]), media_type=f"text/x{text}"),
    "redirect": lambda text: RedirectResponse(f"/x{text}"),
    "error": lambda text: fail(headers={"x-a": text}),
    "cookie's name": lambda text: set_cookie(name=text),
    "cookie's value": lambda text: set_cookie(value=text),
    "cookie's path": lambda text: set_cookie(path=f"/{text}"),
    "cookie's domain": lambda text: set_cookie(domain=f"a{text}.test"),
    "cookie's samesite": lambda text: set_cookie(samesite=f"lax{text}"),
}


@pytest.mark.row(45)
@on_both_protocols
@pytest.mark.parametrize("is_layered", [False, True], ids=["bare", "layered"])
@pytest.mark.parametrize("place", PLACES)
async def test_row_045_no_control_character_reaches_the_wire(
    protocol: WireProtocol, is_layered: bool, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every one of them, at either end and in the middle, is a 500 with one record, and injects nothing."""
    make = PLACES[place]
    texts = [text for control in CONTROLS for text in (f"a{control}b", f"{control}b", f"a{control}")]
    texts += ["a\r\nset-cookie: b=c", "a\nset-cookie: b=c", "a\rset-cookie: b=c", "a\r\n\r\nHTTP/1.1 200 OK"]

    following = iter(texts)
    # One application for all of them: making it takes longer than its answers.
    app = answer_with(lambda: make(next(following)), is_layered=is_layered)

    for _ in texts:
        caplog.clear()
        response = await call(app, protocol)

        assert_problem(response, 500, echo="set-cookie")
        assert "set-cookie" not in response.headers
        assert "x-a" not in response.headers
        assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1
        assert is_layered == ("x-stamp" in response.headers)


@pytest.mark.row(45)
@on_both_protocols
@pytest.mark.parametrize(
    "make",
    [
        lambda name: Response("ok", headers={name: "1"}),
        lambda name: ("ok", 200, {name: "1"}),
        lambda name: StreamingResponse(iter([b"a"]), headers={name: "1"}),
        lambda name: fail(headers={name: "1"}),
    ],
    ids=["response", "answer", "stream", "error"],
)
async def test_row_045_no_bad_name_reaches_the_wire(protocol: WireProtocol, make: Callable[[str], Any]) -> None:
    """A name that is no token is a 500, where RSGI would drop it without a word."""
    name = ""
    app = answer_with(lambda: make(name))

    for character in ["", *CONTROLS, *NO_TOKEN]:
        for name in (f"x{character}a", f"{character}a", f"x{character}") if character else ("",):
            response = await call(app, protocol)

            assert_problem(response, 500)
            assert name.lower() not in response.headers


@pytest.mark.row(45)
@on_both_protocols
async def test_row_045_redirect_elsewhere_quotes_or_refuses(protocol: WireProtocol) -> None:
    """The target of one's own choosing is written as a URL: what is no line break is percent-encoded."""
    text = ""
    app = answer_with(lambda: RedirectResponse(f"https://a.test/x{text}", allow_external=True))

    for text in CONTROLS:
        response = await call(app, protocol)

        if text in "\r\n\0":
            assert_problem(response, 500)
        else:
            assert response.headers["location"] == f"https://a.test/x%{ord(text):02X}"


@pytest.mark.row(45)
@on_both_protocols
@pytest.mark.parametrize("name", ["transfer-encoding", "Transfer-Encoding"])
async def test_row_045_framing_is_not_the_applications(protocol: WireProtocol, name: str) -> None:
    """A transfer coding beside the length that is always sent would split the response."""
    response = await call(answer_with(lambda: Response("ok", headers={name: "chunked"})), protocol)

    assert_problem(response, 500)


@pytest.mark.row(46)
@on_both_protocols
async def test_row_046_an_errors_words_stay_in_its_body(protocol: WireProtocol) -> None:
    """Detail and title of an error go into JSON, where they are escaped: no header and no status line has them."""
    words = "x\r\nA: b<script>"

    response = await call(answer_with(lambda: fail(title=words, type=words)), protocol)

    assert response.status_code == 400
    assert (response.json()["title"], response.json()["type"]) == (words, words)
    assert b"\r\n" not in response.content
    assert {name for name, _ in response.headers.raw} == {b"content-type", b"content-length"}


@pytest.mark.row(46)
@pytest.mark.parametrize("word", ["reason", "phrase", "status_text", "reason_phrase"])
def test_row_046_there_is_no_reason_to_give(word: str) -> None:
    """No response takes a reason phrase, and none has an attribute for it."""
    options: dict[str, Any] = {word: "x\r\nA: b"}

    with pytest.raises(TypeError, match=word):
        Response("ok", **options)
    with pytest.raises(AttributeError):
        setattr(Response("ok"), word, "x")


# ── Lengths ──────────────────────────────────────────────────────────────────


@pytest.mark.row(47)
@on_both_protocols
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("is_layered", [False, True], ids=["bare", "layered"])
@pytest.mark.parametrize("declared", ["5", "10", "0", "21", "-1", "+20", "020", "2_0", "２０", "20, 20", "", "chunked"])
async def test_row_047_length_that_is_not_the_bodys_is_an_error(
    protocol: WireProtocol, declared: str, is_layered: bool, method: str
) -> None:
    """20 bytes in 10 letters: what says anything else is refused before the first byte."""

    def late() -> Response:
        response = Response("é" * 10)
        response.headers["content-length"] = declared
        return response

    for make in (lambda: Response("é" * 10, headers={"content-length": declared}), late):
        response = await call(answer_with(make, is_layered=is_layered), protocol, method)

        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.row(47)
@on_both_protocols
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: "é" * 10,
        lambda: Response("é" * 10),
        lambda: Response("é" * 10, headers={"content-length": "20"}),
        lambda: ("é" * 10, 201),
        lambda: HTMLResponse("é" * 10),
    ],
)
async def test_row_047_length_counts_bytes(protocol: WireProtocol, method: str, make: Callable[[], Any]) -> None:
    """The framework computes it, for HEAD too; one that is right does no harm."""
    response = await call(answer_with(make), protocol, method)

    assert response.headers.get_list("content-length") == ["20"]
    assert len(response.content) == (20 if method == "GET" else 0)


@pytest.mark.row(47)
@on_both_protocols
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("status", [204, 205, 304])
@pytest.mark.parametrize(
    "make",
    [
        lambda status: ("body", status),
        lambda status: (b"body", status),
        lambda status: ({"a": 1}, status),
        lambda status: Response("body", status),
        lambda status: Response(b"body", status, {"content-length": "4"}),
        lambda status: JSONResponse({"a": 1}, status),
        lambda status: StreamingResponse(iter([b"body"]), status),
    ],
    ids=["text", "bytes", "dict", "response", "with its length", "json", "stream"],
)
async def test_row_047_status_without_a_body_has_none(
    protocol: WireProtocol, method: str, status: int, make: Callable[[int], Any]
) -> None:
    """A body on 204, 205 or 304 is dropped with its type; it would be read as the next response."""
    response = await call(answer_with(lambda: make(status)), protocol, method)

    assert (response.status_code, response.content) == (status, b"")
    assert "content-type" not in response.headers
    assert response.headers.get("content-length", "0") == "0"


@pytest.mark.row(47)
@on_both_protocols
@pytest.mark.parametrize("declared", ["-1", "+1", "1_0", "1, 1", ""])
async def test_row_047_length_of_a_stream_is_a_number(protocol: WireProtocol, declared: str) -> None:
    """Another one is an error before the first piece is made."""
    made: list[int] = []

    def pieces() -> Any:
        made.append(1)
        yield b"a"

    response = await call(
        answer_with(lambda: StreamingResponse(pieces(), headers={"content-length": declared})), protocol
    )

    assert_problem(response, 500)
    assert made == []
