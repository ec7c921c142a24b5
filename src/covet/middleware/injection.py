"""
The container on the request, for those who resolve by hand.

Handlers take their services as parameters, and `request.resolve()` serves middleware; this is the explicit form.
"""

from itertools import count
from typing import Final

from covet.core.middleware import Middleware
from covet.di import DependencyContainer
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.http.response import Response

# The name of a scope is used once: the identity of a request would be used again by the next one.
_NAMES: Final = count(1)


class DIMiddleware(Middleware):
    """
    Put a container and the name of a scope on `request.state`; the scope is closed at the end of the request.

    Args:
        container: The container; an application's own is `app.container`.

    Raises:
        ConfigurationError: If it is none.

    Example:
        >>> from covet import CovetPy
        >>> class Clock:
        ...     now = "noon"
        >>> container = DependencyContainer()
        >>> container.register(Clock)
        >>> app = CovetPy(middleware=[DIMiddleware(container)])
        >>> @app.get("/")
        ... async def show_time(request: Request) -> str:
        ...     state = request.state
        ...     clock = await state.di_container.resolve(Clock, scope_id=state.di_scope_id)
        ...     return clock.now
        >>> from covet.testing import TestClient
        >>> async with TestClient(app) as client:
        ...     (await client.get("/")).text
        'noon'
    """

    def __init__(self, container: DependencyContainer) -> None:
        if not isinstance(container, DependencyContainer):
            raise ConfigurationError(
                f"DIMiddleware takes a DependencyContainer, got {container!r}.",
                hint="Write DIMiddleware(app.container), or a container of your own.",
            )
        self.container = container

    async def process_request(self, request: Request) -> None:
        """Name the request's scope, which is opened with the first service that is resolved in it."""
        request.state.di_container = self.container
        request.state.di_scope_id = f"request {next(_NAMES)}"

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:  # noqa: ARG002
        """Close the scope, whatever became of the request."""
        await self.container.clear_scope(request.state.di_scope_id)
