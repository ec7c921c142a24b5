"""
Tests of what a message says to caches.
"""

import pytest

from covet.http.cache_control import parse_cache_control, read_seconds
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], {}),
        ([""], {}),
        ([" , ,"], {}),
        (["no-store"], {"no-store": None}),
        (["NO-STORE,Max-Age=5"], {"no-store": None, "max-age": "5"}),
        (["max-age = 5"], {"max-age": "5"}),
        (["max-age=5, max-age=10"], {"max-age": "5"}),
        (["max-age=5", "private"], {"max-age": "5", "private": None}),
        (['private="a, no-store", x'], {"private": "a, no-store", "x": None}),
        (['private="a, x'], {"private": "a, x"}),
        (['a="\\"", b'], {"a": "\\", "b": None}),
        (["public private"], {"public": None, "private": None}),
        (["max-age="], {"max-age": ""}),
        (["(no-store)"], {"no-store": None}),
    ],
)
def test_directives_are_read(values: list[str], expected: dict[str, str | None]) -> None:
    """
    What stands in quotes is a value, and no directive; what is odd forbids rather than allows.
    """
    assert parse_cache_control(values) == expected


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0), ("60", 60), ("-1", 0), ("1.5", 0), ("", 0), (None, 0), ("9" * 18, 2**31), ("٣", 0)]
)
def test_seconds_are_digits(value: str | None, seconds: int) -> None:
    """
    What is none means that no time is left.
    """
    assert read_seconds(value) == seconds


@pytest.mark.parametrize("piece", [" ", ",", '"', "a=", 'a="\\', "a ", "a=b,", "=", "\\"])
@pytest.mark.row(33)
def test_reading_is_linear(piece: str) -> None:
    """
    Whatever a client repeats.
    """
    assert_linear(lambda text: parse_cache_control([text]), lambda size: piece * size, size=1_000)
