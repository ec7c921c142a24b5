"""
Rows 1 to 4, 8, 9, 12, 14 and 17 to 19 of docs/security.md off the wire: what forms and queries may hold. Over both
protocols: a problem that repeats nothing, and one line of log at most.
"""

import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated

import pytest

from covet import CovetPy, Query, Request
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols

MIB = 1024 * 1024
ECHO = "canary-3f9c"
HEAD = b'content-disposition: form-data; name="%b"' % ECHO.encode()
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}


def make_app() -> CovetPy:
    """Make an application that reads forms and queries, with room for a large body."""
    app = CovetPy(body_limit=64 * MIB)

    @app.post("/form")
    async def read(request: Request) -> dict[str, list[str]]:
        form = await request.form()
        files = [file.filename or "" for _, file in form.files.multi_items()]
        return {
            "fields": [f"{name}={value}" for name, value in form.multi_items() if isinstance(value, str)],
            "files": files,
        }

    @app.post("/small", body_limit=4096)
    async def read_small(request: Request) -> int:
        return len(await request.form())

    @app.get("/query")
    async def search(request: Request, q: Annotated[str, Query()] = "") -> list[str]:
        return [q, *request.query_params.get_list("q")]

    return app


def part(head: bytes = HEAD, content: bytes = b"v") -> bytes:
    """Write a part of a form."""
    return b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


END = b"--b--\r\n"
FILE = HEAD + b'; filename="a.txt"'


@on_both_protocols
@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        pytest.param(part(FILE) * 101 + END, MULTIPART, 413, marks=pytest.mark.row(1), id="101 files"),
        pytest.param(part() * 1001 + END, MULTIPART, 413, marks=pytest.mark.row(1), id="1,001 parts"),
        pytest.param(part(content=b"x" * (MIB + 1)) + END, MULTIPART, 413, marks=pytest.mark.row(2), id="large field"),
        pytest.param(b"canary-3f9c=v&" * 1001, URLENCODED, 413, marks=pytest.mark.row(3), id="1,001 fields"),
        pytest.param(b"f=" + b"x" * (MIB + 1), URLENCODED, 413, marks=pytest.mark.row(3), id="large urlencoded field"),
        pytest.param(
            part(content=b"x" * (MIB - 1)) * 12 + END,
            MULTIPART,
            413,
            marks=pytest.mark.row(4),
            id="all fields together",
        ),
        pytest.param(
            part(HEAD + b"\r\nx-a: canary-3f9c" * 17) + END, MULTIPART, 400, marks=pytest.mark.row(8), id="17 headers"
        ),
        pytest.param(
            part(HEAD + b"\r\nx-a: " + b"x" * 9000) + END, MULTIPART, 400, marks=pytest.mark.row(8), id="large header"
        ),
        pytest.param(b"--b\r\nx-a: " + b"x" * 100_000, MULTIPART, 400, marks=pytest.mark.row(8), id="endless header"),
        pytest.param(
            part(FILE + b'; filename="canary-3f9c"') + END, MULTIPART, 400, marks=pytest.mark.row(12), id="two names"
        ),
        pytest.param(part(HEAD + b"\r\n folded: 1") + END, MULTIPART, 400, marks=pytest.mark.row(12), id="folded"),
        pytest.param(
            part() + END,
            {"content-type": "multipart/form-data; boundary=b; boundary=c"},
            400,
            marks=pytest.mark.row(12),
            id="two boundaries",
        ),
        pytest.param(
            part(HEAD + b"\r\ncontent-transfer-encoding: base64") + END,
            MULTIPART,
            400,
            marks=pytest.mark.row(14),
            id="base64",
        ),
        pytest.param(b"a&" * 1_000_000, URLENCODED, 413, marks=pytest.mark.row(18), id="a million empty fields"),
    ],
)
async def test_form_that_is_too_much_is_refused(
    protocol: WireProtocol, content: bytes, headers: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """By a problem that repeats nothing of it, with one line of log at most; the next request is answered."""
    caplog.set_level(logging.DEBUG, "covet")
    async with TestClient(make_app(), protocol=protocol) as client:
        caplog.clear()
        response = await client.post("/form", content=content, headers=headers)
        lines = [record for record in caplog.records if record.name.startswith("covet")]
        following = await client.get("/query?q=1")

    assert_problem(response, status, echo=ECHO)
    assert len(lines) <= 1
    assert error_records(caplog) == []
    assert ECHO not in caplog.text
    assert following.json() == ["1", "1"]


@on_both_protocols
@pytest.mark.row(1)
@pytest.mark.row(9)
async def test_reading_stops_where_a_form_is_refused(protocol: WireProtocol) -> None:
    """The rest is not fetched, whatever is still to come."""
    sent = 0

    async def make_body() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 20_000:
            sent += 100
            yield part(FILE) * 100

    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post("/form", content=make_body(), headers=MULTIPART)

    assert_problem(response, 413, echo=ECHO)
    assert sent < 2_000


@on_both_protocols
@pytest.mark.row(3)
async def test_reading_stops_where_fields_are_too_many_bytes(protocol: WireProtocol) -> None:
    """What a route allows for files is nothing that urlencoded fields may have."""
    sent = 0

    async def make_body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"f="
        while sent < 60 * MIB:
            sent += 65_536
            yield b"x" * 65_536

    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post("/form", content=make_body(), headers=URLENCODED)
        declared = await client.post("/form", content=b"f=" + b"x" * 9 * MIB, headers=URLENCODED)
        following = await client.post("/form", content=b"f=1", headers=URLENCODED)

    for refused in (response, declared):
        assert assert_problem(refused, 413)["detail"] == "The fields of the form are larger than 8388608 bytes in all."
    assert sent < 9 * MIB
    assert following.json()["fields"] == ["f=1"]


@on_both_protocols
@pytest.mark.row(13)
@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (part() + part(FILE, b"1\r\n--") + END, MULTIPART),
        (b'{"a": ["tea", 1.5e3, true, null], "b": {"c": "\\u00e9"}}', {"content-type": "application/json"}),
    ],
    ids=["multipart", "json"],
)
async def test_a_body_cut_anywhere_is_refused(protocol: WireProtocol, content: bytes, headers: dict[str, str]) -> None:
    """At whatever byte it ends: 400, at once, and the next request is answered."""
    app = make_app()

    @app.post("/json")
    async def read_json(request: Request) -> str:
        return str(len(await request.json()))

    path = "/json" if "json" in headers["content-type"] else "/form"
    async with TestClient(app, protocol=protocol) as client:
        began = time.monotonic()
        # The line break behind the last boundary means nothing.
        for length in range(len(content) - (2 if path == "/form" else 0)):
            assert_problem(await client.post(path, content=content[:length], headers=headers), 400, echo=ECHO)
        took = time.monotonic() - began
        whole = await client.post(path, content=content, headers=headers)

    assert whole.status_code == 200
    # A second for each, as docs/security.md has it, would be minutes.
    assert took < 20


