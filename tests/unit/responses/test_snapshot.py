"""What is known of a file at one moment."""

import os
import time
from pathlib import Path

import pytest

from covet.responses.open_file import OpenFile
from covet.responses.snapshot import SMALL_SIZE, FileSnapshot


@pytest.mark.parametrize(("size", "is_small"), [(0, True), (SMALL_SIZE, True), (SMALL_SIZE + 1, False)])
def test_small_file_is_read_at_once(tmp_path: Path, size: int, is_small: bool) -> None:
    """A larger one is only looked at; both are closed."""
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(size))
    file = OpenFile(str(path))

    snapshot = FileSnapshot.take(file)

    assert file.is_closed
    assert (snapshot.size, snapshot.content) == (size, bytes(size) if is_small else None)
    assert (snapshot.path, snapshot.etag) == (str(path), file.etag)


def test_file_that_is_cut_while_it_is_read_is_as_long_as_what_was_read(tmp_path: Path) -> None:
    """Not as long as it was."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    file = OpenFile(str(path))
    path.write_bytes(b"0123")

    snapshot = FileSnapshot.take(file)

    assert (snapshot.size, snapshot.content) == (4, b"0123")


def test_change_that_is_to_come_happened_now(tmp_path: Path) -> None:
    """RFC 9110 §8.8.2.1; a time before 1970 is the beginning of it."""
    path = tmp_path / "a.bin"
    path.touch()
    os.utime(path, (4_000_000_000, 4_000_000_000))
    later = FileSnapshot.take(OpenFile(str(path)))
    os.utime(path, (-100, -100))
    earlier = FileSnapshot.take(OpenFile(str(path)))

    assert later.last_modified <= time.time()
    assert earlier.last_modified == 0
