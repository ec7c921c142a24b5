"""
Whole forms: text in its charset, files in memory or on disk, and nothing left of what fails.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import pytest

from covet import CovetPy, Form
from covet.exceptions import BadRequestError, ContentTooLargeError, UnsupportedMediaTypeError
from covet.http.form_limits import FormLimits
from covet.http.form_parts import FormParts
from covet.http.form_reading import read_multipart, reads_multipart, refuse_media_type, refuse_multipart
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols
from tests.unit.http.multipart_bodies import BOUNDARY, make_body, make_part, make_parts
from tests.unit.http.test_uploads import list_open_uploads


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let temporary files be made where the test looks."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize("size", [1, 1000])
async def test_fields_and_files_stand_apart(size: int) -> None:
    """A name may have several of each."""
    body = make_body(
        make_part("a", b"1"),
        make_part("f", b"x", filename="one"),
        make_part("a", "é".encode()),
        make_part("f", b"", filename="two"),
    )

    form = await read_multipart(make_parts(body, size=size))

    assert form.to_lists() == {"a": ["1", "é"]}
    assert [(name, file.filename, file.size) for name, file in form.files.multi_items()] == [
        ("f", "one", 1),
        ("f", "two", 0),
    ]


@pytest.mark.parametrize(
    ("header", "charset", "content", "text"),
    [
        (None, "utf-8", "é".encode(), "é"),
        (None, "iso-8859-1", b"\xe9", "é"),
        ("text/plain; charset=iso-8859-1", "utf-8", b"\xe9", "é"),
        ("text/plain; charset=UTF-8", "iso-8859-1", "é".encode(), "é"),
    ],
)
async def test_a_field_is_text_in_its_charset(header: str | None, charset: str, content: bytes, text: str) -> None:
    """The part's own charset goes before that of the form."""
    headers = [] if header is None else [f"Content-Type: {header}"]

    form = await read_multipart(make_parts(make_body(make_part("a", content, headers=headers))), charset=charset)

    assert form["a"] == text


async def test_what_is_no_text_is_refused() -> None:
    """Replacement characters would make different fields equal."""
    with pytest.raises(BadRequestError, match=r"^A field of the form is not text in its charset\.$"):
        await read_multipart(make_parts(make_body(make_part("a", b"\xff"))))


async def test_another_charset_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(UnsupportedMediaTypeError):
        await read_multipart(make_parts(b""), charset="utf-16")


async def test_files_share_the_room_in_memory() -> None:
    """What is more than all files together may have goes to disk; small ones after a large one stay."""
    limits = FormLimits(memory=100)
    body = make_body(
        make_part("a", b"x" * 60, filename="1"),
        make_part("a", b"x" * 60, filename="2"),
        make_part("a", b"x" * 40, filename="3"),
    )

    form = await read_multipart(make_parts(body, limits))

    files = form.files.get_list("a")
    assert [file.is_in_memory for file in files] == [True, False, True]
    assert [len(await file.read()) for file in files] == [60, 60, 40]
    await form.close()
    assert list_open_uploads() == []


async def test_a_file_input_without_a_file_is_none() -> None:
    """Browsers send an empty part without a name; an empty file with one is a file."""
    body = make_body(
        make_part("none", b"", filename=""), make_part("empty", b"", filename="x"), make_part("odd", b"", filename="..")
    )

    form = await read_multipart(make_parts(body))

    assert list(form.files) == ["empty", "odd"]


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (make_part("big", b"x" * 50), ContentTooLargeError),
        (b"--frontier\r\nbad\r\n", BadRequestError),
        (b"", BadRequestError),
    ],
)
async def test_what_fails_leaves_no_file(end: bytes, error: type[Exception]) -> None:
    """Files that came before the error are closed."""
    limits = FormLimits(memory=0, max_field_size=10)
    body = make_part("f", b"x" * 600_000, filename="x") * 2 + end

    with pytest.raises(error):
        await read_multipart(make_parts(body, limits))

    assert list_open_uploads() == []


async def run_until_it_waits_for(coroutine: Coroutine[Any, Any, object], last: "asyncio.Future[None]") -> None:
    """Run a coroutine by hand, up to where it waits for a future."""
    while (waiting := coroutine.send(None)) is not last:
        if waiting is None:
            # It only gives others their turn.
            await asyncio.sleep(0)
            continue
        waiting._asyncio_future_blocking = False
        await asyncio.wait({waiting})


async def test_reading_that_is_closed_leaves_no_file() -> None:
    """Nothing can be awaited while a coroutine is closed, as the last ones of an event loop are."""
    chunks = iter([make_part("f", b"x" * 600_000, filename="x")])
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def read() -> bytes | None:
        chunk = next(chunks, None)
        if chunk is None:
            await never
        return chunk

    reading = read_multipart(FormParts(read, BOUNDARY, FormLimits(memory=0)))
    await run_until_it_waits_for(reading, never)
    before = list_open_uploads()

    reading.close()

    assert (len(before), list_open_uploads()) == (1, [])


def test_what_is_no_form_is_415_with_what_would_be() -> None:
    """The header says what is understood."""
    error = refuse_media_type("text/plain")

    assert (error.status_code, error.detail) == (415, None)
    assert error.headers["accept"] == "application/x-www-form-urlencoded, multipart/form-data"


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the library that reads multipart bodies, and what has loaded it."""
    monkeypatch.setitem(sys.modules, "multipart", None)
    for name in ("multipart", "form_parts", "form_reading"):
        monkeypatch.delitem(sys.modules, f"covet.http.{name}", raising=False)


@on_both_protocols
@pytest.mark.usefixtures("no_library")
async def test_urlencoded_forms_need_no_library(protocol: WireProtocol, caplog: pytest.LogCaptureFixture) -> None:
    """The other kind is refused as any format is that is not understood; the log says what to install."""
    app = CovetPy()

    @app.post("/")
    async def send(name: Annotated[str, Form()]) -> str:
        return name

    client = TestClient(app, protocol=protocol)
    with caplog.at_level(logging.WARNING, "covet"):
        good = await client.post("/", data={"name": "tea"})
        none = await client.post("/", content=b"{}", headers={"content-type": "application/json"})
        refused = await client.post("/", data={"name": "tea"}, files={"photo": b"x"})

    assert (good.status_code, good.text) == (200, "tea")
    assert_problem(none, 415)
    problem = assert_problem(refused, 415)
    assert problem["detail"] == "Only forms of application/x-www-form-urlencoded are understood here."
    assert caplog.messages == [
        (
            "A form of multipart/form-data was refused: the library for it is not installed. "
            'Install it with: pip install "covetpy[standard]"'
        )
    ]


def test_it_tells_whether_the_library_is_there(no_library: None) -> None:
    """Whoever describes the application asks, too."""
    assert not reads_multipart()
    assert refuse_multipart().headers == {"accept": "application/x-www-form-urlencoded"}
