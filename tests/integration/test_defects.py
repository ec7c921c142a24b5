"""
Known defects of dispatch that must not come back: a test names each.
"""

import ast
import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext
from covet.exceptions import DatabaseError, NotFoundError
from covet.middleware import CORSMiddleware, Middleware
from covet.registry import Registry
from covet.responses import StreamingResponse
from covet.serialization import negotiate, parse_media_type
from covet.tasks import BackgroundTasks
from covet.testing import TestClient
from tests.architecture.source import SourceFile, read_source
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols


class Noting(Middleware):
    """Notes each of its hooks."""

    def __init__(self, name: str, events: list[str], *, answers: bool = False) -> None:
        self.name = name
        self.events = events
        self.answers = answers

    async def process_request(self, request: Request) -> Response | None:
        """Note the way in, and answer at once if so asked."""
        self.events.append(f"{self.name} in")
        return Response("short") if self.answers else None

    async def process_response(self, request: Request, response: Response) -> Response:
        """Note the way out."""
        self.events.append(f"{self.name} out")
        return response

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Note the end."""
        self.events.append(f"{self.name} end")


# ── Middleware ───────────────────────────────────────────────────────────────


@on_both_protocols
async def test_one_chain_is_not_cached_for_all_handlers(protocol: WireProtocol) -> None:
    """Defect: the first handler that was called answered for every route."""
    app = CovetPy(middleware=[Noting("a", [])])

    @app.get("/one")
    async def one() -> str:
        return "one"

    @app.get("/two/{name}")
    async def two(name: str) -> str:
        return name

    client = TestClient(app, protocol=protocol)
    answers = [(await client.get(path)).text for path in ("/one", "/two/x", "/one", "/two/y")]

    assert answers == ["one", "x", "one", "y"]


@on_both_protocols
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/good", ["a in", "b in", "b out", "a out", "b end", "a end"]),
        ("/bad", ["a in", "b in", "b out", "a out", "b end", "a end"]),
        ("/nowhere", ["a in", "b in", "b out", "a out", "b end", "a end"]),
        ("/short", ["a in", "b in", "c in", "c out", "b out", "a out", "c end", "b end", "a end"]),
        ("/cancelled", ["a in", "b in", "b out", "a out", "b end", "a end"]),
    ],
)
async def test_no_hook_is_skipped(protocol: WireProtocol, path: str, expected: list[str]) -> None:
    """Defect: hooks of a layer that was entered were skipped on a short-circuit, an error or a cancellation."""
    events: list[str] = []
    app = CovetPy(middleware=[Noting("a", events), Noting("b", events)])

    @app.get("/good")
    async def good() -> str:
        return "good"

    @app.get("/bad")
    async def bad() -> None:
        raise ValueError

    @app.get("/short", middleware=[Noting("c", events, answers=True)])
    async def short() -> None:
        raise AssertionError

    @app.get("/cancelled")
    async def cancelled() -> None:
        raise asyncio.CancelledError

    await TestClient(app, protocol=protocol, raise_app_exceptions=False).get(path)

    assert events == expected


@on_both_protocols
async def test_nothing_of_a_request_is_found_by_its_identity(protocol: WireProtocol) -> None:
    """Defect: scopes were kept by `id(request)`, and leaked: the next request at that address got another's data."""
    app = CovetPy()
    seen: list[object] = []

    @app.middleware
    async def look(request: Request, call_next: CallNext) -> Response:
        seen.append(getattr(request.state, "user", None))
        request.state.user = "somebody"
        return await call_next(request)

    @app.get("/{how}")
    async def leave(how: str) -> None:
        if how == "error":
            raise ValueError
        if how == "cancel":
            raise asyncio.CancelledError

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)
    gc.collect()
    for how in ("good", "error", "cancel") * 20:
        await client.get(f"/{how}")

    assert seen == [None] * 60


@on_both_protocols
async def test_no_origins_are_not_all_origins(protocol: WireProtocol) -> None:
    """Defect: `allow_origins=[]` was replaced by `["*"]`."""
    origins: list[str] | None
    for origins in ([], None):
        app = CovetPy(middleware=[CORSMiddleware(allow_origins=origins)])

        @app.get("/")
        async def index() -> str:
            return "ok"

        client = TestClient(app, protocol=protocol)
        response = await client.get("/", headers={"origin": "https://a.test"})
        preflight = await client.options(
            "/", headers={"origin": "https://a.test", "access-control-request-method": "GET"}
        )

        assert "access-control-allow-origin" not in response.headers
        assert "access-control-allow-origin" not in preflight.headers


# ── Errors and results ───────────────────────────────────────────────────────


@on_both_protocols
async def test_database_error_is_no_404(protocol: WireProtocol) -> None:
    """Defect: a `DatabaseError` was answered as if there were no such row."""
    app = CovetPy()

    @app.get("/broken")
    async def broken() -> None:
        raise DatabaseError("no such table: users")

    @app.get("/missing")
    async def missing() -> None:
        raise NotFoundError

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)

    assert_problem(await client.get("/broken"), 500, echo="users")
    assert_problem(await client.get("/missing"), 404)


@on_both_protocols
@pytest.mark.parametrize(
    ("value", "status", "body"),
    [(0, 200, b"0"), ("", 200, b""), ([], 200, b"[]"), ({}, 200, b"{}"), (False, 200, b"false"), (b"", 200, b""),
     (0.0, 200, b"0.0"), (None, 204, b"")],
)  # fmt: skip
async def test_empty_values_are_values(protocol: WireProtocol, value: Any, status: int, body: bytes) -> None:
    """Defect: `if result:` took 0, an empty text and an empty list for nothing."""
    app = CovetPy()

    @app.get("/")
    async def index() -> Any:
        return value

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.status_code, response.content) == (status, body)


