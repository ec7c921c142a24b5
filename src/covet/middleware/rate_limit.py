"""
How often a client may call: so many requests in so many seconds.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from math import ceil
from typing import Any, Final

from covet.exceptions import HTTPError, TooManyRequestsError
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.middleware.client_keys import Identifier, write_network
from covet.middleware.limiting import Exempt, LimitingMiddleware, OnStoreError, check_plain_function
from covet.middleware.option_checks import OptionChecks
from covet.middleware.rate_limit_headers import HEADER_STYLES, HeaderStyle, RateLimitHeaders
from covet.options import refuse_unknown
from covet.rate_limiting import Decision, MemoryRateLimitStore, RateLimit, RateLimitStore
from covet.rate_limiting.limit import Algorithm

_check: Final = OptionChecks("RateLimitMiddleware")


class RateLimitMiddleware(LimitingMiddleware):
    """
    Let a client make so many requests in so many seconds; answer 429 to more, with the time when to come again.

    Each middleware counts for itself: one around all routes, one of a router, one of a route. WebSockets are counted by
    their handshakes.

    Args:
        calls: How many requests.
        period: In how many seconds.
        identifier: Gives the text that names the client of a request, awaited if need be: `by_user`, `by_header(...)`
            or a function of one's own. Without one, and where it gives `None`, it is the network address.
        algorithm: How they are counted; see `RateLimit`.
        burst: How many can be saved up, for `"token_bucket"`.
        cost: For how many requests one counts, or a function that tells.
        exempt: A function that tells which requests are not limited.
        name: What the limit is called: in headers, and among the keys of a store that several limits share.
        headers: What responses say of it: `"draft"` for `RateLimit-Policy` and `RateLimit`, `"classic"` for
            `RateLimit-Limit`, `-Remaining` and `-Reset`, `"both"` or `"none"`.
        store: What keeps the counters: a store or its URL; without one, the memory of this process.
        on_store_error: What becomes of requests while the store fails: `"allow"` lets them through without a limit,
            `"refuse"` answers 503.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[RateLimitMiddleware(calls=1, period=60)])
        >>> @app.get("/")
        ... async def index() -> str:
        ...     return "hello"
        >>> client = TestClient(app)
        >>> [(await client.get("/")).status_code for _ in range(2)]
        [200, 429]
    """

    @refuse_unknown
    def __init__(
        self,
        calls: int = 100,
        period: float = 60,
        identifier: Identifier | None = None,
        *,
        algorithm: Algorithm = "sliding_window",
        burst: int | None = None,
        cost: int | Callable[[Request], int] = 1,
        exempt: Exempt | None = None,
        name: str = "default",
        headers: HeaderStyle = "draft",
        store: RateLimitStore | str | None = None,
        on_store_error: OnStoreError = "allow",
    ) -> None:
        super().__init__(_check, identifier, name=name, exempt=exempt, store=store, on_store_error=on_store_error)
        if headers not in HEADER_STYLES:
            raise _check.fail("headers", f"is {headers!r}, expected one of {', '.join(HEADER_STYLES)}.", "Choose one.")
        self._style = headers
        self._cost: int | None = None
        self._find_cost: Callable[[Request], int] | None = None
        if callable(cost):
            self._find_cost = check_plain_function(_check, "cost", cost)
        else:
            self._cost = _check.count("cost", cost, minimum=1)
        limit = RateLimit(calls, period, algorithm=algorithm, burst=burst)
        if self._cost is not None and self._cost > limit.capacity:
            problem = (
                f"is {self._cost}, and no more than {limit.capacity} are allowed at once: every request is refused."
            )
            raise _check.fail("cost", problem, "Raise calls, or burst, or lower it.")
        self._set(limit)
        self._memory: MemoryRateLimitStore | None = None
        if identifier is None and type(self.store) is MemoryRateLimitStore:
            # PERF: counting by address in memory awaits nothing, and makes no coroutine (benchmarks/onion.py).
            self._memory = self.store

    def change_limit(self, calls: int, period: float) -> None:
        """
        Limit otherwise from now on; what was counted counts, unless the period is another.

        Args:
            calls: How many requests.
            period: In how many seconds.

        Raises:
            ConfigurationError: If one of them is wrong.
        """
        self._set(RateLimit(calls, period, algorithm=self.limit.algorithm, burst=self.limit.burst))

    def process_request(self, request: Request) -> Awaitable[None] | None:
        """
        Count the request.

        Raises:
            TooManyRequestsError: If it is one too many.
            ServiceUnavailableError: If the store fails, and that refuses.
        """
        if self._exempt is not None and self._exempt(request):
            return None
        if self._memory is None:
            return self._process(request)
        client = request.client
        name = self._name_counter("" if client is None else client.host)
        decision = self._memory.count_by_name(name, self.limit, self._cost or self._read_cost(request))
        if not decision[0]:
            raise self._make_refusal(decision)
        setattr(request.state, self._place, decision)
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        """Say what remains."""
        if self._writer is not None:
            decision = getattr(request.state, self._place, None)
            if decision is not None:
                self._writer.write(response.headers, decision)
        return response

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    async def websocket_connect(self, websocket: Any) -> None:
        """
        Count the handshake of a WebSocket.

        Raises:
            TooManyRequestsError: If it is one too many.
            ServiceUnavailableError: If the store fails, and that refuses.
        """
        request: Request = websocket.request
        if self._exempt is None or not self._exempt(request):
            await self._process(request)

    def _set(self, limit: RateLimit) -> None:
        self.limit = limit
        self._writer = None if self._style == "none" else RateLimitHeaders(self.name, limit, self._style)
        prefix = f"{limit.kind}{self.name}:"
        # APPSEC: the size is fixed, whatever is sent.
        self._name_counter = lru_cache(maxsize=4096)(lambda host: prefix + write_network(host))

    async def _process(self, request: Request) -> None:
        refusal = await self._count(request)
        if refusal is not None:
            raise refusal

    async def _count(self, request: Request) -> HTTPError | None:
        key = await self._find_key(request)
        cost = self._cost or self._read_cost(request)
        try:
            decision = await self.store.hit(key, self.limit, cost)
        except Exception as exc:  # noqa: BLE001 - of a store of somebody else's
            return self._answer_failure(exc)
        if not decision.allowed:
            return self._make_refusal(decision)
        setattr(request.state, self._place, decision)
        return None

    def _make_refusal(self, decision: Decision) -> TooManyRequestsError:
        # RFC 6585 §4: no cache keeps it.
        headers = MutableHeaders({"retry-after": str(max(ceil(decision.retry_after), 1)), "cache-control": "no-store"})
        if self._writer is not None:
            # What is raised here passes process_response() of the layers further out only.
            self._writer.write(headers, decision)
        return TooManyRequestsError("There were too many requests: come again later.", headers=dict(headers.items()))

    def _read_cost(self, request: Request) -> int:
        cost = 1 if self._find_cost is None else self._find_cost(request)
        if type(cost) is not int or cost < 1:
            raise TypeError(f"The cost of a request for RateLimitMiddleware is a whole number from 1, got {cost!r}.")
        return cost


__all__ = ["RateLimitMiddleware"]
