"""`FileResponse`: the same over both protocols."""

import asyncio
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ResponseError
from covet.middleware import Middleware
from covet.responses import FileResponse, file
from covet.responses.file import PIECE_SIZE
from covet.testing import ClientResponse, IncompleteResponseError, TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

SMALL = b"0123456789"
LARGE = bytes(range(256)) * 2048
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small file and a large one, both of the same old day."""
    for name, content in {"small.txt": SMALL, "large.bin": LARGE, "empty.txt": b""}.items():
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (WHEN.timestamp(), WHEN.timestamp()))
    return tmp_path


class Seeing(Middleware):
    """A layer that sees responses leave."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the status."""
        self.statuses.append(response.status_code)
        return response


def serve(files: Path, **options: object) -> CovetPy:
    """Make an application that answers with a file by its name."""
    app = CovetPy()

    @app.route("/{name}", ["GET", "POST"])
    async def show(name: str) -> FileResponse:
        return FileResponse(name, root=files, **options)  # type: ignore[arg-type]

    return app


async def get(app: CovetPy, protocol: WireProtocol, path: str, **headers: str) -> ClientResponse:
    """Ask for a file."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await TestClient(app, protocol=protocol).get(path, headers=named)


@on_both_protocols
@pytest.mark.parametrize(("name", "content"), [("small.txt", SMALL), ("large.bin", LARGE), ("empty.txt", b"")])
async def test_whole_file_is_sent(files: Path, protocol: WireProtocol, name: str, content: bytes) -> None:
    """With all that a client may want to know of it."""
    response = await get(serve(files), protocol, f"/{name}")

    headers = dict(response.headers)
    assert (response.status_code, response.content) == (200, content)
    assert headers.pop("etag").startswith('"')
    assert headers == {
        "content-type": "text/plain; charset=utf-8" if name.endswith("txt") else "application/octet-stream",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
        "accept-ranges": "bytes",
        "content-length": str(len(content)),
    }


@on_both_protocols
@pytest.mark.parametrize("name", ["small.txt", "large.bin"])
async def test_head_has_the_same_headers(files: Path, protocol: WireProtocol, name: str) -> None:
    """A range is for GET alone."""
    app = serve(files)
    whole = await get(app, protocol, f"/{name}")

    head = await TestClient(app, protocol=protocol).head(f"/{name}", headers={"range": "bytes=0-1"})

    assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(whole.headers))


@on_both_protocols
@pytest.mark.parametrize(("name", "content"), [("small.txt", SMALL), ("large.bin", LARGE)])
@pytest.mark.parametrize(
    ("text", "start", "end"), [("2-5", 2, 6), ("8-", 8, None), ("-3", -3, None), ("0-99999999", 0, None)]
)
async def test_part_of_a_file_is_sent(
    files: Path, protocol: WireProtocol, name: str, content: bytes, text: str, start: int, end: int | None
) -> None:
    """206, with the place of the part."""
    response = await get(serve(files), protocol, f"/{name}", range=f"bytes={text}")

    part = content[start:end]
    place = content.index(part)
    assert (response.status_code, response.content) == (206, part)
    assert response.headers["content-length"] == str(len(part))
    if start:
        first = start % len(content)
        assert response.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    else:
        assert place == 0


@on_both_protocols
@pytest.mark.parametrize(("name", "content"), [("small.txt", SMALL), ("large.bin", LARGE)])
async def test_several_parts_are_one_body(files: Path, protocol: WireProtocol, name: str, content: bytes) -> None:
    """Each with its own head."""
    response = await get(serve(files), protocol, f"/{name}", range="bytes=0-1,-2")

    kind, _, boundary = response.headers["content-type"].partition("; boundary=")
    parts = response.content.split(f"--{boundary}".encode())
    assert (response.status_code, kind) == (206, "multipart/byteranges")
    assert [part.partition(b"\r\n\r\n")[2] for part in parts[1:-1]] == [content[:2] + b"\r\n", content[-2:] + b"\r\n"]
    assert parts[-1] == b"--\r\n"
    assert response.headers["content-length"] == str(len(response.content))


@on_both_protocols
async def test_row_034_many_ranges_are_one_file(files: Path, protocol: WireProtocol) -> None:
    """Whoever asks for more than ten gets the whole."""
    asked = "bytes=" + ",".join(f"{2 * number}-{2 * number}" for number in range(1000))

    response = await get(serve(files), protocol, "/large.bin", range=asked)

    assert (response.status_code, response.content) == (200, LARGE)


@on_both_protocols
@pytest.mark.parametrize("text", ["0-,0-,0-", "0-0,0-0,0-0", "-9999999,0-,5-", "0-5,3-9,9-"])
async def test_row_035_overlapping_ranges_do_not_amplify(files: Path, protocol: WireProtocol, text: str) -> None:
    """No more is sent than there is."""
    response = await get(serve(files), protocol, "/large.bin", range=f"bytes={text}")

    assert response.status_code == 206
    assert len(response.content) <= len(LARGE) + 1024


@on_both_protocols
@pytest.mark.parametrize("name", ["small.txt", "large.bin", "empty.txt"])
async def test_row_036_range_of_nothing_says_how_much_there_is(files: Path, protocol: WireProtocol, name: str) -> None:
    """416, and the layers of the application see it."""
    app = serve(files)
    seeing = Seeing()
    app.add_middleware(seeing)

    response = await get(app, protocol, f"/{name}", range="bytes=99999999-")

    assert_problem(response, 416, echo="99999999")
    assert response.headers["content-range"] == f"bytes */{(files / name).stat().st_size}"
    assert seeing.statuses == [416]


@on_both_protocols
@pytest.mark.parametrize("name", ["small.txt", "large.bin"])
async def test_client_that_has_it_gets_nothing(files: Path, protocol: WireProtocol, name: str) -> None:
    """304 by its tag or by its date, with the headers of the state."""
    app = serve(files)
    whole = await get(app, protocol, f"/{name}")

    by_tag = await get(app, protocol, f"/{name}", if_none_match=f'"x", W/{whole.headers["etag"]}')
    by_date = await get(app, protocol, f"/{name}", if_modified_since=whole.headers["last-modified"])

    for response in (by_tag, by_date):
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == whole.headers["etag"]
        assert "content-length" not in response.headers


@on_both_protocols
async def test_client_that_expects_another_one_fails(files: Path, protocol: WireProtocol) -> None:
    """412, before any range."""
    response = await get(serve(files), protocol, "/small.txt", if_match='"other"', range="bytes=0-1")

    assert_problem(response, 412)


@on_both_protocols
@pytest.mark.parametrize(("is_current", "status"), [(True, 206), (False, 200)])
async def test_rest_is_sent_if_the_beginning_is_still_the_same(
    files: Path, protocol: WireProtocol, is_current: bool, status: int
) -> None:
    """Else all of the new one (`If-Range`)."""
    app = serve(files)
    etag = (await get(app, protocol, "/small.txt")).headers["etag"]

    response = await get(app, protocol, "/small.txt", range="bytes=5-", if_range=etag if is_current else '"old"')

    assert (response.status_code, response.content) == (status, SMALL[5:] if is_current else SMALL)


@on_both_protocols
@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "a" * 300, ".env", "NUL"])
async def test_what_is_not_there_is_not_found(files: Path, protocol: WireProtocol, name: str) -> None:
    """And neither is what lies outside of the root."""
    (files / ".env").write_bytes(b"secret")

    response = await get(serve(files), protocol, f"/{name}")

    assert_problem(response, 404)


async def test_path_without_a_root_is_the_program_s_own(files: Path) -> None:
    """It may lead anywhere; a file that is not there is 404 as well."""
    app = CovetPy()
    app.add_route("/there", lambda: FileResponse(files / "small.txt"), name="there")
    app.add_route("/not", lambda: FileResponse(files / "nothing"), name="not")

    client = TestClient(app)

    assert (await client.get("/there")).content == SMALL
    assert (await client.get("/not")).status_code == 404


async def test_own_state_goes_before_the_file_s(files: Path) -> None:
    """A tag and a date that the handler knows better, or none at all."""
    own = serve(files, etag="v7", last_modified=datetime(2025, 1, 1, tzinfo=UTC))
    none = serve(files, etag=False, last_modified=False)

    response = await get(own, "asgi", "/small.txt")
    bare = await get(none, "asgi", "/small.txt", if_none_match='"x"', if_modified_since="Fri, 02 Jan 2026 03:04:05 GMT")

    assert response.headers["etag"] == '"v7"'
    assert response.headers["last-modified"] == "Wed, 01 Jan 2025 00:00:00 GMT"
    assert (await get(own, "asgi", "/small.txt", if_none_match='"v7"')).status_code == 304
    assert bare.status_code == 200
    assert not {"etag", "last-modified"} & set(bare.headers)


async def test_download_has_a_name(files: Path) -> None:
    """And may be shown in the browser instead."""
    stored = FileResponse(files / "small.txt", filename="Bericht ü.txt")
    shown = FileResponse(files / "small.txt", content_disposition="inline", media_type="application/pdf")

    assert stored.headers["content-disposition"] == (
        "attachment; filename=\"Bericht _.txt\"; filename*=UTF-8''Bericht%20%C3%BC.txt"
    )
    assert (shown.headers["content-disposition"], shown.headers["content-type"]) == ("inline", "application/pdf")


@on_both_protocols
@pytest.mark.parametrize(
    "name", ['a";x=".bat', "a\r\nset-cookie: b=c", "日本.txt", "a\0b", "\u202egpj.exe", "x" * 5000]
)
async def test_row_044_no_name_of_a_download_makes_a_header(files: Path, protocol: WireProtocol, name: str) -> None:
    """Off the wire there is one header, of visible ASCII, and nothing beside it that was not there before."""
    plain = await get(serve(files), protocol, "/small.txt")
    named = await get(serve(files, filename=name), protocol, "/small.txt")

    [disposition] = named.headers.get_list("content-disposition")
    assert disposition.isascii()
    assert disposition.isprintable()
    assert disposition.startswith('attachment; filename="')
    assert set(named.headers) - set(plain.headers) == {"content-disposition"}


async def test_status_of_one_s_own_has_no_ranges(files: Path) -> None:
    """A page for an error is sent whole, whatever the client has."""
    app = CovetPy()
    app.add_route("/", lambda: FileResponse(files / "small.txt", 404))

    response = await get(app, "asgi", "/", range="bytes=0-1", if_none_match="*")

    assert (response.status_code, response.content) == (404, SMALL)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": ""}, "A file's path is a text or a Path, got ''."),
        ({"path": 7}, "A file's path is a text or a Path, got 7."),
        ({"path": "a", "status_code": 304}, "A file's status is a success or an error, got 304."),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], message: str) -> None:
    """When the response is made."""
    with pytest.raises(ResponseError) as caught:
        FileResponse(**options)  # type: ignore[arg-type]

    assert str(caught.value) == message


def count_descriptors() -> int:
    """Count what this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@on_both_protocols
