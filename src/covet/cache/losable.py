"""
A backend that may be lost: whoever asks goes on without it, and the log says so.
"""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from covet.cache.outage import Outage

P = ParamSpec("P")
T = TypeVar("T")


class LosableBackend:
    """
    Ask a backend, and have an answer whether it does or not.

    Args:
        outage: What is known of its failures.
        raises: Whether a failure is raised instead.
    """

    __slots__ = ("_outage", "_raises")

    def __init__(self, outage: Outage, *, raises: bool) -> None:
        self._outage = outage
        self._raises = raises

    @property
    def is_lost(self) -> bool:
        """Whether it failed a moment ago."""
        return self._outage.is_recent

    async def read(self, otherwise: T, method: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Ask what need not be known; for a second after a failure nobody does.

        Args:
            otherwise: The answer without it.
            method: The method that asks.
            *args: Its arguments.
            **kwargs: Its arguments.
        """
        if self._outage.is_recent and not self._raises:
            return otherwise
        return await self._ask(otherwise, "It is taken for empty meanwhile.", method, *args, **kwargs)

    async def change(self, otherwise: T, method: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask for something to be changed or taken away: that is always tried."""
        consequence = "What was to change may be as it was until its time is over."
        return await self._ask(otherwise, consequence, method, *args, **kwargs)

    async def _ask(
        self,
        otherwise: T,
        consequence: str,
        method: Callable[P, Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            answer = await method(*args, **kwargs)
        except Exception as exc:
            # Whatever it is: backends are somebody else's, too.
            if self._raises:
                raise
            self._outage.note(exc, consequence)
            return otherwise
        self._outage.end()
        return answer
