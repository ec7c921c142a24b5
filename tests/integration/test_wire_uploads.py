"""
Uploads over both protocols: limits of routes, and files that are gone whatever ends their request.
"""

import asyncio
import gc
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import pytest

from covet import CovetPy, Form, Request, Response, UploadFile
from covet.exceptions import ConflictError
from covet.http.form_limits import FormLimits
from covet.middleware import Middleware
from covet.responses import StreamingResponse
from covet.tasks import BackgroundTasks
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols
from tests.unit.http.multipart_bodies import BOUNDARY, cut, make_body, make_part, stream
from tests.unit.http.test_uploads import list_open_uploads

HEADERS: dict[str, str | None] = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
PHOTO = make_part("photo", b"x" * 700_000, filename="tea.png")
BODY = make_body(PHOTO, make_part("title", b"Tea"))

with_and_without_middleware = pytest.mark.parametrize("with_middleware", [False, True])


class Passing(Middleware):
    """Changes nothing, but makes the route one with middleware."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the response on."""
        return response


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test after which a temporary file is there or open."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    yield

    assert list(tmp_path.iterdir()) == []
    deadline = time.monotonic() + 10
    while list_open_uploads() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert list_open_uploads() == []
    # What was closed warns of nothing when it is collected.
    gc.collect()


def make_app(*, with_middleware: bool = False) -> tuple[CovetPy, list[UploadFile]]:
    """Make an application whose handlers end in every way, and the list of all files that they were given."""
    app = CovetPy(
        body_limit=10_000_000,
        form_limits=FormLimits(memory=0),
        middleware=[Passing()] if with_middleware else None,
    )
    given: list[UploadFile] = []

    @app.post("/good")
    async def good(photo: UploadFile, title: Annotated[str, Form(max_length=3)] = "") -> int:
        given.append(photo)
        return len(await photo.read())

    @app.post("/request")
    async def by_request(request: Request) -> int:
        form = await request.form()
        given.extend(form.files.get_list("photo"))
        return len(form)

    @app.post("/error")
    async def error(photo: UploadFile) -> None:
        given.append(photo)
        raise KeyError("no")

    @app.post("/conflict")
    async def conflict(photo: UploadFile) -> None:
        given.append(photo)
        raise ConflictError

    @app.post("/timeout", timeout=0.05)
    async def timeout(photo: UploadFile) -> None:
        given.append(photo)
        await asyncio.sleep(60)

    @app.post("/stream")
    async def streamed(photo: UploadFile) -> StreamingResponse:
        given.append(photo)

        async def pieces() -> AsyncIterator[bytes]:
            while chunk := await photo.read(100_000):
                yield chunk

        return StreamingResponse(pieces())

    @app.post("/wait", cancel_on_disconnect=True)
    async def wait(photo: UploadFile) -> None:
        given.append(photo)
        await asyncio.sleep(60)

    return app, given


@on_both_protocols
@with_and_without_middleware
@pytest.mark.parametrize(
    ("path", "status"),
    [("/good", 200), ("/request", 200), ("/error", 500), ("/conflict", 409), ("/timeout", 504), ("/stream", 200)],
)
async def test_files_are_closed_however_a_handler_ends(
    protocol: WireProtocol, with_middleware: bool, path: str, status: int
) -> None:
    """By a result, an error, a deadline or a stream that reads them."""
    app, given = make_app(with_middleware=with_middleware)
    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)

    response = await client.post(path, content=BODY, headers=HEADERS)

    assert response.status_code == status
    assert [file.is_closed for file in given] == [True]
    assert list_open_uploads() == []


@on_both_protocols
@with_and_without_middleware
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (make_body(PHOTO, make_part("title", b"too long")), 422),
        (make_body(PHOTO, make_part("title", b"\xff")), 400),
        (PHOTO + b"--frontier\r\nbad\r\n", 400),
        (PHOTO[:-2] + b"never ended", 400),
        (make_body(*[PHOTO] * 20), 413),
    ],
    ids=["invalid", "no text", "malformed", "cut", "too large"],
)
@pytest.mark.row(5)
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_files_are_closed_when_the_form_is_refused(
    protocol: WireProtocol, with_middleware: bool, body: bytes, status: int, is_chunked: bool
) -> None:
    """Whatever came before the error is gone, and nobody sees it."""
    app, given = make_app(with_middleware=with_middleware)
    client = TestClient(app, protocol=protocol)

    response = await client.post("/good", content=stream(cut(body, 65_536)) if is_chunked else body, headers=HEADERS)

    assert_problem(response, status, echo="too long")
    assert given == []
    assert list_open_uploads() == []


