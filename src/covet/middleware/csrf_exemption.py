"""
Routes that take what other sites send: marked where they are declared, never at the function that answers.

A function may answer at several routes, of several applications, and decorators copy what is written on it: a mark
there would open routes that nobody meant.
"""

from typing import Any, NoReturn

from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.error_text import name_callable
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.middleware.places import Place


class CSRFExemption(Middleware):
    """Lift the `CSRFMiddleware` further out; made by `csrf_exempt()`."""

    priority: int = Place.CSRF

    def bind_route(self, binding: LayerBinding) -> Middleware | None:  # noqa: ARG002
        """Leave itself out: it says something to the middleware around it, and nothing to requests."""
        return None

    def process_request(self, request: Request) -> None:
        """Say nothing: where it was not bound, everything is checked."""

    @property
    def layer_title(self) -> str:
        """What tables call it."""
        return repr(self)

    def __repr__(self) -> str:
        return "csrf_exempt()"


# Any: whatever it was called with, by mistake.
def csrf_exempt(*mistaken: Any) -> CSRFExemption:
    """
    Let a route take what other sites send: it believes no cookie, but a signature or a key of its own.

    It is middleware: for a route, a router or an inclusion, and for nothing else that the same function answers.

    Args:
        *mistaken: Nothing; a handler is refused with the way to write it.

    Raises:
        ConfigurationError: If it is written above a function, as a decorator.

    Example:
        >>> from covet import CovetPy
        >>> from covet.middleware import CSRFMiddleware
        >>> app = CovetPy(middleware=[CSRFMiddleware()])
        >>> @app.post("/webhooks/payments", middleware=[csrf_exempt()])
        ... async def take_payment() -> str:
        ...     return "thank you"
    """
    if mistaken:
        _refuse(mistaken[0])
    return CSRFExemption()


def _refuse(mistaken: Any) -> NoReturn:
    raise ConfigurationError(
        f"csrf_exempt() takes nothing, got {name_callable(mistaken)}: a route is exempt, not what answers it.",
        hint="Write @app.post(path, middleware=[csrf_exempt()]).",
    )


__all__ = ["CSRFExemption", "csrf_exempt"]
