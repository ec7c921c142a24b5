"""
What middleware around a route says that it answers by itself: its `raises`, for the documents.
"""

from collections.abc import Iterable

from covet.core.compiled_route import CompiledRoute
from covet.core.middleware import Middleware
from covet.openapi.errors import OpenAPIError


def list_layer_errors(compiled: CompiledRoute, methods: Iterable[str]) -> list[type[Exception]]:
    """
    List the errors that the middleware around a route answers requests of some methods with, the outermost first.

    Args:
        compiled: The route.
        methods: The methods.

    Raises:
        OpenAPIError: If a middleware says something else than classes of exceptions; names the route.

    Example:
        >>> from covet import CovetPy
        >>> from covet.middleware import CSRFMiddleware
        >>> app = CovetPy(middleware=[CSRFMiddleware()])
        >>> @app.route("/", methods=["GET", "POST"])
        ... async def answer() -> None:
        ...     return None
        >>> [list_layer_errors(app.list_compiled()[0], [method]) for method in ("GET", "POST")]
        [[], [<class 'covet.middleware.csrf.CSRFError'>]]
    """
    found: dict[type[Exception], None] = {}
    for layer in compiled.layers:
        if isinstance(layer.middleware, Middleware):
            for method in methods:
                found |= dict.fromkeys(_check(layer.middleware.list_raised(method), layer.name, compiled))
    return list(found)


def _check(raised: object, name: str, compiled: CompiledRoute) -> tuple[type[Exception], ...]:
    is_good = isinstance(raised, tuple) and all(isinstance(cls, type) and issubclass(cls, Exception) for cls in raised)
    if not isinstance(raised, tuple) or not is_good:
        raise OpenAPIError(
            f"Its middleware {name} says raises = {raised!r}, expected a tuple of exception classes.",
            route=str(compiled.route),
            hint="Write raises = (NotFoundError,), with classes of covet.exceptions or of your own.",
        )
    return raised
