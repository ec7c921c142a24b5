"""
Middleware that has something to open and to close: it takes part in the start and the stop of its application.
"""

from collections.abc import Iterable
from functools import partial

from covet.core.lifecycle import Lifecycle
from covet.core.lifespan import Step
from covet.core.middleware import Middleware


def make_middleware_steps(app: Lifecycle, middleware: Iterable[object]) -> list[Step]:
    """
    Make a step of each middleware that overrides `startup` or `shutdown`, however often it stands around something.

    Args:
        app: The application.
        middleware: All its middleware: its own, and that of its routes.

    Example:
        >>> from covet import CovetPy
        >>> class Opening(Middleware):
        ...     async def startup(self, app): ...
        ...     async def process_response(self, request, response):
        ...         return response
        >>> opening = Opening()
        >>> [name for name, _, _ in make_middleware_steps(CovetPy(), [opening, print, opening])]
        ['middleware Opening']
    """
    found: list[Middleware] = []
    for item in middleware:
        if isinstance(item, Middleware) and _takes_part(type(item)) and not any(item is other for other in found):
            found.append(item)
    return [(f"middleware {type(item).__name__}", partial(item.startup, app), item.shutdown) for item in found]


def _takes_part(cls: type[Middleware]) -> bool:
    return cls.startup is not Middleware.startup or cls.shutdown is not Middleware.shutdown


__all__ = ["make_middleware_steps"]
