"""
What HTTP allows on the wire, checked on both ways.

It is written apart from the framework's own checks on purpose: a test client that shared them would
share their mistakes.
"""

import re
from collections.abc import Iterable

from covet.testing.errors import ProtocolViolation

RawHeaders = list[tuple[bytes, bytes]]

# RFC 9110 §5.6.2 token; §5.5 field-value: no controls but the tab.
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# RFC 9110 §8.6, §15.3.5, §15.4.5
_BODILESS_STATUSES = frozenset({204, 304})


def is_token(value: bytes) -> bool:
    """
    Tell whether a name may stand on the wire.

    Example:
        >>> is_token(b"x-name"), is_token(b"x name")
        (True, False)
    """
    return _TOKEN.fullmatch(value) is not None


def has_control(value: bytes) -> bool:
    r"""
    Tell whether a value has a control character that would break out of its line.

    Example:
        >>> has_control(b"a\tb"), has_control(b"a\r\nb")
        (False, True)
    """
    return _CONTROL.search(value) is not None


def check_status(status: object) -> int:
    """Refuse a status that no final response can have."""
    if not isinstance(status, int) or isinstance(status, bool):
        raise ProtocolViolation(f"The response's status must be an int, got {status!r}.")
    if not 200 <= status <= 999:
        raise ProtocolViolation(f"The response's status must be from 200 to 999, got {status}.")
    return status


def check_header(name: bytes, value: bytes) -> None:
    """Refuse a header that would split the response or confuse its framing."""
    if not is_token(name):
        raise ProtocolViolation(f"A header's name must be an RFC 9110 token, got {name!r}.")
    if has_control(value):
        raise ProtocolViolation(f"The header {name!r} has a control character in its value: {value!r}.")
    if name.lower() == b"transfer-encoding":
        raise ProtocolViolation("The header b'transfer-encoding' belongs to the server; leave it out.")


class BodyMeter:
    """
    Count a response's body against what its head promised.

    Args:
        method: The request's method; a response to HEAD has no body.
        status: The response's status.
        headers: The response's checked headers.
    """

    def __init__(self, method: str, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.sent = 0
        self._why_empty = self._reason_for_no_body(method, status)
        self._is_head = method == "HEAD"
        self.expected = self._read_content_length(headers)
        if self.expected is not None and status == 204:
            raise ProtocolViolation("A response with status 204 must not have a content-length (RFC 9110 §8.6).")

    @staticmethod
    def _reason_for_no_body(method: str, status: int) -> str | None:
        if method == "HEAD":
            return "to HEAD"
        return f"with status {status}" if status in _BODILESS_STATUSES else None

    @staticmethod
    def _read_content_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
        lengths = [value for name, value in headers if name.lower() == b"content-length"]
        if not lengths:
            return None
        if len(lengths) > 1:
            raise ProtocolViolation(f"The response has {len(lengths)} content-length headers: {lengths!r}.")
        if not re.fullmatch(rb"[0-9]+", lengths[0]):
            raise ProtocolViolation(f"The response's content-length must be digits, got {lengths[0]!r}.")
        return int(lengths[0])

    @property
    def allows_body(self) -> bool:
        """Whether the response may have a body at all."""
        return self._why_empty is None

    def add(self, data: bytes) -> None:
        """Count a part of the body."""
        if not data:
            return
        if self._why_empty is not None:
            raise ProtocolViolation(f"A response {self._why_empty} must not have a body, got {len(data)} bytes.")
        self.sent += len(data)
        if self.expected is not None and self.sent > self.expected:
            raise ProtocolViolation(
                f"The response's content-length is {self.expected}, but its body has at least {self.sent} bytes."
            )

    def finish(self) -> None:
        """Check the whole."""
        if self.expected is not None and self._why_empty is None and self.sent != self.expected:
            raise ProtocolViolation(
                f"The response's content-length is {self.expected}, but its body has {self.sent} bytes."
            )


def check_close(code: object, reason: object) -> str | None:
    """
    Say what is wrong with a close frame (RFC 6455 §5.5, §7.4); `None` if nothing is.

    Example:
        >>> check_close(1000, ""), check_close(1005, "")
        (None, 'The close code 1005 cannot be sent.')
    """
    if not isinstance(code, int) or isinstance(code, bool) or not 1000 <= code <= 4999:
        return f"A close code is a number from 1000 to 4999, got {code!r}."
    if code in {1004, 1005, 1006, 1015} or 1016 <= code <= 2999:
        return f"The close code {code} cannot be sent."
    if not isinstance(reason, str):
        return f"The reason of a close is text, got {type(reason).__name__}."
    size = len(reason.encode("utf-8", "surrogatepass"))
    return f"The reason of a close has at most 123 bytes, got {size}." if size > 123 else None
