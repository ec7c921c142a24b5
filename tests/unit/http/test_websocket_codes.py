"""
What the close and the handshake may say is what RFC 6455 allows.
"""

import pytest

from covet.http.websocket_codes import check_close, check_subprotocol, make_close_frame, split_subprotocols
from covet.http.websocket_errors import WebSocketError


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 4999])
def test_codes_that_can_be_sent_are_taken(code: int) -> None:
    """
    Those of the registry, and those of one's own.
    """
    assert check_close(code, "") == (code, "")


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, -1, 65536, True, "1000", 1000.0, None]
)
def test_codes_that_cannot_be_sent_are_refused(code: object) -> None:
    """
    The error has the code, and says which there are.
    """
    with pytest.raises(WebSocketError) as caught:
        check_close(code, "")

    assert str(caught.value).startswith(f"{code!r} cannot be sent as a close code.\n  Use 1000 (done), 1008 (refused)")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("x" * 124, "The reason of a close has at most 123 bytes, got 124.\n  Shorten it"),
        ("ü" * 62, "The reason of a close has at most 123 bytes, got 124.\n  Shorten it"),
        ("\ud800", "The reason of a close has a lone surrogate, which UTF-8 cannot carry."),
        (b"bye", "The reason of a close is text, got bytes."),
    ],
)
def test_reasons_that_cannot_be_sent_are_refused(reason: object, message: str) -> None:
    """
    Bytes are counted, not characters.
    """
    with pytest.raises(WebSocketError) as caught:
        check_close(1000, reason)

    assert str(caught.value).startswith(message)
    assert check_close(1000, "ü" * 61 + "x") == (1000, "ü" * 61 + "x")


@pytest.mark.parametrize("name", ["", "a b", "a,b", "chat\r\nset-cookie: a=b", "käse", None, b"chat"])
def test_what_is_no_token_is_no_subprotocol(name: object) -> None:
    """
    A line break would abort a server.
    """
    with pytest.raises(WebSocketError, match=r"^A subprotocol is a token such as 'chat\.v2', got "):
        check_subprotocol(name)


def test_offers_are_read_leniently() -> None:
    """
    What is no token is left out, and what comes twice counts once.
    """
    assert split_subprotocols("a,\tb , a, in valid,, c") == ("a", "b", "c")
    assert split_subprotocols(None) == ()


def test_a_close_frame_is_written_as_the_rfc_says() -> None:
    """
    FIN and opcode 8, the length, the code in network order, the reason.
    """
    assert make_close_frame(4000, "ü") == b"\x88\x04\x0f\xa0\xc3\xbc"
