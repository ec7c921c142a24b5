"""Bodies that need no stream."""

import os
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.core.file_sending import make_last, send_at_once
from covet.exceptions import ServiceUnavailableError
from covet.http.streamed_response import StreamedResponse
from covet.responses import FileResponse
from covet.testing import TestClient

PATHSEND: dict[str, Any] = {"extensions": {"http.response.pathsend": {}}}


class Protocol:
    """Notes how it was told to answer."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda status, headers, *rest: self.calls.append((name, status, *rest))


async def prepare(path: Path, size: int, wanted: str | None = None) -> FileResponse:
    """Make a file of a size, and the response to a request for it."""
    from covet import Request

    path.write_bytes(bytes(size))
    response = FileResponse(path)
    await response.prepare(Request(headers={"range": wanted} if wanted else {}))
    return response


@pytest.mark.parametrize(
    ("size", "wanted", "call"),
    [
        (3, None, ("response_bytes", 200, bytes(3))),
        (3, "bytes=0-1", ("response_bytes", 206, bytes(2))),
        (100_000, None, ("response_file", 200, "PATH")),
        (100_000, "bytes=5-9", ("response_file_range", 206, "PATH", 5, 10)),
    ],
)
async def test_server_sends_what_it_can(
    tmp_path: Path, size: int, wanted: str | None, call: tuple[object, ...], blockbuster: object
) -> None:
    """A small file as bytes, a large one by its path."""
    response, protocol = await prepare(tmp_path / "a", size, wanted), Protocol()

    assert await send_at_once(protocol, response, [])
    assert protocol.calls == [tuple(str(tmp_path / "a") if part == "PATH" else part for part in call)]


@pytest.mark.parametrize(
    ("size", "wanted", "scope", "expected"),
    [
        (3, None, {}, {"type": "http.response.body", "body": bytes(3)}),
        (100_000, None, PATHSEND, {"type": "http.response.pathsend", "path": "PATH"}),
        (100_000, None, {}, None),
        (100_000, None, {"extensions": None}, None),
        (100_000, "bytes=5-9", PATHSEND, None),
    ],
)
async def test_asgi_has_an_extension_for_whole_files(
    tmp_path: Path, size: int, wanted: str | None, scope: dict[str, object], expected: dict[str, object] | None
) -> None:
    """If the server says that it has it."""
    message = await make_last(scope, await prepare(tmp_path / "a", size, wanted))

    if expected and "path" in expected:
        expected = {**expected, "path": str(tmp_path / "a")}
    assert message == expected


async def test_several_parts_and_other_streams_are_streamed(tmp_path: Path) -> None:
    """Nobody but us can make them."""
    parts, protocol = await prepare(tmp_path / "a", 100_000, "bytes=0-1,5-6"), Protocol()

    for response in (parts, StreamedResponse(iter(["a"]))):
        assert not await send_at_once(protocol, response, [])
        assert await make_last(PATHSEND, response) is None
    assert protocol.calls == []


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_name_that_is_no_text_is_streamed(tmp_path: Path, protocol: Any) -> None:
    """A server takes paths as text alone; the file system takes any bytes."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.bin"))
    path.write_bytes(bytes(100_000))
    app = CovetPy()
    app.add_route("/", lambda: FileResponse(path))

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.status_code, len(response.content)) == (200, 100_000)


@pytest.mark.parametrize("fresh", [0.0, 60.0])
async def test_file_that_was_replaced_is_not_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: float
) -> None:
    """The headers speak of another one, which neither kind of server would notice; a moment later or long after."""
    monkeypatch.setattr("covet.responses.file.FRESH_SECONDS", fresh)
    response, protocol = await prepare(tmp_path / "a", 100_000), Protocol()
    (tmp_path / "b").write_bytes(bytes(100_000))
    (tmp_path / "b").rename(tmp_path / "a")

    with pytest.raises(ServiceUnavailableError):
        await send_at_once(protocol, response, [])
    with pytest.raises(ServiceUnavailableError):
        await make_last(PATHSEND, response)

    assert protocol.calls == []
