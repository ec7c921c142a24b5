"""
Durations and sizes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config.units import read_duration, read_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0), ("30s", 30.0), ("0.5", 0.5), (".5s", 0.5), ("5m", 300.0), ("5 min", 300.0), ("1h30m", 5400.0),
        ("1h 30m 5s", 5405.0), ("2d", 172_800.0), ("1w", 604_800.0), ("250ms", 0.25), ("10us", 1e-05), ("-1", -1.0),
        ("1e3", 1000.0), (" 7s ", 7.0), ("3SEC", 3.0),
    ],
)  # fmt: skip
def test_durations_are_read(text: str, seconds: float) -> None:
    """A number is seconds; units go from large to small."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "soon", "5 x", "30s1h", "5m5m", "1h-30m", "-5m", "1e400", "nan", "inf", "１s", "9" * 200, "5mo"]
)
def test_other_texts_are_no_durations(text: str) -> None:
    """What may be a slip is refused rather than guessed."""
    assert read_duration(text) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("512", 512), ("512B", 512), ("1kB", 1000), ("1KiB", 1024), ("1k", 1024), ("10MiB", 10_485_760),
        ("10 MB", 10_000_000), ("1.5M", 1_572_864), ("2GiB", 2_147_483_648), ("1TB", 10**12), ("1tib", 2**40),
    ],
)  # fmt: skip
def test_sizes_are_read(text: str, size: int) -> None:
    """With `i`, and alone, a letter is 1024; with `B` it is 1000."""
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "B", "1.5", "-1", "1 x", "1kkB", "１k", "1e3", "9" * 200, "0.1B"])
def test_other_texts_are_no_sizes(text: str) -> None:
    """A size is a whole number of bytes, and never negative."""
    assert read_size(text) is None


@given(st.integers(0, 10**15))
def test_a_number_of_bytes_is_itself(size: int) -> None:
    """No digit is lost on the way."""
    assert read_size(str(size)) == size
