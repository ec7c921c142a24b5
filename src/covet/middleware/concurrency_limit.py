"""
How much of a client may be under way at once.
"""

from typing import Final
from uuid import uuid4

from covet.exceptions import HTTPError, TooManyRequestsError
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware.client_keys import Identifier
from covet.middleware.limiting import Exempt, LimitingMiddleware, OnStoreError
from covet.middleware.option_checks import OptionChecks
from covet.options import refuse_unknown
from covet.rate_limiting import RateLimitStore

_check: Final = OptionChecks("ConcurrencyLimitMiddleware")


class ConcurrencyLimitMiddleware(LimitingMiddleware):
    """
    Let a client have so many requests under way at once, each until its last byte is sent; answer 429 to more.

    WebSockets are not limited by it.

    Args:
        limit: How many.
        identifier: As for `RateLimitMiddleware`.
        lease: Seconds after which one is not counted any more, though it has not ended: so that a worker that was
            killed keeps nobody out. Longer than the longest one takes.
        exempt: A function that tells which requests are not limited.
        name: What the limit is called, among the keys of a store that several limits share.
        store: What keeps the counters: a store or its URL; without one, the memory of this process.
        on_store_error: What becomes of requests while the store fails: `"allow"` lets them through without a limit,
            `"refuse"` answers 503.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> from covet import CovetPy
        >>> app = CovetPy(middleware=[ConcurrencyLimitMiddleware(10)])
    """

    @refuse_unknown
    def __init__(
        self,
        limit: int = 10,
        identifier: Identifier | None = None,
        *,
        lease: float = 300,
        exempt: Exempt | None = None,
        name: str = "concurrency",
        store: RateLimitStore | str | None = None,
        on_store_error: OnStoreError = "allow",
    ) -> None:
        super().__init__(_check, identifier, name=name, exempt=exempt, store=store, on_store_error=on_store_error)
        self._slots = _check.count("limit", limit, minimum=1)
        self._lease = _check.seconds("lease", lease)

    async def process_request(self, request: Request) -> None:
        """
        Take a slot.

        Raises:
            TooManyRequestsError: If there is none.
            ServiceUnavailableError: If the store fails, and that refuses.
        """
        if self._exempt is None or not self._exempt(request):
            refusal = await self._take(request)
            if refusal is not None:
                raise refusal

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:  # noqa: ARG002
        """Give the slot back."""
        held = getattr(request.state, self._place, None)
        if held is not None:
            try:
                await self.store.release(*held)
            except Exception as exc:  # noqa: BLE001 - of a store of somebody else's; the lease ends
                self._note_failure(exc)

    async def _take(self, request: Request) -> HTTPError | None:
        key = await self._find_key(request)
        token = uuid4().hex
        # Noted before: who is cancelled while he waits may have got it all the same.
        setattr(request.state, self._place, (key, token))
        try:
            slot = await self.store.acquire(key, token, self._slots, self._lease)
        except Exception as exc:  # noqa: BLE001 - of a store of somebody else's
            return self._answer_failure(exc)
        if slot.allowed:
            return None
        delattr(request.state, self._place)
        headers = {"retry-after": "1", "cache-control": "no-store"}
        return TooManyRequestsError("Too many requests are under way: come again later.", headers=headers)


__all__ = ["ConcurrencyLimitMiddleware"]
