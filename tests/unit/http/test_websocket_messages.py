"""
Messages are measured in bytes, and read as JSON with every error.
"""

from typing import Literal

import pytest

from covet.http.websocket_errors import WebSocketMessageError
from covet.http.websocket_messages import is_larger, read_json


@pytest.mark.parametrize(
    ("message", "expected"), [("abcd", False), ("abcde", True), ("äb", False), ("äää", True), (b"12345", True)]
)
def test_size_is_that_of_the_bytes(message: str | bytes, expected: bool) -> None:
    """
    A character may have four of them.
    """
    assert is_larger(message, 4) is expected


def test_any_type_of_a_body_can_be_read() -> None:
    """
    Unions and literals as well, and nothing at all means any JSON.
    """
    assert read_json("7", int | None) == 7
    assert read_json('"a"', Literal["a", "b"]) == "a"
    assert read_json(b'{"a": [1]}', None) == {"a": [1]}


@pytest.mark.parametrize("message", ["{", b"\xff", "\ud800", "NaN", '{"a": 1, "a": 2}', "[" * 200])
def test_what_is_no_json_is_1007(message: str | bytes) -> None:
    """
    The strict limits of a body hold here, too.
    """
    with pytest.raises(WebSocketMessageError, match=r"^A message is no JSON\.$") as caught:
        read_json(message, None)

    assert caught.value.code == 1007


def test_what_does_not_fit_is_1008() -> None:
    """
    Everything that is wrong is listed, and nothing of the message repeated.
    """
    with pytest.raises(WebSocketMessageError) as caught:
        read_json('["secret", "2"]', list[int])

    assert (caught.value.code, [item.pointer for item in caught.value.errors]) == (1008, ["/0", "/1"])
    assert "secret" not in str(caught.value)
