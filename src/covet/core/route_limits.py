"""
How large a route's body may be, and how long its handler may take: one answer of all who may say so.

The nearest to the handler has the last word: the route's own options, then its middleware, then that of what it
stands in, and at last the application. What they say is compiled into the route; nothing is asked for a request.
"""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.core.route import Route
from covet.exceptions import ConfigurationError
from covet.http.body import BodyLimits
from covet.http.request import Request
from covet.http.response import Response
from covet.types import UNSET, UnsetType


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """
    What somebody says of a route's limits; `UNSET` says nothing, `None` that there is none.

    Attributes:
        body_limit: The largest body in bytes.
        timeout: Seconds after which the handler is given up.

    Example:
        >>> RouteLimits(timeout=2).over(RouteLimits(body_limit=10, timeout=60))
        RouteLimits(body_limit=10, timeout=2)
    """

    body_limit: int | UnsetType | None = UNSET
    timeout: float | UnsetType | None = UNSET

    def over(self, outer: "RouteLimits") -> "RouteLimits":
        """Say what these say, and what others say where these say nothing."""
        return RouteLimits(
            outer.body_limit if self.body_limit is UNSET else self.body_limit,
            outer.timeout if self.timeout is UNSET else self.timeout,
        )


class RouteLimitMiddleware(Middleware):
    """
    Middleware that says what the limits of the routes inside of it are, and is no layer for their requests.

    Args:
        limits: The limits.
    """

    def __init__(self, limits: RouteLimits) -> None:
        self.limits = limits

    def bind_route(self, binding: LayerBinding) -> Middleware | None:  # noqa: ARG002
        """Leave it out: what it says has been read."""
        return None

    def process_request(self, request: Request) -> Response | Awaitable[Response | None] | None:  # noqa: ARG002
        """
        Refuse: nothing is limited where it is called by hand.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            f"{type(self).__name__} was called by hand, where it limits nothing.",
            hint="Give it to an application, a router, a route or a MiddlewarePipeline.",
        )


def find_limits(route: Route, middleware: Iterable[object]) -> RouteLimits:
    """
    Find what is said of a route's limits.

    Args:
        route: The route.
        middleware: What stands around it, the outermost first.
    """
    return RouteLimits(route.body_limit, route.timeout).over(collect_limits(middleware))


def collect_limits(middleware: Iterable[object]) -> RouteLimits:
    """
    Find what middleware says of the limits of a route inside of all of it.

    Args:
        middleware: The middleware, the outermost first.

    Example:
        >>> outer, inner = (RouteLimitMiddleware(RouteLimits(timeout=seconds)) for seconds in (60, None))
        >>> collect_limits([outer, inner])
        RouteLimits(body_limit=UNSET, timeout=None)
    """
    found = RouteLimits()
    for item in middleware:
        if isinstance(item, RouteLimitMiddleware):
            found = item.limits.over(found)
    return found


def limit_bodies(limits: BodyLimits, body_limit: int | UnsetType | None) -> BodyLimits:
    """Put another largest body in the place of the application's, unless nothing is said of it."""
    if body_limit is UNSET:
        return limits
    return BodyLimits(body_limit, limits.grace, limits.min_rate)


__all__ = ["RouteLimitMiddleware", "RouteLimits", "collect_limits", "find_limits", "limit_bodies"]
