"""
How large the bodies of some routes may be.
"""

from typing import Final

from covet.core.route_limits import RouteLimitMiddleware, RouteLimits
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

_check: Final = OptionChecks("BodyLimitMiddleware")


class BodyLimitMiddleware(RouteLimitMiddleware):
    """
    Limit the bodies of the routes inside, as their option `body_limit` does, which has the last word.

    It is read when the routes are compiled, and no layer for their requests: 413 is answered where the body is read.

    Args:
        max_size: The largest body in bytes; `None` is no limit.

    Raises:
        ConfigurationError: If that is neither.

    Example:
        >>> from covet import CovetPy, Request
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[BodyLimitMiddleware(10)])
        >>> @app.post("/")
        ... async def count(request: Request) -> int:
        ...     return len(await request.body())
        >>> [(await TestClient(app).post("/", content=b"x" * size)).status_code for size in (10, 11)]
        [200, 413]
    """

    priority: int = Place.LIMITS

    @refuse_unknown
    def __init__(self, max_size: int | None = 1024 * 1024) -> None:
        super().__init__(RouteLimits(body_limit=None if max_size is None else _check.count("max_size", max_size)))

    def __repr__(self) -> str:
        return f"BodyLimitMiddleware(max_size={self.limits.body_limit})"


__all__ = ["BodyLimitMiddleware"]
