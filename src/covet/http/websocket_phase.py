"""
Where a WebSocket stands in its life, and what may follow what.
"""

from enum import Enum
from typing import Final


class WebSocketPhase(Enum):
    """Where a WebSocket stands in its life."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


# The whole behaviour in one table.
_NEXT: Final[dict[WebSocketPhase, frozenset[WebSocketPhase]]] = {
    # Refused, or the client left before it was answered.
    WebSocketPhase.CONNECTING: frozenset({WebSocketPhase.OPEN, WebSocketPhase.CLOSED}),
    WebSocketPhase.OPEN: frozenset({WebSocketPhase.CLOSING, WebSocketPhase.CLOSED}),
    # The close is sent, and the client has not answered it yet.
    WebSocketPhase.CLOSING: frozenset({WebSocketPhase.CLOSED}),
    WebSocketPhase.CLOSED: frozenset(),
}


def may_follow(phase: WebSocketPhase, present: WebSocketPhase) -> bool:
    """
    Tell whether a phase may follow another one.

    Args:
        phase: What would follow.
        present: Where the WebSocket stands.

    Example:
        >>> may_follow(WebSocketPhase.OPEN, WebSocketPhase.CONNECTING)
        True
        >>> may_follow(WebSocketPhase.OPEN, WebSocketPhase.CLOSED)
        False
    """
    return phase in _NEXT[present]
