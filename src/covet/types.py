"""
The words that every floor shares: ASGI's types and the sentinels.

Nothing here does anything; it only names shapes.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from enum import Enum
from typing import Any, Final, Literal

# ASGI messages are open dictionaries: their values differ by key and by server.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class Unset(Enum):
    """
    The type of `UNSET`: no value was given, which is not the same as `None`.

    Example:
        >>> UNSET
        UNSET
        >>> bool(UNSET)
        False
    """

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
UnsetType = Literal[Unset.UNSET]
