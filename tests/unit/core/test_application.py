"""
Tests of the dispatcher.
"""

import inspect
from typing import Annotated, Any

import pytest

from covet import Body, CovetPy, Request
from covet.core.routing import CovetRouter
from covet.exceptions import ConfigurationError
from covet.serialization import Serializer, register_serializer
from covet.testing import TestClient
from covet.types import ASGIApp, Receive, Scope, Send

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app() -> CovetPy:
    """Make an application with one route."""
    app = CovetPy()

    @app.get("/users/{user_id}")
    async def show(user_id: int) -> dict[str, int]:
        return {"user_id": user_id}

    return app


@Protocols
async def test_the_log_says_that_the_application_is_ready(protocol: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Once, after the last step of the start; not if a step failed."""
    caplog.set_level("INFO", "covet.lifespan")
    app, broken = make_app(), make_app()

    @broken.on_startup
    def fail() -> None:
        raise RuntimeError("no")

    async with TestClient(app, protocol=protocol):
        pass
    with pytest.raises(RuntimeError, match="no"):
        async with TestClient(broken, protocol=protocol):
            pass

    assert [record.msg for record in caplog.records] == ["Ready (process %d)."]


def test_servers_recognise_asgi_3() -> None:
    """They ask whether the application, or its `__call__`, is a coroutine function."""
    app = make_app()

    assert inspect.iscoroutinefunction(app.__call__)
    assert callable(app)


@Protocols
async def test_a_route_may_be_added_while_the_application_runs(protocol: Any) -> None:
    """The next request finds it; a wrong one is refused and changes nothing."""
    app = make_app()

    async with TestClient(app, protocol=protocol) as client:
        before = await client.get("/late")

        @app.get("/late")
        async def late() -> str:
            return "late"

        after = await client.get("/late")
        with pytest.raises(ConfigurationError):
            app.add_route("/wrong", lambda one, two: None, name="wrong")
        wrong = await client.get("/wrong")

    assert (before.status_code, after.text, wrong.status_code) == (404, "late", 404)


@Protocols
async def test_a_layer_may_be_added_to_a_router_while_the_application_runs(protocol: Any) -> None:
    """Its routes are compiled again."""
    app = make_app()

    async def stamp(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    async with TestClient(app, protocol=protocol) as client:
        before = await client.get("/users/7")
        app.router.middleware(stamp)
        after = [await client.get("/users/7") for _ in range(2)]

    assert "x-stamp" not in before.headers
    assert [response.headers["x-stamp"] for response in after] == ["1", "1"]


@Protocols
async def test_a_mounted_application_answers_below_its_prefix(protocol: Any) -> None:
    """It sees its own paths, and its lifespan runs."""
    log: list[str] = []
    inner = CovetPy()

    @inner.get("/x")
    async def x(request: Request) -> dict[str, str]:
        return {"path": request.path, "url": str(request.url)}

    inner.on_startup(lambda: log.append("start"))
    inner.on_shutdown(lambda: log.append("stop"))
    app = make_app()
    app.mount("/inner", inner)

    async with TestClient(app, protocol=protocol) as client:
        inside = await client.get("/inner/x")
        outside = await client.get("/innerx")
        missing = await client.get("/inner/y")

    assert inside.json() == {"path": "/x", "url": "http://testserver/inner/x"}
    assert (outside.status_code, missing.status_code) == (404, 404)
    assert log == ["start", "stop"]


@Protocols
async def test_raw_middleware_wraps_everything(protocol: Any) -> None:
    """What is wrapped first is outermost; it works on RSGI as well."""

    def add(name: bytes) -> Any:
        def wrapper(inner: ASGIApp) -> ASGIApp:
            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                async def stamped(message: Any) -> None:
                    if message["type"] == "http.response.start":
                        message["headers"] = [*message["headers"], (b"x-order", name)]
                    await send(message)

                await inner(scope, receive, stamped)

            return app

        return wrapper

    app = make_app()
    app.wrap(add(b"outer"))
    app.wrap(add(b"inner"))

    async with TestClient(app, protocol=protocol) as client:
        responses = [await client.get(path) for path in ("/users/7", "/users/7", "/nowhere")]

    assert [response.status_code for response in responses] == [200, 200, 404]
    assert [response.headers.get_list("x-order") for response in responses] == [["inner", "outer"]] * 3


async def test_optional_parts_of_the_scope_may_be_missing() -> None:
    """`root_path`, `raw_path`, `client`, `extensions` and `state` are optional in ASGI."""
    app = make_app()
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/users/7",
        "query_string": b"",
        "headers": [(b"host", b"a")],
    }

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    for _ in range(2):
        await app(dict(scope), receive, send)

    assert [message.get("status") for message in sent] == [200, None, 200, None]


@pytest.mark.row(28)
async def test_remembered_hosts_are_bounded() -> None:
    """Clients cannot fill the memory with hosts."""
    app = make_app()

    async with TestClient(app) as client:
        for number in range(1100):
            await client.get("/users/7", headers={"host": f"h{number}"})

    assert len(app.hosts_bytes) <= 1024


async def test_sub_applications_see_the_root_path() -> None:
    """Under a prefix of the server the routes are found without it."""
    app = make_app()
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/base/users/7",
        "root_path": "/base",
        "query_string": b"",
        "headers": [(b"host", b"a")],
    }

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)

    assert sent[0]["status"] == 200


class Lines(Serializer):
    """A format of the test's own."""

    @property
    def media_type(self) -> str:
        """A text of lines."""
        return "text/x-lines"

    def serialize(self, data: Any) -> bytes:
        """Write one item to a line."""
        return "\n".join(data).encode()

    def deserialize(self, data: bytes) -> list[str]:
        """Read them back."""
        return data.decode().split("\n")


@Protocols
async def test_a_format_may_be_registered_while_the_application_runs(protocol: Any) -> None:
    """The next request can be answered in it, and sent in it; another application knows nothing of it."""
    app, other = CovetPy(), CovetPy()

    @app.post("/")
    @other.post("/")
    async def echo(items: Annotated[list[str], Body()]) -> list[str]:
        return items

    headers = {"content-type": "text/x-lines", "accept": "text/x-lines"}
    async with TestClient(app, protocol=protocol) as client:
        before = await client.post("/", content=b"a\nb", headers=headers)
        register_serializer(Lines(), registry=app.serializers)
        during = await client.post("/", content=b"a\nb", headers=headers)
        app.serializers.unregister("text/x-lines")
        after = await client.post("/", content=b"a\nb", headers=headers)
    elsewhere = await TestClient(other, protocol=protocol).post("/", content=b"a\nb", headers=headers)

    assert (during.status_code, during.content) == (200, b"a\nb")
    assert [response.status_code for response in (before, after, elsewhere)] == [415, 415, 415]


@pytest.mark.parametrize(
    ("method", "path", "name", "values"),
    [("GET", "/users/7", "show_user", ["7"]), ("HEAD", "/users/7", "show_user", ["7"])],
)
def test_endpoint_of_a_request_is_told_without_a_request(method: str, path: str, name: str, values: list[str]) -> None:
    """It is what a request would get: the compiled route, and the texts of its path."""
    app = CovetPy()

    @app.get("/users/{user_id:int}")
    async def show_user(user_id: int) -> None: ...

    compiled, found, mount = app.find_endpoint(method, path)

    assert compiled is app.router.routes[0].endpoint
    assert (compiled.shown.name, list(found), mount) == (name, values, None)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/", 405), ("GET", "nothing", 400), ("GET", "/" + "a" * 9000, 414)],
)
def test_answer_of_what_no_route_has_is_told(method: str, path: str, status: int) -> None:
    """A malformed target, too."""
    app = CovetPy()

    @app.get("/")
    async def index() -> None: ...

    compiled, (answer,), mount = app.find_endpoint(method, path)

    assert (compiled.shown, mount) == (None, None)
    assert answer.status_code == status


def test_endpoint_of_a_mounted_application_is_its_mount() -> None:
    """What it makes of the path is its own business."""
    app = CovetPy()

    async def inner(scope: Scope, receive: Receive, send: Send) -> None: ...

    app.mount("/inner", inner)

    assert app.find_endpoint("GET", "/inner/a")[2] is app.router.mounts[0]


def test_what_was_compiled_is_listed() -> None:
    """
    The very objects that answer requests; those of a router that has changed are compiled again.
    """
    app = CovetPy()
    router = CovetRouter()

    async def show() -> None: ...

    async def layer(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    router.add_route("/inner", show)
    app.include_router(router)
    app.add_route("/outer", show)

    first = app.list_compiled()
    again = app.list_compiled()
    router.middleware(layer)
    changed = app.list_compiled()

    assert [compiled.route.path for compiled in first] == ["/inner", "/outer"]
    assert all(a is b for a, b in zip(first, again, strict=True))
    assert (changed[0] is first[0], changed[1] is first[1]) == (False, True)
    assert [compiled.route.endpoint for compiled in changed] == changed
