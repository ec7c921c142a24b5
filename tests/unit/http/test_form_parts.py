"""
Parts as they come: limits while reading, nothing read ahead, and what nobody read is skipped.
"""

import asyncio

import pytest

from covet.exceptions import BadRequestError, ContentTooLargeError
from covet.http.form_limits import FormLimits
from covet.http.form_parts import FormParts
from tests.unit.http.multipart_bodies import BOUNDARY, cut, make_body, make_part, make_parts, reader_of

BODY = make_body(
    make_part("a", b"1"), make_part("photo", b"x" * 5000, filename="dir/tea.png", headers=["Content-Type: image/png"])
)


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
async def test_parts_come_one_after_the_other(size: int) -> None:
    """Each has its name, and its bytes in pieces."""
    found = []

    async for part in make_parts(BODY, size=size):
        pieces = [piece async for piece in part]
        found.append((part.name, part.filename, part.content_type, part.is_file, b"".join(pieces)))

    assert found == [("a", None, None, False, b"1"), ("photo", "tea.png", "image/png", True, b"x" * 5000)]


async def test_what_nobody_read_is_skipped() -> None:
    """The next part comes, whatever was done with the one before."""
    names = []

    async for part in make_parts(BODY, size=64):
        names.append(part.name)
        if part.is_file:
            await anext(part)

    assert names == ["a", "photo"]


@pytest.mark.row(11)
async def test_row_011_others_have_turns_while_a_large_body_is_read() -> None:
    """However much came at once, a quarter of a megabyte is parsed at a time, and read once."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    body = make_body(make_part("photo", b"x" * 2_000_000, filename="tea.png"))
    pieces = [len(piece) async for part in FormParts(reader_of([body]), BOUNDARY, FormLimits()) async for piece in part]
    counting.cancel()

    assert sum(pieces) == 2_000_000
    assert turns >= 7
    assert max(pieces) <= 256 * 1024


async def test_nothing_is_read_ahead() -> None:
    """The body is asked for no more than what was wanted of it."""
    asked = 0
    pieces = cut(BODY, 100)

    async def read() -> bytes | None:
        nonlocal asked
        asked += 1
        return pieces[asked - 1] if asked <= len(pieces) else None

    parts = FormParts(read, BOUNDARY, FormLimits())
    await anext(parts)
    after_first = asked
    photo = await anext(parts)
    await anext(photo)

    assert after_first == 1
    assert asked <= 4


async def test_a_part_that_is_over_has_no_more_bytes() -> None:
    """Iterating over an earlier part gives nothing of a later one."""
    parts = make_parts(BODY)
    first = await anext(parts)
    await anext(parts)

    assert [piece async for piece in first] == []
    assert repr(first) == "<FormPart 'a'>"


async def test_a_part_is_read_whole() -> None:
    """`read` gives what is left, within a field's limit or a given one."""
    parts = make_parts(BODY)
    field = await anext(parts)
    photo = await anext(parts)

    assert await field.read() == b""
    with pytest.raises(ContentTooLargeError, match=r"^A part of the form is larger than 100 bytes\.$"):
        await photo.read(max_size=100)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (FormLimits(max_fields=1), "The form has more than 1 fields."),
        (FormLimits(max_files=1), "The form has more than 1 files."),
        (FormLimits(max_field_size=9), "A field of the form is larger than 9 bytes."),
        (FormLimits(max_fields_size=19), "The fields of the form are larger than 19 bytes in all."),
        (FormLimits(max_file_size=29), "A file of the form is larger than 29 bytes."),
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
async def test_limits_hold_while_reading(limits: FormLimits, message: str, size: int) -> None:
    """Each limit has its own message, and as much as is allowed passes."""
    field, file = make_part("a", b"x" * 10), make_part("f", b"x" * 30, filename="x")
    body = make_body(field, field, file, file)
    allowed = FormLimits(max_fields=2, max_files=2, max_field_size=10, max_fields_size=20, max_file_size=30)

    with pytest.raises(ContentTooLargeError) as refused:
        [part async for part in make_parts(body, limits, size)]

    assert refused.value.detail == message
    assert len([part async for part in make_parts(body, allowed, size)]) == 4


@pytest.mark.row(1)
@pytest.mark.parametrize(("filename", "most"), [("x", 100), (None, 1000)])
async def test_row_001_parts_are_counted_while_they_come(filename: str | None, most: int) -> None:
    """20,000 parts of a byte are refused at the first one too many, and no more is read."""
    body = make_body(*[make_part("a", b"1", filename=filename)] * 20_000)
    chunks = cut(body, 1000)
    iterator = iter(chunks)
    seen = 0

    with pytest.raises(ContentTooLargeError):
        async for _ in FormParts(reader_of(iterator), BOUNDARY, FormLimits()):
            seen += 1

    assert seen == most
    assert len(list(iterator)) > len(chunks) / 2


@pytest.mark.row(2)
async def test_row_002_a_field_is_cut_at_its_limit() -> None:
    """50 MB without a file's name are refused after 1 MiB."""
    sent = 0

    async def read() -> bytes | None:
        nonlocal sent
        chunk = bytes(65_536) if sent else make_part("a", b"")[:-2]
        sent += len(chunk)
        return chunk

    with pytest.raises(ContentTooLargeError, match=r"^A field of the form is larger than 1048576 bytes\.$"):
        async for part in FormParts(read, BOUNDARY, FormLimits()):
            await part.read()

    assert sent < 1_300_000


async def test_a_body_that_ends_early_is_refused() -> None:
    """Whoever reads parts learns that the last one was not whole."""
    parts = make_parts(BODY[:-30])

    with pytest.raises(BadRequestError, match=r"^The form ends before its last boundary\.$"):
        [part async for part in parts]


async def test_what_stands_behind_the_form_is_read_and_dropped() -> None:
    """The body's limit counts it; nobody else sees it."""
    chunks = iter([BODY, b"noise", make_part("late")])

    names = [part.name async for part in FormParts(reader_of(chunks), BOUNDARY, FormLimits())]

    assert names == ["a", "photo"]
    assert list(chunks) == []


class CopiesCounted(bytes):
    """Bytes that count how much of them was copied."""

    copied = 0

    def __getitem__(self, key: slice) -> "CopiesCounted":  # type: ignore[override]
        """Count a slice."""
        found = CopiesCounted(bytes(self)[key])
        CopiesCounted.copied += len(found)
        return found


async def test_a_body_that_came_whole_is_copied_once() -> None:
    """What is parsed next is cut off it: not the rest of it each time, which would be quadratic."""
    body = CopiesCounted(make_body(make_part("f", bytes(8 * 1024 * 1024), filename="x"), make_part("late", b"1")))
    CopiesCounted.copied = size = 0

    async for part in FormParts(reader_of([body]), BOUNDARY, FormLimits()):
        size += sum([len(piece) async for piece in part])

    assert size == 8 * 1024 * 1024 + 1
    assert CopiesCounted.copied <= len(body) + 1024