@on_both_protocols
async def test_empty_default_of_a_parameter_is_a_value(protocol: WireProtocol) -> None:
    """Defect: the same, on the way in: a value that came and is empty does not become the default."""
    app = CovetPy()

    @app.get("/")
    async def index(text: str = "default", number: int = 7, flag: bool = True) -> list[object]:
        return [text, number, flag]

    client = TestClient(app, protocol=protocol)

    assert (await client.get("/?text=&number=0&flag=false")).json() == ["", 0, False]
    assert (await client.get("/")).json() == ["default", 7, True]


# ── Background work ──────────────────────────────────────────────────────────


@on_both_protocols
@pytest.mark.parametrize("how", ["parameter", "made", "returned", "response"])
async def test_background_tasks_are_attached(protocol: WireProtocol, how: str) -> None:
    """Defect: tasks that a handler made were never attached to its response, and never ran."""
    app = CovetPy()
    done: list[str] = []

    @app.get("/parameter")
    async def parameter(tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, "ran")
        return "ok"

    @app.get("/made")
    async def made(request: Request) -> str:
        request.defer(done.append, "ran")
        return "ok"

    @app.get("/returned")
    async def returned() -> Response:
        tasks = BackgroundTasks()
        tasks.add_task(done.append, "ran")
        return Response("ok", background=tasks)

    @app.get("/response")
    async def streamed() -> Response:
        tasks = BackgroundTasks()
        tasks.add_task(done.append, "ran")
        return StreamingResponse(iter([b"ok"]), background=tasks)

    await TestClient(app, protocol=protocol).get(f"/{how}")

    assert done == ["ran"]


@on_both_protocols
async def test_one_failing_task_does_not_stop_the_rest(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """Defect: the first background task that failed took the others with it."""
    app = CovetPy()
    done: list[str] = []

    def fail() -> None:
        raise ValueError("the task's own")

    @app.get("/")
    async def index(tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, "first")
        tasks.add_task(fail)
        tasks.add_task(done.append, "last")
        return "ok"

    with caplog.at_level(logging.ERROR):
        response = await TestClient(app, protocol=protocol).get("/")

    assert (response.text, done) == ("ok", ["first", "last"])
    assert "the task's own" in caplog.text


# ── Start, stop and threads ──────────────────────────────────────────────────


@on_both_protocols
async def test_what_never_started_is_not_stopped(protocol: WireProtocol) -> None:
    """Defect: an application whose start failed was served anyway, and what never started was shut down."""
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(_: CovetPy) -> AsyncIterator[None]:
        events.append("opened")
        yield
        events.append("closed")

    app = CovetPy(lifespan=lifespan)

    @app.on_event("startup")
    async def fail() -> None:
        raise RuntimeError("no such disk")

    @app.on_event("shutdown")
    async def stop() -> None:
        events.append("stopped")

    with pytest.raises(RuntimeError, match=r"^no such disk"):
        async with TestClient(app, protocol=protocol):
            events.append("served")

    assert events == ["opened", "closed"]


@on_both_protocols
async def test_blocking_handlers_do_not_block(protocol: WireProtocol) -> None:
    """Defect: blocking calls ran on the event loop. A plain function runs in a thread, while others are answered."""
    app = CovetPy()
    go_on = threading.Event()

    @app.get("/blocking")
    def blocking() -> str:
        assert go_on.wait(20)
        return threading.current_thread().name

    @app.get("/other")
    async def other() -> str:
        go_on.set()
        return threading.current_thread().name

    client = TestClient(app, protocol=protocol)
    blocked = asyncio.create_task(client.get("/blocking"))
    await asyncio.sleep(0)
    answered = await client.get("/other")

    assert (await blocked).text != answered.text


# ── Shared state ─────────────────────────────────────────────────────────────


def test_remembered_results_are_not_shared() -> None:
    """Defect: `lru_cache` handed the same dictionary to everybody, and one caller's change was the next one's input."""
    first = parse_media_type("text/html; charset=utf-8")[1]
    first["charset"] = "changed"

    assert parse_media_type("text/html; charset=utf-8")[1] == {"charset": "utf-8"}
    assert isinstance(negotiate("text/html", ["text/html"]), str)


def test_entry_points_are_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defect: `entry_points().get()`, which is gone from Python 3.12: groups are selected by keyword."""
    found = EntryPoints([EntryPoint("json", "json:dumps", "group.of.ours"), EntryPoint("x", "x:y", "another.group")])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: found.select(group=group))

    registry: Registry[object] = Registry()

    assert registry.discover_entry_points("group.of.ours") == ["json"]


every_file = pytest.mark.parametrize("file", read_source(), ids=lambda file: file.relative)


@every_file
def test_source_has_none_of_the_calls_that_failed(file: SourceFile) -> None:
    """Defects: naive `utcnow()`, `asyncio.gather` that leaves siblings running, `entry_points().get`."""
    calls = [ast.unparse(node.func) for node in ast.walk(file.tree) if isinstance(node, ast.Call)]

    assert [call for call in calls if call.endswith(("utcnow", "utcfromtimestamp", "entry_points().get"))] == []
    # With one awaitable, or when failures are returned, no sibling can be left.
    gathers = [
        node for node in ast.walk(file.tree) if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("gather")
    ]
    assert [
        ast.unparse(node) for node in gathers if "return_exceptions" not in {word.arg for word in node.keywords}
    ] == []


@every_file
def test_no_class_has_a_mutable_default(file: SourceFile) -> None:
    """Defect: `dependencies = []` in a class body, which all its subclasses and instances shared."""
    shared = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for cls in ast.walk(file.tree)
        if isinstance(cls, ast.ClassDef)
        for node in cls.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and isinstance(node.value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp))
    ]

    assert shared == []