@on_both_protocols
@with_and_without_middleware
@pytest.mark.parametrize("path", ["/good", "/request"])
async def test_a_client_that_leaves_meanwhile_leaves_nothing(
    protocol: WireProtocol, with_middleware: bool, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no error of the application."""
    app, given = make_app(with_middleware=with_middleware)

    async def leave() -> AsyncIterator[bytes]:
        for chunk in cut(PHOTO, 65_536):
            yield chunk
        raise ConnectionResetError("gone")

    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionResetError):
        await TestClient(app, protocol=protocol).post(
            path, content=leave(), headers=HEADERS | {"content-length": "900000", "transfer-encoding": None}
        )

    assert given == []
    assert error_records(caplog) == []
    assert list_open_uploads() == []


@on_both_protocols
@with_and_without_middleware
async def test_a_handler_that_is_cancelled_leaves_nothing(protocol: WireProtocol, with_middleware: bool) -> None:
    """A client that leaves while its file is worked on ends the work, and the file."""
    app, given = make_app(with_middleware=with_middleware)
    client = TestClient(app, protocol=protocol)

    call = asyncio.create_task(client.post("/wait", content=BODY, headers=HEADERS))
    while not given:
        await asyncio.sleep(0.001)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    for _ in range(1000):
        if given[0].is_closed:
            break
        await asyncio.sleep(0.001)

    assert given[0].is_closed


@with_and_without_middleware
@pytest.mark.parametrize("turns", [*range(1, 40, 3)])
async def test_a_request_that_is_cancelled_at_any_turn_leaves_nothing(with_middleware: bool, turns: int) -> None:
    """While the body is read, the disk written, the handler run or the answer sent."""
    app, _given = make_app(with_middleware=with_middleware)
    await app.startup()
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in cut(BODY, 65_536)]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    iterator = iter(messages)

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0)
        return next(iterator, {"type": "http.disconnect"})

    async def send(_message: object) -> None:
        await asyncio.sleep(0)

    headers = [(b"host", b"localhost"), (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/stream",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }

    task = asyncio.ensure_future(app(scope, receive, send))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await app.shutdown()


@on_both_protocols
@with_and_without_middleware
async def test_deferred_work_may_read_the_file(protocol: WireProtocol, with_middleware: bool) -> None:
    """It is closed after that."""
    app, _given = make_app(with_middleware=with_middleware)
    seen: list[object] = []

    @app.post("/later")
    async def later(photo: UploadFile, tasks: BackgroundTasks) -> None:
        async def work() -> None:
            seen.append(len(await photo.read()))
            seen.append(photo.is_closed)

        tasks.add_task(work)
        seen.append(photo)

    await TestClient(app, protocol=protocol).post("/later", content=BODY, headers=HEADERS)

    photo, size, was_closed = seen
    assert isinstance(photo, UploadFile)
    assert (size, was_closed, photo.is_closed) == (700_000, False, True)


@on_both_protocols
async def test_files_outlive_failing_deferred_work(protocol: WireProtocol) -> None:
    """Work that fails keeps no file open."""
    app, given = make_app()

    @app.post("/later")
    async def later(photo: UploadFile, request: Request) -> None:
        given.append(photo)
        request.defer({}.__getitem__, "missing")

    await TestClient(app, protocol=protocol, raise_app_exceptions=False).post("/later", content=BODY, headers=HEADERS)

    assert given[0].is_closed


@on_both_protocols
async def test_limits_are_the_routes_or_the_applications(protocol: WireProtocol) -> None:
    """A route may have others than its application, for both kinds of forms."""
    app = CovetPy(form_limits=FormLimits(max_fields=1))

    async def count(request: Request) -> int:
        return len((await request.form()).multi_items())

    app.post("/usual")(count)
    app.post("/more", form_limits=FormLimits(max_fields=2))(count)
    client = TestClient(app, protocol=protocol)
    multipart = make_body(make_part("a"), make_part("b"))

    answers = [
        await client.post("/usual", content=multipart, headers=HEADERS),
        await client.post("/usual", data={"a": "1", "b": "2"}),
        await client.post("/more", content=multipart, headers=HEADERS),
        await client.post("/more", data={"a": "1", "b": "2"}),
    ]

    assert [answer.status_code for answer in answers] == [413, 413, 200, 200]
    assert answers[0].json()["detail"] == answers[1].json()["detail"] == "The form has more than 1 fields."


@on_both_protocols
async def test_parts_are_passed_on_with_backpressure(protocol: WireProtocol) -> None:
    """The client is asked for the next piece when the handler wants it."""
    app = CovetPy(body_limit=None)
    sent = 0
    ahead: list[int] = []

    @app.post("/")
    async def pass_on(request: Request) -> int:
        taken = 0
        async for part in request.parts():
            async for chunk in part:
                taken += len(chunk)
                ahead.append(sent - taken)
                await asyncio.sleep(0)
        return taken

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield make_part("f", b"", filename="x")[:-2]
        for _ in range(64):
            sent += 65_536
            yield bytes(65_536)
        yield b"\r\n--frontier--"

    response = await TestClient(app, protocol=protocol).post("/", content=body(), headers=HEADERS)

    assert response.json() == 64 * 65_536
    assert max(ahead) <= 4 * 65_536


@on_both_protocols
@pytest.mark.row(7)
@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/form-data; boundary="' + '\\"' * 30_000,
        "multipart/form-data; !=" + '"\\' * 2_000,
        "multipart/form-data",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=" + "x" * 71,
    ],
    ids=["long", "escapes", "none", "two", "long boundary"],
)
async def test_row_007_a_content_type_has_one_boundary(protocol: WireProtocol, content_type: str) -> None:
    """Whatever else it says is 400, without echo."""
    app, _given = make_app()

    response = await TestClient(app, protocol=protocol).post(
        "/good", content=BODY, headers={"content-type": content_type}
    )

    assert_problem(response, 400, echo="xxxx")


@on_both_protocols
@pytest.mark.row(15)
async def test_row_015_a_bad_form_is_not_a_line_for_each_error(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """100,000 malformed parts are one answer, and no more than a line."""
    app, _given = make_app()

    with caplog.at_level(logging.DEBUG):
        response = await TestClient(app, protocol=protocol).post(
            "/good", content=b"--frontier\r\nbad\r\n\r\n" * 100_000, headers=HEADERS
        )

    assert_problem(response, 400)
    assert len([record for record in caplog.records if record.name.startswith("covet")]) <= 1
