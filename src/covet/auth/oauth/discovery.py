"""
What an issuer says of itself (OpenID Connect Discovery 1.0): fetched, kept, and fetched again once it is old.

It must never let strangers make it fetch: between two attempts lies a time, and what is known stays when one fails.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final

from covet.auth.oauth.endpoints import Endpoints, read_endpoints
from covet.auth.oauth.errors import OAuthAnswerError, OAuthUnavailableError

_LOGGER: Final = logging.getLogger("covet.auth")

RETRY_INTERVAL: Final = 5.0
"""How many seconds lie between two attempts that fail."""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"

# Any: as JSON has it.
FetchObject = Callable[[str], Awaitable[dict[str, Any]]]


class Discovery:
    """
    The endpoints of an issuer.

    Args:
        issuer: The issuer.
        fetch: What fetches its document.
        max_age: How many seconds the document is good for.

    Example:
        >>> async def fetch(url):
        ...     print(url)
        ...     return {"issuer": "https://a.example", "jwks_uri": "https://a.example/keys",
        ...             "authorization_endpoint": "https://a.example/in", "token_endpoint": "https://a.example/token"}
        >>> discovery = Discovery("https://a.example", fetch, max_age=3600)
        >>> (await discovery.get()).token
        https://a.example/.well-known/openid-configuration
        'https://a.example/token'
    """

    def __init__(self, issuer: str, fetch: FetchObject, *, max_age: float) -> None:
        self.url = issuer.rstrip("/") + _WELL_KNOWN
        self._issuer = issuer
        self._fetch = fetch
        self._max_age = max_age
        self._found: Endpoints | None = None
        self._fetched_at = 0.0
        self._tried_at: float | None = None
        self._failure: OAuthUnavailableError | OAuthAnswerError | None = None
        self._running: asyncio.Task[None] | None = None

    async def get(self) -> Endpoints:
        """
        Give the endpoints.

        Raises:
            OAuthUnavailableError: If nothing is known, and the issuer does not answer.
            OAuthAnswerError: If nothing is known, and what it answers is of no use.
        """
        if self._found is not None and monotonic() - self._fetched_at < self._max_age:
            return self._found
        await self._refresh()
        if self._found is not None:
            return self._found
        if isinstance(self._failure, OAuthAnswerError):
            raise OAuthAnswerError(self._failure.reason)
        raise OAuthUnavailableError

    async def _refresh(self) -> None:
        """Fetch the document, unless that failed a moment ago; who comes meanwhile waits for the same."""
        running = self._running
        if running is None or running.done() or running.get_loop() is not asyncio.get_running_loop():
            now = monotonic()
            if self._tried_at is not None and now - self._tried_at < RETRY_INTERVAL:
                return
            self._tried_at = now
            self._running = running = asyncio.create_task(self._load(), name=f"fetch {self.url}")
        # A client that leaves does not end what others wait for.
        await asyncio.shield(running)

    async def _load(self) -> None:
        try:
            document = await self._fetch(self.url)
        except (OAuthUnavailableError, OAuthAnswerError) as exc:
            self._failure = exc
            return
        try:
            found = read_endpoints(document, self._issuer)
        except OAuthAnswerError as exc:
            _LOGGER.warning("The login provider %s cannot be used: %s", self._issuer, exc.reason)
            self._failure = exc
        else:
            self._found = found
            self._fetched_at = monotonic()
            self._tried_at = None


class GivenEndpoints:
    """
    The endpoints of a provider that has no discovery.

    Args:
        endpoints: The endpoints.

    Example:
        >>> given = GivenEndpoints(Endpoints(authorize="https://a.example/in", token="https://a.example/token"))
        >>> (await given.get()).jwks is None
        True
    """

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def get(self) -> Endpoints:
        """Give them."""
        return self._endpoints
