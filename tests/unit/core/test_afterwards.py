"""
Tests of what follows a response: `on_finish`, then the deferred work.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from covet import CovetPy, Request, Response, UploadFile
from covet.core.afterwards import abandon, close_all, close_at_end, release_before_stream, run_afterwards
from covet.core.middleware import Middleware
from covet.http.forms import FormData
from covet.responses import StreamingResponse
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Passing(Middleware):
    """Changes nothing, and does not want to learn of the end."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the response on."""
        return response


class Recorder(Middleware):
    """Note what leaves, and when the exchange is over."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    def process_request(self, request: Request) -> Response | None:
        """Note that a request came."""
        self.log.append(f"{self.name} request")
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the status."""
        self.log.append(f"{self.name} response {response.status_code}")
        return response

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Note what ended the exchange."""
        self.log.append(f"{self.name} finish {type(error).__name__}")


async def get(app: CovetPy, protocol: Any = "asgi") -> Any:
    """Send one GET, and take a 500 for an answer."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        return await client.get("/")


@Protocols
async def test_on_finish_comes_after_the_last_byte_of_a_stream(protocol: str) -> None:
    """A stream is over before its layers learn so."""
    log: list[str] = []
    app = CovetPy(middleware=[Recorder("a", log)])

    @app.get("/")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            for number in range(3):
                await asyncio.sleep(0)
                yield str(number)
            log.append("last")

        return StreamingResponse(pieces())

    response = await get(app, protocol)

    assert response.text == "012"
    assert log[-2:] == ["last", "a finish NoneType"]


@Protocols
async def test_on_finish_learns_that_the_client_left(protocol: Any) -> None:
    """A stream whose client leaves ends with an error for its layers, once."""
    log: list[str] = []
    app = CovetPy(middleware=[Recorder("a", log)])

    @app.get("/")
    async def stream() -> AsyncIterator[str]:
        while True:
            await asyncio.sleep(0)
            yield "piece"

    client = TestClient(app, protocol=protocol)
    async with client.stream("GET", "/") as response:
        await anext(response.aiter_bytes())

    assert log[:2] == ["a request", "a response 200"]
    assert log[2:] == ["a finish ClientDisconnectedError"]


async def test_on_finish_learns_of_a_cancellation() -> None:
    """A handler that its server cancels has no response; its layers are told, each once."""
    log: list[str] = []
    app = CovetPy(middleware=[Recorder("a", log), Recorder("b", log)])
    started = asyncio.Event()

    @app.get("/")
    async def index() -> str:
        started.set()
        await asyncio.sleep(30)
        return "never"

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        log.append(message["type"])

    scope = {
        "type": "http", "method": "GET", "path": "/", "root_path": "", "query_string": b"",
        "headers": [(b"host", b"testserver")],
    }  # fmt: skip
    task = asyncio.ensure_future(app(scope, receive, send))
    await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert log == ["a request", "b request", "b finish CancelledError", "a finish CancelledError"]


async def test_a_failing_on_finish_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged by its layer's name."""
    log: list[str] = []

    class Failing(Recorder):
        async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
            raise RuntimeError("own")

    app = CovetPy(middleware=[Recorder("a", log), Failing("b", log)])

    @app.get("/")
    async def index() -> str:
        return "index"

    response = await get(app)

    assert response.text == "index"
    assert log[-1] == "a finish NoneType"
    assert [record.getMessage() for record in caplog.records] == ["Failing.on_finish failed"]


@Protocols
async def test_deferred_work_follows_on_finish(protocol: str) -> None:
    """The exchange is over for the layers before work that was put off begins; its failure is logged, no more."""
    log: list[str] = []
    app = CovetPy(middleware=[Recorder("a", log)])

    def fail() -> None:
        log.append("failed")
        raise RuntimeError("deferred")

    @app.get("/")
    async def index(request: Request) -> str:
        request.defer(fail)
        request.defer(log.append, "deferred")
        return "index"

    response = await get(app, protocol)

    assert response.text == "index"
    assert log[2:] == ["a finish NoneType", "failed", "deferred"]


@Protocols
@pytest.mark.parametrize("layers", [(), (Passing,), (Recorder("a", []),)])
async def test_work_of_a_failed_handler_is_done(protocol: str, layers: tuple[object, ...]) -> None:
    """What was deferred before the error was deferred on purpose."""
    log: list[str] = []
    app = CovetPy(middleware=layers)

    @app.get("/")
    async def index(request: Request) -> str:
        request.defer(log.append, "deferred")
        raise RuntimeError("broken")

    response = await get(app, protocol)

    assert (response.status_code, log) == (500, ["deferred"])


@Protocols
async def test_a_layer_that_answers_or_fails_itself_is_told_too(protocol: str) -> None:
    """Whoever was entered learns of the end, whatever it did; whoever was not, does not."""
    log: list[str] = []

    class Failing(Recorder):
        def process_request(self, request: Request) -> Response | None:
            raise RuntimeError("own")

    app = CovetPy(middleware=[Recorder("a", log), Failing("b", log), Recorder("c", log)])

    @app.get("/")
    async def index() -> str:
        return "index"

    await get(app, protocol)

    assert log == ["a request", "a response 500", "b finish NoneType", "a finish NoneType"]