@on_both_protocols
@pytest.mark.row(9)
@pytest.mark.parametrize("content", [b"\r\n" * 2_000_000 + part() + END, part() + END + b"\r\n" * 2_000_000])
async def test_what_stands_around_the_parts_of_a_form_is_nothing(
    protocol: WireProtocol, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Megabytes of line breaks are read over, and no line of log is written for them."""
    caplog.set_level(logging.DEBUG, "covet")
    async with TestClient(make_app(), protocol=protocol) as client:
        caplog.clear()
        response = await client.post("/form", content=content, headers=MULTIPART)

    assert response.status_code in {200, 400}
    assert response.status_code == 400 or response.json() == {"fields": [f"{ECHO}=v"], "files": []}
    assert len(caplog.records) <= 1


@on_both_protocols
@pytest.mark.row(12)
@pytest.mark.row(17)
@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        (b"../../x", "x"),
        (b"/etc/x", "x"),
        (b"a\\\\..\\\\b", "b"),
        (b"x" * 5000, "x" * 255),
        (b"a.txt\"; filename*=UTF-8''%2e%2e%2fevil", "a.txt"),
    ],
    ids=["up", "absolute", "backslashes", "long", "encoded"],
)
async def test_name_of_a_file_is_no_path(protocol: WireProtocol, name: bytes, becomes: str) -> None:
    """Its last part, of at most 255 bytes; the encoded name is not looked at."""
    content = part(HEAD + b'; filename="' + name + (b"" if b"filename*" in name else b'"')) + END
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.post("/form", content=content, headers=MULTIPART)

    assert response.status_code == 200, response.text
    assert response.json()["files"] == [becomes]


@on_both_protocols
@pytest.mark.row(18)
@pytest.mark.parametrize("separator", ["&", ";"])
async def test_query_is_bounded_off_the_wire(protocol: WireProtocol, separator: str) -> None:
    """1,001 parameters are 400; what `;` parts is one."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get(f"/query?{separator.join(['q=1'] * 1001)}")

    if separator == "&":
        assert_problem(response, 400, echo="q=1")
    else:
        assert response.json() == [";".join(["1", *["q=1"] * 1000])] * 2


@on_both_protocols
@pytest.mark.row(19)
async def test_semicolon_is_a_character_everywhere(protocol: WireProtocol) -> None:
    """For the argument of a handler, the query and a form alike."""
    async with TestClient(make_app(), protocol=protocol) as client:
        asked = await client.get("/query?q=safe;q=evil")
        sent = await client.post("/form", content=b"q=safe;q=evil", headers=URLENCODED)

    assert asked.json() == ["safe;q=evil", "safe;q=evil"]
    assert sent.json()["fields"] == ["q=safe;q=evil"]
