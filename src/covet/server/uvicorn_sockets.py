"""
WebSockets on uvicorn: handshakes that its library refuses are answered, as all others are.

The library takes lines of 8 KiB. What it makes of a longer one it keeps to itself (measured: uvicorn 0.54, websockets
17.4), and the client would wait for an answer until it gives up.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

MAKE_SOCKET: Final = f"{__name__}:make_socket"
"""The name by which uvicorn finds `make_socket`, in each of its processes."""

_ANSWER: Final = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def choose_sockets(*, is_wanted: bool) -> str:
    """
    Choose uvicorn's option `ws`.

    Args:
        is_wanted: Whether WebSockets are served.

    Example:
        >>> choose_sockets(is_wanted=False)
        'none'
    """
    if not is_wanted:
        return "none"
    # wsproto, the other library that uvicorn can use, takes lines of any length.
    return MAKE_SOCKET if find_spec("websockets") is not None else "auto"


# Any: uvicorn's own arguments and protocol, which is imported only here.
def make_socket(**arguments: Any) -> Any:
    """
    Make what serves one WebSocket.

    Args:
        **arguments: What uvicorn gives to its own.
    """
    return _find_protocol()(**arguments)


@cache
# Any: as above.
def _find_protocol() -> Any:
    usual = import_module("uvicorn.protocols.websockets.websockets_sansio_impl").WebSocketsSansIOProtocol

    # What is imported only here has no type.
    class AnsweringProtocol(usual):  # type: ignore[misc, valid-type]
        """uvicorn's own, which answers what its library refuses."""

        handshake_initiated: bool

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if not self.handshake_initiated and self.conn.handshake_exc is not None:
                # The application never hears of it: there is nothing else that could answer.
                self.handshake_initiated = self.handshake_complete = self.close_sent = True
                self.transport.write(_ANSWER)
                self.transport.close()

    return AnsweringProtocol
