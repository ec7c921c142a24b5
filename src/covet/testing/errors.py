"""
What goes wrong between the test client and an application.

::

    AssertionError
    └── ProtocolViolation            the application broke ASGI, RSGI or HTTP
    CovetError
    ├── IncompleteResponseError      the application stopped in the middle (also ConnectionError)
    ├── StatusError                  `raise_for_status()` met a status of 400 or more
    ├── TooManyRedirectsError        the redirects do not end
    └── WebSocketRefusedError        the application refused a WebSocket
    ConnectionError
    └── ClientLeft                   seen by the application: the client is gone
    RuntimeError
    ├── RSGIProtocolClosed           seen by the application: as Granian's
    └── RSGIProtocolError            seen by the application: as Granian's
"""

from covet.exceptions import CovetError
from covet.http.headers import Headers


class ProtocolViolation(AssertionError):  # noqa: N818 - it reads as a failed assertion, which it is
    """
    The application did what a server or the wire does not allow.

    A real server answers it with a torn connection, a silently dropped header or its own death;
    the test client fails the test instead, even when the application catches the error.
    """


class IncompleteResponseError(CovetError, ConnectionError):
    """The application stopped before its response was complete: a real client sees the connection cut."""


class StatusError(CovetError):
    """The response's status is 400 or more; `status_code` holds it and `body` the text."""

    def __init__(self, message: str, *, status_code: int, body: str) -> None:
        super().__init__(message, hint=body[:1000] or None)
        self.status_code = status_code
        self.body = body


class TooManyRedirectsError(CovetError):
    """A redirect led to a redirect, and so on, more often than the client follows."""


class WebSocketRefusedError(CovetError):
    """
    The application refused a WebSocket.

    Attributes:
        status_code: The status of its answer; over ASGI a bare close is a 403.
        headers: The headers, if the protocol can carry some.
        body: The body, if the protocol can carry one.
    """

    def __init__(self, status_code: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        super().__init__(f"The application refused the WebSocket with {status_code}.")
        self.status_code = status_code
        self.headers = Headers.from_bytes(headers)
        self.body = body


class ClientLeft(ConnectionError):  # noqa: N818 - a fact, not a fault
    """The application wrote to a client that has left (since 2.4 ASGI's `send` raises an `OSError` then)."""


# The two have the name, the base and the text of Granian's own, and not more: an application that
# catches these catches those.


class RSGIProtocolClosed(RuntimeError):  # noqa: N818 - the name that Granian gives it
    """The client has left, or the response is over."""

    def __init__(self) -> None:
        super().__init__("RSGI transport is closed")


class RSGIProtocolError(RuntimeError):
    """The protocol object was used twice."""

    def __init__(self) -> None:
        super().__init__("RSGI protocol error")
