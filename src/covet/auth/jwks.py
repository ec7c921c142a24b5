"""
The public keys of somebody else who makes tokens: fetched, kept, and looked up by their names. The adapter of httpx2.

It must never let a stranger make it fetch: unknown names are looked up at most once a minute, and what is known stays
when a fetch fails. While nothing is known it tries again sooner.
"""

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any, Final

from covet._extras import require_extra
from covet.auth.errors import AuthenticationSetupError
from covet.exceptions import ServiceUnavailableError
from covet.options import refuse_unknown
from covet.security.jwt import ALGORITHMS, SYMMETRIC_ALGORITHMS, JWTHeader, JWTKey, find_key, read_jwks
from covet.threads import run_in_thread

_LOGGER: Final = logging.getLogger("covet.auth")

REFRESH_INTERVAL: Final = 60.0
"""How many seconds lie between two fetches at least, whatever comes, once there are keys."""

FIRST_RETRY: Final = 1.0
"""How many seconds after a failure the next fetch may be, while there are no keys; twice as many after each further."""

_MAX_DOUBLINGS: Final = 6

MAX_DOCUMENT_BYTES: Final = 256 * 1024
"""How large a JWKS document is at most."""

Fetch = Callable[[str], Awaitable[bytes]]
"""What fetches a document: a coroutine function from its URL to its bytes; it raises if there is none."""


class JWKS:
    """
    The keys that a JWKS document lists (RFC 7517 §5), by their names.

    The document is fetched when a key is first wanted, and again once it is old or a token names an unknown key.

    Args:
        url: Where the document is: `https://`, or `http://` for this machine alone.
        fetch: What fetches it; httpx2 of `covetpy[oauth]` by default.
        max_age: How many seconds keys are good for before they are fetched again; a failure keeps them.
        timeout: How many seconds a fetch may take.

    Raises:
        AuthenticationSetupError: If the URL is none that can be trusted.

    Example:
        >>> keys = JWKS("https://login.example.com/jwks.json")
    """

    @refuse_unknown
    def __init__(self, url: str, *, fetch: Fetch | None = None, max_age: float = 3600.0, timeout: float = 5.0) -> None:
        local = ("http://localhost:", "http://localhost/", "http://127.0.0.1:", "http://127.0.0.1/", "http://[::1]:")
        # What stands before an @ is no host.
        if not url.startswith(("https://", *local)) or "@" in url:
            raise AuthenticationSetupError(
                f"JWKS: {url!r} is no address whose keys can be trusted.", hint="Write an address with https://."
            )
        for name, seconds in (("max_age", max_age), ("timeout", timeout)):
            if not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
                raise AuthenticationSetupError(
                    f"JWKS: {name} is {seconds!r}, expected seconds above 0.", hint=f"Leave {name} out."
                )
        self.url = url
        self._fetch = fetch if fetch is not None else _make_fetch(timeout)
        self._max_age = max_age
        self._timeout = timeout
        self._keys: dict[str, JWTKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failures = 0
        self._running: asyncio.Task[None] | None = None
        self._algorithms: tuple[str, ...] = ()

    def allow(self, algorithms: Sequence[str]) -> None:
        """
        Say which algorithms its keys may be for; all others are left out.

        Raises:
            AuthenticationSetupError: If there is none, one is not known, or one is for secrets.
        """
        for name in algorithms:
            if name not in ALGORITHMS or name in SYMMETRIC_ALGORITHMS:
                raise AuthenticationSetupError(
                    f"JWKS: {name!r} is no algorithm with public keys.", hint="Write algorithms=['RS256']."
                )
        if not algorithms:
            raise AuthenticationSetupError("JWKS: there is no algorithm.", hint="Write algorithms=['RS256'].")
        self._algorithms = tuple(algorithms)

    async def find(self, header: JWTHeader) -> JWTKey | None:
        """
        Find the key that a token names.

        Args:
            header: The header of the token.

        Raises:
            ServiceUnavailableError: If there is no key at all, since none could be fetched.
        """
        if header.algorithm not in self._algorithms:
            return None
        now = monotonic()
        key = find_key(header, self._keys)
        is_old = self._fetched_at is None or now - self._fetched_at >= self._max_age
        if key is None or is_old:
            await self._refresh(now)
            key = find_key(header, self._keys)
        if key is None and not self._keys:
            raise ServiceUnavailableError("The keys of the issuer are not to be had at the moment.")
        return key

    async def _refresh(self, now: float) -> None:
        """Fetch the document, unless that was tried a moment ago; who comes meanwhile waits for the same."""
        if self._running is not None and not self._running.done() and self._running.get_loop() is _get_loop():
            await asyncio.shield(self._running)
            return
        # APPSEC: docs/security.md, row 89: a flood of unknown names costs one fetch a minute.
        if self._tried_at is not None and now - self._tried_at < self._find_interval():
            return
        self._tried_at = now
        self._running = asyncio.create_task(self._load(), name=f"fetch {self.url}")
        try:
            # A client that leaves does not end what others wait for.
            await asyncio.shield(self._running)
        finally:
            if self._running.done():
                self._running = None

    def _find_interval(self) -> float:
        """Say how many seconds lie between the last fetch and the next one."""
        if self._keys:
            return REFRESH_INTERVAL
        # Everybody gets 503 meanwhile: an issuer that is back is to be noticed soon.
        return min(REFRESH_INTERVAL, FIRST_RETRY * 2.0 ** min(max(0, self._failures - 1), _MAX_DOUBLINGS))

    async def _load(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                data = await self._fetch(self.url)
            keys = _read_document(data, self._algorithms)
        except Exception as exc:  # noqa: BLE001 - what was known stays, whatever went wrong
            _LOGGER.warning(
                "The keys at %s could not be fetched, %s: %s: %s",
                self.url,
                "those that are known stay" if self._keys else "and none are known",
                type(exc).__name__,
                exc,
            )
            self._failures += 1
            return
        self._keys = keys
        self._failures = 0
        self._fetched_at = monotonic()

    def __repr__(self) -> str:
        return f"<JWKS {self.url}: {len(self._keys)} keys>"


def _read_document(data: bytes, algorithms: Sequence[str]) -> dict[str, JWTKey]:
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"The document has more than {MAX_DOCUMENT_BYTES} bytes.")
    keys = read_jwks(json.loads(data), algorithms)
    if not keys:
        raise ValueError(f"It has no key for {', '.join(algorithms)}.")
    return keys


def _get_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def _make_fetch(timeout: float) -> Fetch:
    httpx = require_extra("httpx2", extra="oauth", needed_for="covet.auth.jwks")
    context: Any = None  # as the library has it

    async def fetch(url: str) -> bytes:
        nonlocal context
        if context is None:
            # It reads the certificates that the machine trusts.
            context = await run_in_thread(httpx.create_ssl_context)
        # No redirect is followed: it would lead to keys of whoever answers there.
        async with (
            httpx.AsyncClient(verify=context, timeout=timeout, follow_redirects=False) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != 200:
                raise ValueError(f"It answered {response.status_code}, expected 200.")
            data = b""
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_DOCUMENT_BYTES:
                    break
            return data

    return fetch
