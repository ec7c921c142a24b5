"""`static()` of routers and of the application."""

from pathlib import Path

import pytest

from covet import CovetPy
from covet.core.routing import CovetRouter
from covet.core.static_mounting import StaticMounting
from covet.exceptions import RouteConflictError, RouteError
from covet.testing import TestClient


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with a file."""
    (tmp_path / "a.txt").write_text("a")
    return tmp_path


@pytest.mark.parametrize("owner", [CovetPy, CovetRouter])
def test_both_have_it(owner: type[StaticMounting], directory: Path) -> None:
    """From the same place."""
    assert owner.static is StaticMounting.static
    owner().static("/files", directory)


async def test_included_router_brings_its_files_along(directory: Path) -> None:
    """Below each of its prefixes, and those that it gets later."""
    app, router = CovetPy(), CovetRouter()
    app.include_router(router, "/one", name_prefix="one-")
    app.include_router(router, "/two", name_prefix="two-")
    router.static("/files", directory, name="files")
    client = TestClient(app)

    assert [(await client.get(f"/{prefix}/files/a.txt")).text for prefix in ("one", "two")] == ["a", "a"]
    assert app.url_for("two-files", path="a.txt") == "/two/files/a.txt"


async def test_router_without_a_prefix_keeps_its_layers(directory: Path) -> None:
    """Those of the inclusion as well."""

    async def stamp(request: object, call_next: object) -> object:
        response = await call_next(request)  # type: ignore[operator]
        response.headers["x-stamp"] = "1"
        return response

    app, router = CovetPy(), CovetRouter()
    router.static("/files", directory)
    app.include_router(router, middleware=[stamp])

    assert (await TestClient(app).get("/files/a.txt")).headers["x-stamp"] == "1"


@pytest.mark.parametrize("prefix", ["/files/", "files", "/{name}"])
def test_prefix_is_text_that_begins_a_path(prefix: str, directory: Path) -> None:
    """As that of any mount."""
    with pytest.raises(RouteError):
        CovetPy().static(prefix, directory)


def test_place_is_taken_once(directory: Path) -> None:
    """By files or by an application."""
    app = CovetPy()
    app.static("/files", directory, name="files")

    with pytest.raises(RouteConflictError, match="Something is mounted there already"):
        app.mount("/files", CovetPy())
    with pytest.raises(RouteError, match="The name 'files' belongs to"):
        app.static("/more", directory, name="files")


def test_application_has_its_own_layers() -> None:
    """Middleware of the mount would not be around it."""
    with pytest.raises(RouteError) as caught:
        CovetPy().mount("/other", CovetPy(), middleware=[object()])

    assert str(caught.value) == (
        "/other: An application that is mounted has its own middleware.\n"
        "  Leave middleware= out, or give it to the application."
    )


async def test_longer_prefix_goes_first(directory: Path, tmp_path: Path) -> None:
    """In any order of declaration."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("inner")
    app = CovetPy()
    app.static("/", directory)
    app.static("/files", tmp_path / "sub")

    client = TestClient(app)

    assert (await client.get("/a.txt")).text == "a"
    assert (await client.get("/files/a.txt")).text == "inner"


async def test_layer_that_a_router_gets_later_is_around_its_files(directory: Path) -> None:
    """They are compiled anew."""
    app, router = CovetPy(), CovetRouter()
    router.static("/files", directory)
    app.include_router(router)
    client = TestClient(app)
    await client.get("/files/a.txt")

    @router.middleware
    async def stamp(request: object, call_next: object) -> object:
        response = await call_next(request)  # type: ignore[operator]
        response.headers["x-stamp"] = "1"
        return response

    assert (await client.get("/files/a.txt")).headers["x-stamp"] == "1"


async def test_websocket_below_files_is_refused(directory: Path) -> None:
    """Files do not speak it: the handshake ends as where nothing is."""
    app = CovetPy()
    app.static("/files", directory)
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: object) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/files/a.txt", "headers": []}, receive, send)

    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


async def test_wrapped_application_serves_files(directory: Path) -> None:
    """Raw ASGI middleware is around them, on RSGI as well."""
    app = CovetPy()
    app.static("/files", directory)
    app.wrap(lambda inner: inner)

    for protocol in ("asgi", "rsgi"):
        assert (await TestClient(app, protocol=protocol).get("/files/a.txt")).text == "a"


async def test_mounted_application_serves_files_below_its_prefix(directory: Path) -> None:
    """A redirect names the whole path."""
    (directory / "sub").mkdir()
    (directory / "sub" / "index.html").write_text("page")
    app, inner = CovetPy(), CovetPy()
    inner.static("/files", directory, html=True)
    app.mount("/inner", inner)
    client = TestClient(app, follow_redirects=False)

    redirect = await client.get("/inner/files/sub")

    assert redirect.headers["location"] == "/inner/files/sub/"
    assert (await client.get("/inner/files/sub/")).text == "page"
