"""
What the closing and the handshake of a WebSocket may say (RFC 6455), checked before a server sees it.

Servers trust the application: some put a code of 0 or a reason of any length on the wire, and one aborts at a line
break in a subprotocol.
"""

import re
from typing import Final

from covet.http.websocket_errors import WebSocketError

NORMAL: Final = 1000
UNSUPPORTED: Final = 1003
NO_CODE: Final = 1005
ABNORMAL: Final = 1006
INVALID: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
FAILED: Final = 1011
RESTART: Final = 1012
TRY_AGAIN: Final = 1013

# RFC 6455 §7.4.1 and its registry: 1004, 1005, 1006 and 1015 are never sent; up to 2999 the others are not given out.
_SENDABLE: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
# RFC 6455 §5.5: a control frame has at most 125 bytes, two of which are the code.
_MAX_REASON: Final = 123
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def check_close(code: object, reason: object) -> tuple[int, str]:
    """
    Return a code and a reason that a close frame can carry.

    Raises:
        WebSocketError: If one of them cannot be sent.

    Example:
        >>> check_close(1000, "bye")
        (1000, 'bye')
        >>> check_close(1005, "")
        Traceback (most recent call last):
            ...
        covet.http.websocket_errors.WebSocketError: 1005 cannot be sent as a close code.
          Use 1000 (done), 1008 (refused), 1011 (failed), or one of your own from 4000 to 4999.
    """
    if type(code) is not int or not (code in _SENDABLE or 3000 <= code <= 4999):
        raise WebSocketError(
            f"{code!r} cannot be sent as a close code.",
            hint="Use 1000 (done), 1008 (refused), 1011 (failed), or one of your own from 4000 to 4999.",
        )
    if not isinstance(reason, str):
        raise WebSocketError(f"The reason of a close is text, got {type(reason).__name__}.")
    try:
        size = len(reason.encode())
    except UnicodeEncodeError:
        raise WebSocketError("The reason of a close has a lone surrogate, which UTF-8 cannot carry.") from None
    if size > _MAX_REASON:
        raise WebSocketError(
            f"The reason of a close has at most {_MAX_REASON} bytes, got {size}.",
            hint="Shorten it; what is longer belongs into a message before the close.",
        )
    return code, reason


def check_refusal(status: object) -> int:
    """
    Return the status of a refusal if a handshake can be answered with it.

    Raises:
        WebSocketError: If it is no error and no redirect.

    Example:
        >>> check_refusal(429)
        429
    """
    if type(status) is not int or not 300 <= status <= 599:
        raise WebSocketError(f"A refusal has a status from 300 to 599, got {status!r}.")
    return status


def check_subprotocol(name: object) -> str:
    """
    Return the name of a subprotocol if it is one.

    Raises:
        WebSocketError: If it is no token.

    Example:
        >>> check_subprotocol("graphql-transport-ws")
        'graphql-transport-ws'
    """
    if isinstance(name, str) and _TOKEN.fullmatch(name):
        return name
    raise WebSocketError(f"A subprotocol is a token such as 'chat.v2', got {name!r}.")


def split_subprotocols(header: str | None) -> tuple[str, ...]:
    """
    List the subprotocols that a client offers; what is no token is left out.

    Example:
        >>> split_subprotocols("chat.v2, chat.v1, in valid")
        ('chat.v2', 'chat.v1')
    """
    names = (name.strip(" \t") for name in (header or "").split(","))
    return tuple(dict.fromkeys(name for name in names if _TOKEN.fullmatch(name)))


def make_close_frame(code: int, reason: str) -> bytes:
    r"""
    Write a close frame as a server sends it, unmasked.

    Example:
        >>> make_close_frame(1012, "stop")
        b'\x88\x06\x03\xf4stop'
    """
    payload = code.to_bytes(2) + reason.encode()
    return bytes((0x88, len(payload))) + payload