async def test_nothing_stays_open(files: Path, protocol: WireProtocol) -> None:
    """Whether it was sent, refused, left, or replaced by a layer."""
    app = serve(files)

    @app.get("/replaced/{name}")
    async def replace(name: str) -> Response:
        await FileResponse(name, root=files).begin()
        return Response("other")

    client = TestClient(app, protocol=protocol)
    await client.get("/large.bin")
    await asyncio.sleep(0)
    before = count_descriptors()

    for headers in ({}, {"range": "bytes=0-3,9-20"}, {"range": "bytes=999999999-"}, {"if-none-match": "*"}):
        await client.get("/large.bin", headers=headers)
    await client.head("/large.bin")
    async with client.stream("GET", "/large.bin", headers={"range": "bytes=0-400000,400002-500000"}) as response:
        await anext(response.aiter_bytes())
    async with client.stream("GET", "/large.bin"):
        pass

    assert count_descriptors() == before


async def test_pieces_are_read_one_by_one(files: Path) -> None:
    """Without a request it is the whole file."""
    response = FileResponse(files / "large.bin")

    pieces = [piece async for piece in response.stream()]
    await response.aclose()

    assert b"".join(pieces) == LARGE
    assert [len(piece) for piece in pieces] == [PIECE_SIZE, PIECE_SIZE]


