"""
Raw ASGI middleware around the whole application: each wrapper is called once.

What a wrapper gives keeps state of its own (a pool, counters), so it must outlive whatever makes the
application compile its routes again.
"""

from collections.abc import Callable

from covet.exceptions import ConfigurationError
from covet.types import ASGIApp, Receive, Scope, Send

Wrapper = Callable[[ASGIApp], ASGIApp]


class Wrapping:
    """
    The wrappers of an application, the outermost first.

    Args:
        app: What they are around.

    Attributes:
        wrappers: All of them, in order.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.wrappers: tuple[Wrapper, ...] = ()
        self._waiting: list[Wrapper] = []
        self._outermost: ASGIApp | None = None
        self._innermost: _Inside | None = None

    def add(self, wrapper: Wrapper) -> None:
        """
        Take in a wrapper, inside of those that are there.

        Raises:
            ConfigurationError: If it cannot be called.
        """
        if not callable(wrapper):
            raise ConfigurationError(f"What wraps an application is called with it: {wrapper!r} cannot be called.")
        self._waiting.append(wrapper)
        self.wrappers += (wrapper,)

    def apply(self) -> ASGIApp | None:
        """
        Call the wrappers that were not called yet, and give the outermost application; `None` without any.

        Raises:
            ConfigurationError: If one gives no application.
        """
        if not self._waiting:
            return self._outermost
        inside = _Inside(self._app)
        app: ASGIApp = inside
        for wrapper in reversed(self._waiting):
            app = wrapper(app)
            if not callable(app):
                raise ConfigurationError(f"{wrapper!r} must give an ASGI application, got {type(app).__name__}.")
        if self._innermost is None:
            self._outermost = app
        else:
            self._innermost.app = app
        self._innermost = inside
        self._waiting.clear()
        return self._outermost


class _Inside:
    """The place inside of the innermost wrapper, into which a later one is put."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
