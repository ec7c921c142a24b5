"""Conditional requests for what handlers compute."""

from collections.abc import AsyncIterator

import pytest

from covet import CovetPy, Response
from covet.middleware import CompressionMiddleware, ConditionalMiddleware
from covet.responses import StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

DATE = "Fri, 02 Jan 2026 03:04:05 GMT"


def make_app(answer: object) -> CovetPy:
    """Make an application that answers the same each time."""
    app = CovetPy(middleware=[ConditionalMiddleware()])

    @app.route("/", ["GET", "POST"])
    async def show() -> object:
        return answer

    return app


@on_both_protocols
async def test_client_that_has_it_gets_nothing(protocol: WireProtocol) -> None:
    """By the tag of the body, which JSON has as well; `HEAD` has the same."""
    client = TestClient(make_app({"cups": 2}), protocol=protocol)
    first = await client.get("/")
    same = {"if-none-match": first.headers["etag"]}

    again, head = await client.get("/", headers=same), await client.head("/")
    other = await client.get("/", headers={"if-none-match": '"other"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])
    assert (other.status_code, other.json()) == (200, {"cups": 2})


@on_both_protocols
async def test_what_the_handler_says_is_taken(protocol: WireProtocol) -> None:
    """Its tag or its date; those of a stream as well, which is then closed unread."""
    closed: list[bool] = []

    async def pieces() -> AsyncIterator[str]:
        try:
            yield "tea"
        finally:
            closed.append(True)

    tagged = TestClient(make_app(Response("tea", headers={"etag": '"v1"'})), protocol=protocol)
    dated = TestClient(make_app(Response("tea", headers={"last-modified": DATE})), protocol=protocol)
    streamed = TestClient(make_app(StreamingResponse(pieces(), headers={"etag": '"v1"'})), protocol=protocol)

    assert (await tagged.get("/", headers={"if-none-match": 'W/"v1"'})).status_code == 304
    assert (await dated.get("/", headers={"if-modified-since": DATE})).status_code == 304
    assert (await streamed.get("/", headers={"if-none-match": '"v1"'})).status_code == 304
    assert closed == [True]


@pytest.mark.parametrize(
    "answer",
    [
        Response("no", 201),
        Response("no", headers={"cache-control": "private, no-store"}),
        StreamingResponse(iter(["no"])),
    ],
    ids=["status", "no-store", "stream"],
)
async def test_what_gets_no_tag(answer: Response) -> None:
    """What is no plain answer, and what nobody may keep."""
    response = await TestClient(make_app(answer)).get("/", headers={"if-none-match": "*"})

    assert response.status_code in {200, 201}
    assert "etag" not in response.headers


async def test_write_is_not_judged_afterwards() -> None:
    """It has happened."""
    response = await TestClient(make_app("done")).post("/", headers={"if-match": '"x"'})

    assert (response.status_code, response.text) == (200, "done")


async def test_read_of_an_expected_state_fails_on_another() -> None:
    """412, as RFC 9110 has it for `GET`, too."""
    assert_problem(await TestClient(make_app("tea")).get("/", headers={"if-match": '"x"'}), 412)


async def test_compression_outside_leaves_it_working() -> None:
    """The tag becomes weak, and still names the body."""
    app = CovetPy(middleware=[CompressionMiddleware(codings=["gzip"]), ConditionalMiddleware()])
    app.add_route("/", lambda: "tea " * 1000)
    client = TestClient(app)

    first = await client.get("/", headers={"accept-encoding": "gzip"})
    again = await client.get("/", headers={"accept-encoding": "gzip", "if-none-match": first.headers["etag"]})

    assert first.headers["etag"].startswith('W/"')
    assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