async def test_file_that_shrinks_is_no_whole_body(files: Path) -> None:
    """The connection is cut: no client takes a part for the whole."""
    app = serve(files)
    client = TestClient(app, protocol="asgi", raise_app_exceptions=False)

    async def read() -> None:
        async with client.stream("GET", "/large.bin") as response:
            assert response.headers["content-length"] == str(len(LARGE))
            os.truncate(files / "large.bin", 10)
            async for _ in response.aiter_bytes():
                pass

    with pytest.raises(IncompleteResponseError):
        await read()


def cut(path: Path) -> None:
    """Write over a file."""
    os.truncate(path, 100_000)


def rename(path: Path) -> None:
    """Put another file into its place, which looks the same."""
    status = path.stat()
    other = path.with_suffix(".new")
    other.write_bytes(bytes(status.st_size))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)


def link(path: Path) -> None:
    """Put a link to another file, which looks the same, into its place."""
    other = path.with_suffix(".copy")
    shutil.copy2(path, other)
    path.unlink()
    path.symlink_to(other)


@on_both_protocols
@pytest.mark.parametrize("fresh", [0.0, 60.0])
@pytest.mark.parametrize(("replace", "status"), [(cut, 503), (rename, 503), (link, 503), (Path.unlink, 404)])
async def test_file_that_was_replaced_in_this_moment_is_asked_for_again(
    files: Path,
    protocol: WireProtocol,
    replace: Callable[[Path], None],
    status: int,
    fresh: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rather than sent with the length and the tag of another one, whoever sends it."""
    monkeypatch.setattr(file, "FRESH_SECONDS", fresh)
    app = CovetPy()

    class Replacing(Middleware):
        async def process_response(self, request: Request, response: Response) -> Response:
            await asyncio.to_thread(replace, files / "large.bin")
            return response

    app.add_middleware(Replacing())
    app.add_route("/", lambda: FileResponse("large.bin", root=files))

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert_problem(response, status)
    assert status == 404 or response.headers["retry-after"] == "0"
    assert "etag" not in response.headers


@on_both_protocols
async def test_middleware_may_answer_with_a_file(files: Path, protocol: WireProtocol) -> None:
    """It is decided upon when it is sent, if not before."""
    app = CovetPy()

    @app.middleware
    async def short(request: Request, call_next: object) -> Response:
        return FileResponse(request.path[1:], root=files)

    client = TestClient(app, protocol=protocol)

    assert (await client.get("/small.txt", headers={"range": "bytes=1-2"})).content == b"12"
    assert (await client.get("/nothing")).status_code == 404
