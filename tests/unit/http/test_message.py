"""
Tests of a message that an adapter brings: read when it is wanted, once off the wire, and within its limits.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.exceptions import (
    BadRequestError,
    ClientDisconnectedError,
    ContentTooLargeError,
    HTTPError,
    RequestTimeoutError,
    UnsupportedMediaTypeError,
)
from covet.http.body import DEFAULT_BODY_LIMITS, BodyLimits
from covet.http.form_limits import FormLimits
from covet.http.headers import Headers
from covet.http.message import IncomingMessage
from covet.testing import TestClient
from tests.unit.http.multipart_bodies import make_body, make_part

FORM = "application/x-www-form-urlencoded"
JSON = {"content-type": "application/json"}
READ_ALREADY = (
    r"^The body is being read, or was read in part, and cannot be read again\. "
    r"Await body\(\) before anything else reads it: what it gave can be read again\.$"
)


class Incoming(IncomingMessage):
    """
    A message as an adapter makes one, which notes how often the wire was asked.
    """

    def __init__(
        self,
        *chunks: bytes | Exception,
        headers: dict[str, str] | None = None,
        limits: BodyLimits = DEFAULT_BODY_LIMITS,
        pause: float | None = None,
    ) -> None:
        self.body_limits = limits
        self._body = None
        self.asked = 0
        self._chunks = list(chunks)
        self.headers = Headers(headers or {})
        self._pause = pause

    async def _next_chunk(self) -> bytes | None:
        self.asked += 1
        if self._pause is not None:
            await asyncio.sleep(self._pause)
        if not self._chunks:
            return None
        chunk = self._chunks.pop(0)
        if isinstance(chunk, Exception):
            raise chunk
        return chunk


async def collect(message: IncomingMessage) -> list[bytes]:
    """
    Stream a whole body.
    """
    return [chunk async for chunk in message.stream()]


# ── The whole body ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("pause", [None, 0.0])
@pytest.mark.parametrize(("chunks", "body"), [([], b""), ([b"abc"], b"abc"), ([b"a", b"", b"bc"], b"abc")])
async def test_the_whole_body_is_read_off_the_wire_once(
    chunks: Sequence[bytes], body: bytes, pause: float | None
) -> None:
    """
    Whether it is there or has to be waited for; every further call gives the same bytes.
    """
    message = Incoming(*chunks, pause=pause)

    first = await message.body()
    asked = message.asked
    again = [await message.body(), b"".join(await collect(message)), message.read_body]

    assert (first, again) == (body, [body] * 3)
    assert message.asked == asked


async def test_nothing_is_read_before_it_is_wanted() -> None:
    """
    A body that nobody asks for stays where it is.
    """
    message = Incoming(b"abc")

    assert message.headers == Headers()
    assert not await message.is_disconnected()
    assert message.asked == 0


@pytest.mark.parametrize("pause", [None, 0.0])
@pytest.mark.parametrize("chunks", [[b"12345"], [b"1234", b"5"], [b"", b"12345"]])
async def test_one_byte_above_the_limit_is_too_much(chunks: Sequence[bytes], pause: float | None) -> None:
    """
    The error is the same for everybody who asks afterwards, and nothing more is read.
    """
    message = Incoming(*chunks, b"more", headers=JSON, limits=BodyLimits(4), pause=pause)

    with pytest.raises(ContentTooLargeError, match=r"^The limit is 4 bytes\.$") as first:
        await message.body()
    asked = message.asked

    for read in (message.body, message.json, lambda: collect(message)):
        with pytest.raises(ContentTooLargeError) as later:
            await read()
        assert later.value is first.value
    assert message.asked == asked


async def test_as_much_as_the_limit_passes() -> None:
    """
    The limit is exact, in one piece or in several.
    """
    limits = BodyLimits(4)

    assert await Incoming(b"1234", limits=limits).body() == b"1234"
    assert await Incoming(b"12", b"34", limits=limits).body() == b"1234"
    assert b"".join(await collect(Incoming(b"12", b"34", limits=limits))) == b"1234"


@pytest.mark.parametrize("way", ["body", "stream"])
@pytest.mark.parametrize(
    ("declared", "error"), [("5", ContentTooLargeError), ("-1", BadRequestError), ("5, 5", BadRequestError)]
)
async def test_a_declared_length_is_refused_before_reading(declared: str, error: type[HTTPError], way: str) -> None:
    """
    A body that will be too large, or whose length is no number, is not touched.
    """
    message = Incoming(b"12345", headers={"content-length": declared}, limits=BodyLimits(4))

    with pytest.raises(error):
        await (message.body() if way == "body" else collect(message))

    assert message.asked == 0


@pytest.mark.parametrize(
    "failure", [ClientDisconnectedError("The client left."), RuntimeError("the server broke")], ids=str
)
@pytest.mark.parametrize("way", ["body", "stream"])
async def test_a_failure_of_the_wire_comes_out(failure: Exception, way: str) -> None:
    """
    Half a body is never taken for a whole one.
    """
    message = Incoming(b"a", failure)

    with pytest.raises(type(failure), match=str(failure)):
        await (message.body() if way == "body" else collect(message))
    with pytest.raises((type(failure), RuntimeError)):
        await message.body()


async def test_a_client_that_sends_nothing_is_given_up() -> None:
    """
    408 after the grace, and again for whoever asks later.
    """
    message = Incoming(b"a", limits=BodyLimits(grace=0.01), pause=60)

    for _ in range(2):
        with pytest.raises(RequestTimeoutError):
            await message.body()


# ── The stream ───────────────────────────────────────────────────────────────


async def test_a_stream_gives_each_piece_as_it_comes() -> None:
    """
    Empty ones are left out, and the wire is asked for no more than is taken.
    """
    message = Incoming(b"a", b"", b"b", b"c")
    stream = message.stream()

    first = await anext(stream)
    asked = message.asked
    rest = [chunk async for chunk in stream]

    assert (first, asked, rest) == (b"a", 1, [b"b", b"c"])


async def test_an_empty_body_is_a_stream_without_a_piece() -> None:
    """
    Whether it was read before or not.
    """
    message = Incoming()

    assert await collect(Incoming()) == []
    assert await message.body() == b""
    assert await collect(message) == []


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_body_that_was_streamed_cannot_be_read_again(*, is_whole: bool) -> None:
    """
    In part or in whole: the error says what to do instead.
    """
    message = Incoming(b"a", b"b", headers=JSON)
    async for _ in message.stream():
        if not is_whole:
            break

    for read in (message.body, message.json, lambda: collect(message)):
        with pytest.raises(RuntimeError, match=READ_ALREADY):
            await read()
    with pytest.raises(RuntimeError, match=READ_ALREADY):
        _ = message.read_body


async def test_two_readers_at_once_are_one_too_many() -> None:
    """
    While one waits for the body, the other learns so instead of getting half of it.
    """
    message = Incoming(b"a", b"b", pause=0.01)
    first = asyncio.ensure_future(message.body())
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match=READ_ALREADY):
        await message.body()

    assert await first == b"ab"
    assert await message.body() == b"ab"


def test_a_body_that_nobody_awaited_is_not_there() -> None:
    """
    `read_body` is for code that knows that it was.
    """
    with pytest.raises(RuntimeError, match=READ_ALREADY):
        _ = Incoming(b"a").read_body


# ── JSON and forms ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a": [1, null]}', {"a": [1, None]}), (b" 7 ", 7), ('"caf\u00e9"'.encode(), "caf\u00e9")]
)
async def test_json_is_whatever_the_client_sent(body: bytes, value: Any) -> None:
    """
    Any value, and again when it is asked for again.
    """
    message = Incoming(body, headers=JSON)

    assert await message.json() == value
    assert await message.json() == value


@pytest.mark.row(20)
@pytest.mark.row(22)
@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1,"a":2}', b"[NaN]", b"[" * 101 + b"]" * 101, b"\xff"])
async def test_what_is_no_json_is_a_bad_request(body: bytes) -> None:
    """
    Too deep, ambiguous or malformed.
    """
    with pytest.raises(BadRequestError):
        await Incoming(body, headers=JSON).json()


@pytest.mark.row(67)
@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "text/json", "application/jsonp", FORM, "multipart/form-data; boundary=b",
                     "application/json; charset=utf-16", "application/msgpack", "application/json+x"]
)  # fmt: skip
async def test_json_of_another_type_is_refused_unread(content_type: str | None) -> None:
    """
    A page of another site can send some of these with the cookies of its visitor, and never JSON's own type.
    """
    message = Incoming(b"{}", headers={} if content_type is None else {"content-type": content_type})

    with pytest.raises(UnsupportedMediaTypeError) as caught:
        await message.json()

    assert list(caught.value.supported) == ["application/json"]
    assert message.asked == 0


@pytest.mark.row(67)
@pytest.mark.parametrize("content_type", ["", "json", "a;application/json", "text/plain; a=application/json"])
async def test_json_of_a_malformed_type_is_a_bad_request(content_type: str) -> None:
    """
    What is no media type says nothing, whatever stands in it.
    """
    message = Incoming(b"{}", headers={"content-type": content_type})

    with pytest.raises(BadRequestError, match=r"^The media type is malformed\.$"):
        await message.json()


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; Charset=UTF-8", "application/problem+json"]
)
async def test_json_has_several_types(content_type: str) -> None:
    """
    Those on top of JSON's syntax, in any case, with the character set that it has anyway.
    """
    assert await Incoming(b"[1]", headers={"content-type": content_type}).json() == [1]


async def test_a_form_is_read_once() -> None:
    """
    The same object for everybody, also without asking again.
    """
    message = Incoming(b"a=1&b=", b"%C3%A9&a=2", headers={"content-type": f"{FORM}; charset=UTF-8"})

    form = await message.form()

    assert (form.get_list("a"), form["b"]) == (["1", "2"], "\u00e9")
    assert await message.form() is form
    assert message.read_form is form
    assert await message.body() == b"a=1&b=%C3%A9&a=2"


async def test_a_form_may_have_another_charset() -> None:
    """
    The one that its type names.
    """
    message = Incoming(b"a=%E9", headers={"content-type": f"{FORM}; charset=iso-8859-1"})

    assert (await message.form())["a"] == "\u00e9"


@pytest.mark.parametrize(
    ("content_type", "detail"), [(None, "The body has no Content-Type."), ("application/json", None), ("text/x", None)]
)
async def test_row_067_what_is_no_form_is_refused_unread(content_type: str | None, detail: str | None) -> None:
    """
    The error says what would be read; the body stays where it is.
    """
    message = Incoming(b"a=1", headers={} if content_type is None else {"content-type": content_type})

    with pytest.raises(UnsupportedMediaTypeError) as refused:
        await message.form()

    assert refused.value.detail == detail
    assert refused.value.headers["accept"] == f"{FORM}, multipart/form-data"
    assert message.asked == 0


async def test_a_form_above_the_limit_is_too_large() -> None:
    """
    The limits of the body hold for it.
    """
    with pytest.raises(ContentTooLargeError):
        await Incoming(b"a=12345", headers={"content-type": FORM}, limits=BodyLimits(4)).form()


# ── Multipart ────────────────────────────────────────────────────────────────

MULTIPART = {"content-type": "multipart/form-data; boundary=frontier"}
PHOTO = make_body(make_part("title", b"Tea"), make_part("photo", b"x" * 100, filename="tea.png"))


async def test_a_multipart_form_is_read_once() -> None:
    """
    Fields and files stay, and the body cannot be read besides.
    """
    message = Incoming(PHOTO, headers=MULTIPART)

    form = await message.form()

    assert (form["title"], form.files["photo"].filename) == ("Tea", "tea.png")
    assert await message.form() is form
    with pytest.raises(RuntimeError, match="cannot be read again"):
        await message.body()


async def test_a_multipart_body_that_was_read_is_still_a_form() -> None:
    """
    Middleware may look at the body first.
    """
    message = Incoming(PHOTO, headers=MULTIPART)
    await message.body()

    assert (await message.form())["title"] == "Tea"
    assert [part.name async for part in message.parts()] == ["title", "photo"]


async def test_a_malformed_form_says_the_same_again() -> None:
    """
    Whoever asks a second time is not told that the body was read.
    """
    message = Incoming(PHOTO[:-20], headers=MULTIPART)

    for _ in range(2):
        with pytest.raises(BadRequestError):
            await message.form()


@pytest.mark.row(4)
async def test_row_004_all_fields_together_are_limited_while_reading() -> None:
    """
    Fields that are each small enough are cut at the body's limit, and at that of all fields.
    """
    body = make_body(*[make_part("a", b"x" * 900)] * 500)

    with pytest.raises(ContentTooLargeError, match=r"^The limit is 10000 bytes\.$"):
        await Incoming(body, headers=MULTIPART, limits=BodyLimits(10_000)).form()


async def test_parts_are_read_once() -> None:
    """
    They are not kept, and what is no such form has none.
    """
    message = Incoming(PHOTO, headers=MULTIPART)
    parts = message.parts()

    with pytest.raises(RuntimeError, match="The body is being read"):
        message.parts()
    with pytest.raises(UnsupportedMediaTypeError):
        Incoming(b"a=1", headers={"content-type": FORM}).parts()
    assert [part.name async for part in parts] == ["title", "photo"]


def test_a_message_by_itself_has_the_usual_limits() -> None:
    """
    Routes and applications have others.
    """
    assert Incoming(b"").form_limits == FormLimits()


async def test_a_body_is_known_once_it_was_read() -> None:
    """Whoever only wants to look reads nothing."""
    app = CovetPy()

    @app.post("/")
    async def show(request: Request) -> list[bool]:
        before = request.known_body
        await request.body()
        return [before is None, request.known_body == b"tea"]

    async with TestClient(app) as client:
        assert (await client.post("/", content=b"tea")).json() == [True, True]
