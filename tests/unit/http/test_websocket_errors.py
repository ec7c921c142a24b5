"""
The errors of WebSockets stand below one class, and keep their data.
"""

from covet.exceptions import CovetError, ErrorItem
from covet.http.websocket_errors import (
    WebSocketDisconnect,
    WebSocketError,
    WebSocketMessageError,
    WebSocketStateError,
)


def test_a_disconnect_has_its_code_and_reason() -> None:
    """
    Without any it is the code that means none.
    """
    assert (WebSocketDisconnect().code, WebSocketDisconnect().reason) == (1005, "")
    assert str(WebSocketDisconnect(4000, "bye")) == "The WebSocket is closed (4000, 'bye')."
    assert str(WebSocketDisconnect(1001)) == "The WebSocket is closed (1001)."


def test_a_message_error_lists_what_is_wrong() -> None:
    """
    Each on a line of its own.
    """
    error = WebSocketMessageError(
        "A message does not fit its type.", code=1008, errors=[ErrorItem("message", "/x", "is required", "missing")]
    )

    assert str(error) == "A message does not fit its type.\n  /x: is required"
    assert (error.code, error.errors[0].pointer) == (1008, "/x")


def test_all_stand_below_one_class() -> None:
    """
    It is one of CovetPy's.
    """
    assert issubclass(WebSocketError, CovetError)
    for cls in (WebSocketDisconnect, WebSocketMessageError, WebSocketStateError):
        assert issubclass(cls, WebSocketError)
