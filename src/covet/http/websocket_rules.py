"""
What a route allows its WebSockets: origins, subprotocols, sizes and rates.

Everything is checked when the route is declared; a connection only looks up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, TypedDict

from covet.exceptions import BadRequestError, ConfigurationError, PermissionDeniedError
from covet.http.request import Request
from covet.http.urls import URL
from covet.http.websocket_codes import check_subprotocol
from covet.http.websocket_errors import WebSocketError

DEFAULT_MAX_MESSAGE_SIZE: Final = 1024 * 1024
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class WebSocketRuleOptions(TypedDict, total=False):
    """The options of a route that say what its WebSockets are allowed; `WebSocketRules` says what each means."""

    allowed_origins: Sequence[str] | None
    subprotocols: Sequence[str]
    max_message_size: int | None
    max_messages_per_second: float | None


@dataclass(frozen=True, slots=True)
class WebSocketRules:
    """
    What a route allows its WebSockets.

    Attributes:
        allowed_origins: The origins whose pages may connect, such as `"https://example.com"`; `["*"]` for all of them.
            `None` is the origin of the application itself. A client that is no browser names none, and may connect.
        subprotocols: What the application speaks, the best first.
        max_message_size: The largest message that may come, in bytes; `None` for no limit.
        max_messages_per_second: How many messages may come, on an average of some seconds; `None` for no limit.
    """

    allowed_origins: frozenset[str] | None = None
    subprotocols: tuple[str, ...] = ()
    max_message_size: int | None = DEFAULT_MAX_MESSAGE_SIZE
    max_messages_per_second: float | None = None

    def check_origin(self, request: Request) -> None:
        """
        Refuse a handshake that a page of another origin has sent.

        APPSEC: browsers let any page connect to anywhere, with the cookies of its user (docs/security.md, row 69).

        Raises:
            PermissionDeniedError: If the origin is not allowed.
        """
        allowed = self.allowed_origins
        if allowed is not None and "*" in allowed:
            return
        origins = request.headers.get_list("origin")
        if not origins and "origin" not in request.headers:
            return
        origin = origins[0].lower() if len(origins) == 1 else ""
        is_allowed = _is_same(origin, request) if allowed is None else origin in allowed
        if not is_allowed:
            raise PermissionDeniedError("Pages of this origin may not connect.")

    def choose(self, offered: Sequence[str]) -> str | None:
        """
        Choose the best subprotocol that a client offers; `None` if there is none.

        Example:
            >>> WebSocketRules(subprotocols=("chat.v2", "chat.v1")).choose(["chat.v1", "other"])
            'chat.v1'
        """
        return next((name for name in self.subprotocols if name in offered), None)


@dataclass(slots=True)
class MessageRate:
    """
    Count messages against a rate, with a burst of what may come in two seconds.

    Args:
        per_second: The rate.

    Example:
        >>> rate = MessageRate(1)
        >>> [rate.takes(now) for now in (0.0, 0.0, 0.0, 1.0)]
        [True, True, False, True]
    """

    per_second: float
    _left: float = field(init=False)
    _seen: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._left = self._most

    @property
    def _most(self) -> float:
        return max(1.0, 2 * self.per_second)

    def takes(self, now: float | None = None) -> bool:
        """
        Count one more message, and tell whether it may come.

        Args:
            now: The time in seconds; by default the clock's.
        """
        now = monotonic() if now is None else now
        if self._seen is not None:
            self._left = min(self._most, self._left + (now - self._seen) * self.per_second)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


# Any: whatever the user wrote.
def make_rules(options: Mapping[str, Any]) -> WebSocketRules:
    """
    Make the rules of what a user gave.

    Raises:
        ConfigurationError: If a value cannot be meant.
    """
    origins = options.get("allowed_origins")
    subprotocols = options.get("subprotocols", ())
    for name, value in (("allowed_origins", origins), ("subprotocols", subprotocols)):
        if value is not None and not isinstance(value, list | tuple | set | frozenset):
            raise ConfigurationError(f"{name} must be a list, got {value!r}.", hint=f"Write [{value!r}].")
    size = options.get("max_message_size", DEFAULT_MAX_MESSAGE_SIZE)
    if size is not None and (type(size) is not int or size < 1):
        raise ConfigurationError(f"max_message_size must be a number of bytes or None, got {size!r}.")
    rate = options.get("max_messages_per_second")
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < 1e9):
        raise ConfigurationError(f"max_messages_per_second must be a number above 0 or None, got {rate!r}.")
    try:
        names = tuple(check_subprotocol(name) for name in subprotocols or ())
    except WebSocketError as exc:
        raise ConfigurationError(exc.message) from exc
    return WebSocketRules(None if origins is None else frozenset(map(_check_origin, origins)), names, size, rate)


def _check_origin(text: object) -> str:
    if text == "*":
        return "*"
    try:
        origin = URL(text).origin if isinstance(text, str) else ""
    except (ValueError, BadRequestError):
        origin = ""
    if not isinstance(text, str) or not origin or origin != text.lower():
        hint = 'Write scheme, host and, if it is not the usual one, port: "https://example.com".'
        raise ConfigurationError(f"allowed_origins has {text!r}, which is no origin.", hint=hint)
    return origin


def _is_same(origin: str, request: Request) -> bool:
    """Tell whether an origin is that of the request itself: the same host and port, and no weaker scheme."""
    scheme, separator, host = origin.partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return False
    # Behind a proxy that ends TLS, the application sees `ws` where the browser sees `https`.
    if scheme == "http" and request.scheme in {"wss", "https"}:
        return False
    own = request.host.lower()
    return host.removesuffix(_DEFAULT_PORTS[scheme]) == own.removesuffix(":80").removesuffix(":443")


__all__ = ["MessageRate", "WebSocketRuleOptions", "WebSocketRules", "make_rules"]