@Protocols
async def test_on_finish_learns_that_the_client_of_a_cancelled_handler_left(protocol: Any) -> None:
    """`cancel_on_disconnect` ends the exchange early, too."""
    log: list[str] = []
    app = CovetPy(middleware=[Recorder("a", log)])

    @app.get("/", cancel_on_disconnect=True)
    async def index() -> None:
        await asyncio.sleep(30)

    client = TestClient(app, protocol=protocol)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.get("/")

    assert log == ["a request", "a response 400", "a finish ClientDisconnectedError"]


@Protocols
@pytest.mark.parametrize("layers", [(), (Recorder("a", []),)])
async def test_a_timeout_covers_the_first_piece_of_a_stream(protocol: Any, layers: tuple[object, ...]) -> None:
    """Until then it can be answered; a stream that has begun may take as long as it likes."""
    app = CovetPy(middleware=layers)

    @app.get("/late", timeout=0.02)
    async def late() -> AsyncIterator[str]:
        await asyncio.sleep(30)
        yield "never"

    @app.get("/long", timeout=0.02)
    async def long() -> AsyncIterator[str]:
        yield "one "
        await asyncio.sleep(0.1)
        yield "two"

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)

    assert (await client.get("/late")).status_code == 504
    assert (await client.get("/long")).text == "one two"


@Protocols
async def test_a_timeout_of_the_streams_own_is_its_error(protocol: Any) -> None:
    """It is not taken for the route's."""
    app = CovetPy()

    @app.get("/", timeout=30)
    async def index() -> AsyncIterator[str]:
        raise TimeoutError("own")
        yield ""

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert response.status_code == 500


async def test_what_is_left_open_is_closed_the_last_first(caplog: pytest.LogCaptureFixture) -> None:
    """Once, a failure is logged and stops no other; nothing is awaited while a coroutine is closed."""
    log: list[str] = []
    request = Request()

    def closing(name: str) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            log.append(name)
            if name == "b":
                raise ValueError(name)

        return close

    for name in "abc":
        close_at_end(request, closing(name))

    await abandon(request, GeneratorExit())
    kept = list(log)
    await abandon(request, KeyError())
    await close_all(request)

    assert (kept, log) == ([], ["c", "b", "a"])
    assert [record.getMessage() for record in caplog.records] == ["Closing what <Request GET '/'> has left open failed"]


def make_request_with_file() -> tuple[Request, UploadFile]:
    """Make a request as it is once a form was read that brought a file."""
    request, upload = Request(), UploadFile("tea.txt", content=b"x")
    request._keep_form(FormData(files=[("photo", upload)]))
    return request, upload


@pytest.mark.parametrize("error", [KeyError("a"), GeneratorExit()], ids=["error", "closed"])
async def test_an_abandoned_request_leaves_no_file(error: BaseException) -> None:
    """Where nothing can be awaited, files are closed without waiting."""
    request, upload = make_request_with_file()

    await abandon(request, error)

    assert upload.is_closed


async def test_deferred_work_that_is_closed_leaves_no_file() -> None:
    """Nothing can be awaited then, however much a file wants a thread for its closing."""
    request, upload = Request(), UploadFile("tea.txt")
    request._keep_form(FormData(files=[("photo", upload)]))
    await upload.append(b"x", keeps_in_memory=False)
    await upload.rewind()
    request.defer(asyncio.sleep, 30)
    afterwards = run_afterwards(request, None)
    afterwards.send(None)

    afterwards.close()

    assert upload.is_closed


async def test_files_are_closed_after_deferred_work() -> None:
    """What is deferred may read them, and its failure keeps none open."""
    request, upload = make_request_with_file()
    seen: list[bool] = []

    async def work() -> None:
        seen.append(upload.is_closed)
        raise asyncio.CancelledError

    request.defer(work)
    await run_afterwards(request, None)

    assert seen == [False]
    assert upload.is_closed


@Protocols
async def test_what_others_wait_for_is_released_before_a_stream(protocol: Any) -> None:
    """After the handler, before the first piece, in the order of asking; a response that is whole releases nothing."""
    app, log = CovetPy(), list[str]()

    @app.get("/{kind}")
    async def show(request: Request, kind: str) -> Response:
        for name in ("a", "b"):

            async def release(name: str = name) -> None:
                log.append(f"release {name}")

            release_before_stream(request, release)

        async def pieces() -> AsyncIterator[str]:
            log.append("piece")
            yield "x"

        log.append(kind)
        return StreamingResponse(pieces()) if kind == "stream" else Response("whole")

    async with TestClient(app, protocol=protocol) as client:
        for kind in ("stream", "whole"):
            await client.get(f"/{kind}")

    assert log == ["stream", "release a", "release b", "piece", "whole"]
