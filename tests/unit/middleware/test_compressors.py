"""What compresses and inflates, in each coding."""

import gzip
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError, ConfigurationError, MissingDependencyError
from covet.middleware.compressors import check_codings, find_codings, make_compressor_factory, make_inflater
from tests.linearity import assert_linear

CODINGS = ["zstd", "br", "gzip"]
on_each_coding = pytest.mark.parametrize("coding", CODINGS)
LEVELS = {"zstd": 3, "br": 4, "gzip": 6}


def inflate(coding: str, data: bytes, *, size: int = 1000) -> bytes:
    """Inflate all of a body, a piece at a time."""
    inflater = make_inflater(coding)
    pieces = []
    while piece := inflater.inflate(data, size):
        data = b""
        pieces.append(piece)
    assert inflater.is_complete
    return b"".join(pieces)


def test_all_codings_of_the_extra_are_there() -> None:
    """The preferred one first."""
    assert find_codings() == tuple(CODINGS)
    assert check_codings(["gzip", "br", "gzip"], needed_for="a test") == ("gzip", "br")


@on_each_coding
@given(pieces=st.lists(st.binary(max_size=200), max_size=6))
def test_what_was_compressed_can_be_inflated(coding: str, pieces: list[bytes]) -> None:
    """In pieces of any size, empty ones included."""
    compressor = make_compressor_factory(coding, LEVELS[coding])()

    data = b"".join([*map(compressor.compress, pieces), compressor.finish(b"end")])

    assert inflate(coding, data, size=7) == b"".join(pieces) + b"end"


@on_each_coding
def test_each_piece_can_be_read_at_once(coding: str) -> None:
    """Nothing waits in the compressor for what comes later."""
    compressor = make_compressor_factory(coding, LEVELS[coding])()
    inflater = make_inflater(coding)

    for piece in (b"one", b"two", b"three"):
        assert inflater.inflate(compressor.compress(piece), 100) == piece

    assert not inflater.is_complete


@on_each_coding
def test_no_more_is_made_than_was_asked_for(coding: str) -> None:
    """A bomb stays small for as long as nobody asks for more."""
    data = make_compressor_factory(coding, LEVELS[coding])().finish(bytes(10_000_000))
    inflater = make_inflater(coding)

    piece = inflater.inflate(data, 1000)

    # Brotli gives whole blocks of its buffer.
    assert 0 < len(piece) <= 70_000


@pytest.mark.row(72)
@pytest.mark.parametrize(("exponent", "is_allowed"), [(13, True), (14, False), (17, False)])
def test_row_072_zstd_may_ask_for_no_more_memory_than_http_allows(exponent: int, *, is_allowed: bool) -> None:
    """A frame says how much its reader has to keep: 8 MiB at most (RFC 9659), before anything is reserved."""
    # RFC 8878 §3.1.1: magic number, descriptor, window of 2 to the power of 10 + exponent; a last block of three bytes.
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([exponent << 3]) + b"\x19\x00\x00tea"

    if is_allowed:
        assert inflate("zstd", frame + frame) == b"teatea"
        return
    for body in (frame, b"\x28\xb5\x2f\xfd\x00\x00\x19\x00\x00tea" + frame):
        with pytest.raises(ValueError, match="The body is no zstd"):
            inflate("zstd", body)


@on_each_coding
def test_malformed_data_is_an_error(coding: str) -> None:
    """One of the kind that is caught."""
    with pytest.raises(ValueError, match="The body is no "):
        inflate(coding, b"nonsense" * 10)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_follow_each_other(coding: str) -> None:
    """As tools that append make them; what follows and is none is an error."""
    one = make_compressor_factory(coding, 1)().finish(b"one")
    two = make_compressor_factory(coding, 1)().finish(b"two")

    assert inflate(coding, one + two) == b"onetwo"
    with pytest.raises(ValueError, match="The body is no "):
        inflate(coding, one + b"nonsense" * 10)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_may_be_empty(coding: str) -> None:
    """What follows one is read all the same, and nothing at all is no error."""
    empty = make_compressor_factory(coding, 1)().finish()
    one = make_compressor_factory(coding, 1)().finish(b"one")

    assert inflate(coding, empty + one + empty * 2 + one + empty) == b"oneone"
    assert inflate(coding, empty * 20) == b""


