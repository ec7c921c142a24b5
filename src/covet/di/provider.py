"""
Late and repeated resolution: what a service takes when it does not want the instance at once.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


class Provider(Generic[T]):
    """
    Give out instances of a service when they are asked for.

    A service takes `Provider[Mailer]` where it would take `Mailer`: it may need none, or several, or would need
    itself. A singleton takes it for a service that lives shorter, and opens it for each use.

    Args:
        get: Resolves the service.
        use: Resolves it in a scope of its own.

    Example:
        >>> clock = Provider.of("noon")
        >>> await clock.get()
        'noon'
        >>> async with clock.use() as time:
        ...     print(time)
        noon
    """

    __slots__ = ("_get", "_use")

    def __init__(
        self, get: Callable[[], Awaitable[T]], use: Callable[[], AbstractAsyncContextManager[T]] | None = None
    ) -> None:
        self._get = get
        self._use = use

    @staticmethod
    def of(instance: S) -> "Provider[S]":
        """Make one that always gives the same instance, for tests of whoever takes it."""

        async def get() -> S:
            return instance

        return Provider(get)

    async def get(self) -> T:
        """
        Resolve the service where its taker lives: in the same scope.

        Raises:
            ScopeRequiredError: If the taker is a singleton and the service is not.
            ScopeClosedError: If the taker's scope is over.
        """
        return await self._get()

    def use(self) -> AbstractAsyncContextManager[T]:
        """Resolve the service in a scope of its own, which ends with the block."""
        return self._get_only() if self._use is None else self._use()

    @asynccontextmanager
    async def _get_only(self) -> AsyncIterator[T]:
        yield await self._get()
