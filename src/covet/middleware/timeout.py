"""
How long the handlers of some routes may take.
"""

from datetime import timedelta
from typing import Final

from covet.core.route_limits import RouteLimitMiddleware, RouteLimits
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

_check: Final = OptionChecks("TimeoutMiddleware")


class TimeoutMiddleware(RouteLimitMiddleware):
    """
    Give up the handlers of the routes inside after a time, as their option `timeout` does, which has the last word.

    It is read when the routes are compiled, and no layer for their requests. What counts is the reading of the
    arguments and the handler: wherever it is listed, other middleware is not timed, nor is the sending of the response.

    Args:
        timeout: After how many seconds; `None` is no limit.

    Raises:
        ConfigurationError: If that is neither.

    Example:
        >>> import asyncio
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[TimeoutMiddleware(0.01)])
        >>> @app.get("/slow")
        ... async def answer_late() -> str:
        ...     await asyncio.sleep(60)
        ...     return "late"
        >>> (await TestClient(app).get("/slow")).status_code
        504
    """

    priority: int = Place.LIMITS

    @refuse_unknown
    def __init__(self, timeout: timedelta | float | None) -> None:
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        super().__init__(RouteLimits(timeout=None if seconds is None else _check.seconds("timeout", seconds)))

    def __repr__(self) -> str:
        return f"TimeoutMiddleware(timeout={self.limits.timeout})"


__all__ = ["TimeoutMiddleware"]