def test_zstd_skips_what_is_to_be_skipped() -> None:
    """RFC 8878 §3.1.2: frames for others, wherever they stand."""
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    one = make_compressor_factory("zstd", 1)().finish(b"one")

    assert inflate("zstd", skipped + one + skipped * 2 + one + skipped) == b"oneone"


@pytest.mark.row(72)
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_row_072_members_are_counted(coding: str) -> None:
    """Each costs the same, however little it holds: as many as anybody makes are taken, and no more."""
    member = make_compressor_factory(coding, 1)().finish(b"x")
    large = make_compressor_factory(coding, 1)().finish(os.urandom(64 * 1024))

    assert len(inflate(coding, member * 64)) == 64
    assert len(inflate(coding, (large + member) * 100)) == 100 * (64 * 1024 + 1)
    with pytest.raises(BadRequestError, match=r"^The compressed body has too many members\.$"):
        inflate(coding, member * 1000)


def make_noise(coding: str, size: int) -> tuple[bytes, bytes]:
    """Make what cannot be compressed, and what a compressor makes of it."""
    noise = os.urandom(size)
    return noise, gzip.compress(noise, 0) if coding == "gzip" else make_compressor_factory(coding, 1)().finish(noise)


@on_each_coding
@pytest.mark.parametrize("content", ["noise", "text", "noise and text"])
@pytest.mark.parametrize("size", [1000, 64 * 1024])
def test_large_body_is_inflated_whole(coding: str, content: str, size: int) -> None:
    """However much of it a library wants before it gives anything."""
    data = b"".join(os.urandom(700_001) if part == "noise" else b"tea and milk\n" * 70_001 for part in content.split())
    compressed = make_compressor_factory(coding, LEVELS[coding])().finish(data)

    assert inflate(coding, compressed, size=size) == data
    assert inflate(coding, compressed * 3 if coding != "br" else compressed, size=size)[: len(data)] == data


@pytest.mark.row(72)
@on_each_coding
def test_row_072_what_cannot_be_compressed_takes_linear_time(coding: str) -> None:
    """What waits to be inflated is not copied for every piece that comes out."""
    noise, compressed = make_noise(coding, 2_000_000)
    assert inflate(coding, compressed, size=64 * 1024) == noise

    def count(body: bytes) -> int:
        inflater, made = make_inflater(coding), 0
        while piece := inflater.inflate(body, 64 * 1024):
            body = b""
            made += len(piece)
        return made

    assert_linear(count, lambda size: make_noise(coding, size * 64 * 1024)[1], size=8)


@on_each_coding
def test_data_that_follows_the_end_is_no_part_of_the_body(coding: str) -> None:
    """Not even a byte."""
    data = make_compressor_factory(coding, 1)().finish(b"tea")
    inflater = make_inflater(coding)

    try:
        assert inflater.inflate(data + b"\x1f", 100) == b"tea"
        assert inflater.inflate(b"", 100) == b""
    except ValueError:
        return
    assert not inflater.is_complete


def test_gzip_is_what_the_standard_library_reads() -> None:
    """In both directions."""
    assert gzip.decompress(make_compressor_factory("gzip", 9)().finish(b"tea")) == b"tea"
    assert inflate("gzip", gzip.compress(b"tea")) == b"tea"


@pytest.mark.parametrize(
    ("codings", "message"),
    [
        ([], 'codings must be a list of codings, got [].\n  Write ["gzip"].'),
        ("gzip", "codings must be a list of codings, got 'gzip'.\n  Write [\"gzip\"]."),
        (["gzp"], "There is no coding 'gzp'.\n  Did you mean 'gzip'? Available: br, gzip, zstd."),
    ],
)
def test_wrong_codings_are_named(codings: list[str], message: str) -> None:
    """With those that there are."""
    with pytest.raises(ConfigurationError) as caught:
        check_codings(codings, needed_for="a test")

    assert str(caught.value) == message


@pytest.mark.parametrize(("coding", "library"), [("br", "brotli"), ("zstd", "backports-zstd")])
def test_library_that_is_missing_is_named(coding: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install; by itself it is left out."""
    for name in ("brotli", "backports.zstd", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingDependencyError) as caught:
        check_codings([coding], needed_for="CompressionMiddleware")

    assert str(caught.value) == (
        f'{library} is needed for CompressionMiddleware.\n  Install it with: pip install "covetpy[compress]"'
    )
    assert find_codings() == ("gzip",)
