"""
What HTTP allows on the wire.
"""

import pytest

from covet.testing.errors import ProtocolViolation
from covet.testing.wire import BodyMeter, check_header, check_status, has_control, is_token


@pytest.mark.parametrize("status", [200, 204, 404, 599, 999])
def test_a_status_of_a_final_response_passes(status: int) -> None:
    """
    200 to 999 can be sent.
    """
    assert check_status(status) == status


@pytest.mark.parametrize("byte", range(256))
def test_controls_are_all_bytes_that_a_value_cannot_hold(byte: int) -> None:
    """
    RFC 9110 §5.5: visible characters, the space, the tab and bytes beyond ASCII.
    """
    allowed = byte == 9 or 32 <= byte <= 126 or byte >= 128

    assert has_control(bytes([byte])) is not allowed


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", "é".encode(), b"a\n", b"(a)"])
def test_what_is_no_token_is_refused(name: bytes) -> None:
    """
    RFC 9110 §5.6.2: no separator, no control, nothing beyond ASCII, not nothing.
    """
    assert not is_token(name)
    with pytest.raises(ProtocolViolation, match="name must be an RFC 9110 token"):
        check_header(name, b"x")


def test_a_body_without_a_length_may_be_of_any() -> None:
    """
    Without a content-length nothing was promised.
    """
    meter = BodyMeter("GET", 200, [])

    meter.add(b"one")
    meter.add(b"")
    meter.finish()

    assert (meter.sent, meter.expected, meter.allows_body) == (3, None, True)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_a_length_may_stand_where_no_body_may(method: str, status: int) -> None:
    """
    HEAD and 304 name the length of the body that GET has.
    """
    meter = BodyMeter(method, status, [(b"Content-Length", b"7")])

    meter.finish()

    assert (meter.expected, meter.allows_body) == (7, False)
