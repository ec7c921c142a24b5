"""
Refreshing tokens once for all who want it at the same time.

A refresh token is often good once: of two requests of one session, the second would take the login for stolen.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, NamedTuple

from covet.auth.oauth.identity import OAuthTokens
from covet.security.tokens import hash_token

_KEPT_SECONDS: Final = 60.0
_MAX_KEPT: Final = 1000


class _Refresh(NamedTuple):
    task: "asyncio.Task[OAuthTokens]"
    began: float


class Refreshes:
    """
    The refreshes under way, and those of the last minute: a request that began before has the old token still.

    Example:
        >>> async def ask():
        ...     print("asked")
        ...     return OAuthTokens("new")
        >>> refreshes = Refreshes()
        >>> first, second = [await refreshes.run("old", ask) for _ in range(2)]
        asked
        >>> first is second
        True
    """

    def __init__(self) -> None:
        self._running: dict[str, _Refresh] = {}

    async def run(self, refresh_token: str, ask: Callable[[], Awaitable[OAuthTokens]]) -> OAuthTokens:
        """
        Get new tokens for a refresh token, or those that another request is getting, or has just got.

        Args:
            refresh_token: The refresh token.
            ask: What asks the provider.

        Raises:
            Exception: What asking raises.
        """
        self._forget()
        name = hash_token(refresh_token)
        found = self._running.get(name)
        if found is None or not (found.task.done() or found.task.get_loop() is asyncio.get_running_loop()):
            task = asyncio.create_task(_run(ask), name="refresh OAuth tokens")
            self._running[name] = found = _Refresh(task, monotonic())
        try:
            # A client that leaves does not end what others wait for.
            return await asyncio.shield(found.task)
        except BaseException:
            # What has failed may be tried again.
            if found.task.done() and self._running.get(name) is found:
                del self._running[name]
            raise

    def _forget(self) -> None:
        now = monotonic()
        for name, refresh in list(self._running.items()):
            is_over = refresh.task.done() and now - refresh.began >= _KEPT_SECONDS
            # The oldest come first.
            if not is_over and len(self._running) <= _MAX_KEPT:
                break
            del self._running[name]


async def _run(ask: Callable[[], Awaitable[OAuthTokens]]) -> OAuthTokens:
    return await ask()
