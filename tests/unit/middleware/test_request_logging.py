"""
One line for each request.
"""

import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError
from covet.logs import JSONFormatter, TextFormatter
from covet.middleware import RequestIDMiddleware, RequestLoggingMiddleware
from covet.responses import StreamingResponse
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
Records = Callable[[], list[logging.LogRecord]]
SECRET = "canary-7b1f"


def make_app(**options: Any) -> CovetPy:
    """Make an application that logs."""
    app = CovetPy(middleware=[RequestIDMiddleware(), RequestLoggingMiddleware(**options)])

    @app.route("/echo/{name}", methods=["GET", "POST"])
    async def echo(request: Request, name: str) -> Response:
        body = await request.body()
        return Response(body, media_type="application/json", headers={"set-cookie": f"sid={SECRET}"})

    @app.get("/fail")
    async def fail() -> None:
        raise RuntimeError(SECRET)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield "a"
            yield "b"

        return StreamingResponse(pieces())

    @app.get("/health")
    async def health() -> str:
        return "ok"

    return app


def write(record: logging.LogRecord) -> dict[str, Any]:
    """Write a record as JSON and read it again."""
    entry: dict[str, Any] = json.loads(JSONFormatter().format(record))
    return entry


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Callable[[], list[logging.LogRecord]]:
    """Give the entries of requests so far."""
    caplog.set_level(logging.INFO, "covet.request")
    return lambda: [record for record in caplog.records if record.name == "covet.request"]


@Protocols
async def test_a_request_is_one_line(protocol: Any, records: Records) -> None:
    """For people and for programs; the query is not told."""
    async with TestClient(make_app(), protocol=protocol) as client:
        await client.get(f"/echo/ada?token={SECRET}", headers={"x-request-id": "cup-7"})
    (record,) = records()

    entry = write(record)
    assert entry["level"] == "info"
    assert (entry["method"], entry["path"], entry["status"], entry["client"]) == ("GET", "/echo/ada", 200, "127.0.0.1")
    assert entry["duration_ms"] >= 0
    assert TextFormatter("%(message)s").format(record) == f"127.0.0.1 GET /echo/ada 200 {entry['duration_ms']} ms"
    assert SECRET not in str(entry)


@Protocols
async def test_the_id_of_the_request_stands_in_each_entry(protocol: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Of the handler's own as well."""
    app = make_app()
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(JSONFormatter().format(record))

    @app.get("/own")
    async def own() -> None:
        logging.getLogger("shop").warning("no tea")

    handler = Keep()
    logging.getLogger("shop").addHandler(handler)
    try:
        async with TestClient(app, protocol=protocol) as client:
            await client.get("/own", headers={"x-request-id": "cup-7"})
    finally:
        logging.getLogger("shop").removeHandler(handler)

    assert [json.loads(line)["request_id"] for line in seen] == ["cup-7"]


@Protocols
async def test_errors_are_errors(protocol: Any, records: Records) -> None:
    """Of the inside, and of what no route answers; nothing of them is left out."""
    app = make_app(sample=0, exempt=["/fail"])

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        await client.get("/fail")
        await client.get("/missing")

    lines = [(record.levelname, write(record)["status"]) for record in records()]
    assert lines == [("ERROR", 500)]


@Protocols
async def test_streams_are_logged_after_their_last_byte(protocol: Any, records: Records) -> None:
    """They pass as they are."""
    async with TestClient(make_app(log_response=True), protocol=protocol) as client:
        assert (await client.get("/stream")).text == "ab"

    (record,) = records()
    assert "response_body" not in write(record)
    assert write(record)["status"] == 200


@Protocols
async def test_a_client_that_leaves_is_a_warning(protocol: Any, records: Records) -> None:
    """An exchange that was cut short."""
    app = make_app()

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            while True:
                yield "a"

        return StreamingResponse(pieces())

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/endless") as response:
        async for _ in response.aiter_bytes():
            break

    (record,) = records()
    assert (record.levelname, write(record)["status"]) == ("WARNING", 200)
    assert "error" in write(record)


@Protocols
async def test_contents_are_logged_masked(protocol: Any, records: Records) -> None:
    """If that is asked for."""
    app = make_app(log_headers=True, log_body=True, log_response=True, sensitive=["pet"])
    body = {"name": "ada", "password": SECRET, "pet": SECRET}

    async with TestClient(app, protocol=protocol) as client:
        await client.post("/echo/x", json=body, headers={"authorization": f"Bearer {SECRET}", "cookie": f"s={SECRET}"})

    (record,) = records()
    entry = write(record)
    assert entry["body"] == {"name": "ada", "password": "**********", "pet": "**********"}
    assert entry["response_body"] == entry["body"]
    assert entry["headers"]["authorization"] == "**********"
    assert entry["response_headers"]["set-cookie"] == "**********"
    assert SECRET not in json.dumps(entry) + record.getMessage()


@Protocols
async def test_row_101_nothing_makes_a_line_of_its_own(protocol: Any, records: Records) -> None:
    """Neither in text nor in JSON."""
    async with TestClient(make_app(), protocol=protocol) as client:
        await client.get("/echo/a%0aroot%20logged%20in%1b[31m")

    (record,) = records()
    text = TextFormatter("%(message)s").format(record)
    assert "\n" not in text + JSONFormatter().format(record)
    assert "\x1b" not in text
    assert "/echo/a%0Aroot%20logged%20in%1B[31m" in text or "/echo/a%0Aroot%20logged%20in%1B%5B31m" in text


@Protocols
async def test_sampling_and_exemption_leave_ordinary_requests_out(
    protocol: Any, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenth is a tenth."""
    shares = iter([0.05, 0.5])
    monkeypatch.setattr("covet.middleware.request_logging.random", lambda: next(shares))

    async with TestClient(make_app(sample=0.1, exempt=["/health"]), protocol=protocol) as client:
        for path in ("/echo/first", "/echo/second", "/health"):
            await client.get(path)

    assert [write(record)["path"] for record in records()] == ["/echo/first"]


@Protocols
async def test_nothing_is_made_that_nobody_reads(protocol: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The level is off."""
    monkeypatch.setattr("covet.middleware.request_logging.RequestLine", None)
    logging.getLogger("covet.request").setLevel(logging.CRITICAL)
    try:
        async with TestClient(make_app(log_headers=True), protocol=protocol) as client:
            assert (await client.get("/health")).text == "ok"
    finally:
        logging.getLogger("covet.request").setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"log_headers": 1}, "log_headers is 1, expected True or False."),
        ({"level": "warning"}, "level is 'warning', expected 'info' or 'debug'.\n  Leave it out for 'info'."),
        ({"sample": 2}, "sample is 2, expected a share from 0 to 1.\n  Write 0.1 for a tenth."),
        ({"sample": True}, "sample is True, expected a share from 0 to 1."),
        ({"max_body": -1}, "max_body is -1, expected a whole number of at least 0."),
        ({"exempt": "/health"}, "exempt is the text '/health', expected a list."),
        ({"sensitive": [7]}, "sensitive has 7, expected texts."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    """Where they are written."""
    with pytest.raises(ConfigurationError) as caught:
        RequestLoggingMiddleware(**options)

    assert str(caught.value).startswith(f"RequestLoggingMiddleware: {text}")
