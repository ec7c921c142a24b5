"""
What goes wrong with a WebSocket.

::

    CovetError
    └── WebSocketError                 what was asked for cannot go over a WebSocket
        ├── WebSocketDisconnect        the connection is over: carries the code and the reason
        ├── WebSocketStateError        something was asked for at the wrong time
        └── WebSocketMessageError      a message is not what was asked for: carries the code and the errors
"""

from collections.abc import Sequence

from covet.exceptions import CovetError, ErrorItem


class WebSocketError(CovetError):
    """What was asked for cannot go over a WebSocket, or not over this server's."""


class WebSocketDisconnect(WebSocketError):  # noqa: N818 - a fact, not a fault
    """
    The connection is over.

    A handler need not catch it: whoever leaves is no error. It is logged nowhere.

    Attributes:
        code: The close code; 1005 if none is known, 1006 if the connection was cut.
        reason: The reason that came with it.
    """

    def __init__(self, code: int = 1005, reason: str = "") -> None:
        super().__init__()
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        because = f", {self.reason!r}" if self.reason else ""
        return f"The WebSocket is closed ({self.code}{because})."


class WebSocketStateError(WebSocketError):
    """A WebSocket was asked for something that it cannot do where it stands, such as to send before `accept()`."""


class WebSocketMessageError(WebSocketError):
    """
    A message is not what was asked for: of the other kind, too large, one too many, no JSON, or of another shape.

    Attributes:
        code: The code that the connection is closed with for it.
        errors: What is wrong with its content, if it was validated.
    """

    def __init__(self, message: str, *, code: int, errors: Sequence[ErrorItem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {item.pointer or '/'}: {item.message}" for item in self.errors)])


__all__ = ["WebSocketDisconnect", "WebSocketError", "WebSocketMessageError", "WebSocketStateError"]
