"""
Responses that are kept for a while, and given to all who ask for the same.

It answers in place of the handler, and of nothing else: what stands outside of it runs for each request. What is kept
is what came from the inside; whether it may be is decided by what was sent at last, after all others had their say.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from time import time
from typing import Any, ClassVar, Final

from covet.cache import Cache, CacheBackend, MemoryCacheBackend
from covet.cache.single_flight import Flight
from covet.core.awaitable_hooks import NOTHING, Settled, SometimesAwaits
from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware, describe_middleware
from covet.http.dates import parse_http_date
from covet.http.preconditions import Outcome, PreconditionFailedError, Preconditions
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse
from covet.middleware.body_limit import BodyLimitMiddleware
from covet.middleware.cache_keys import make_key, make_variant_key, read_varying
from covet.middleware.cache_rules import (
    Wishes,
    find_lifetime,
    is_for_one_page,
    is_shareable,
    join_vary,
    read_age,
    read_wishes,
)
from covet.middleware.cached_response import CachedResponse, VariantIndex
from covet.middleware.coalescing import Coalescing, Result
from covet.middleware.compression import CompressionMiddleware, GZipMiddleware
from covet.middleware.conditional import ConditionalMiddleware
from covet.middleware.cors import CORSMiddleware
from covet.middleware.option_checks import OptionChecks
from covet.middleware.path_patterns import PathPatterns
from covet.middleware.places import Place
from covet.middleware.response_shelf import ResponseShelf
from covet.middleware.timeout import TimeoutMiddleware
from covet.options import refuse_unknown

logger = logging.getLogger("covet.cache")
_check: Final = OptionChecks("CacheMiddleware")

_READING: Final = frozenset({"GET", "HEAD"})
# RFC 9110 §9.2.1
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# What may stand inside of it, and be spared: none of them decides who gets what.
_HARMLESS: Final = frozenset(
    {
        BodyLimitMiddleware,
        CORSMiddleware,
        CompressionMiddleware,
        ConditionalMiddleware,
        GZipMiddleware,
        TimeoutMiddleware,
    }
)
# How long others wait while one response is on its way to a client, who may be slow.
_PATIENCE: Final = 1.0
_numbers: Final = count(1)


class _Making:
    """A response that is being made, and may be kept."""

    __slots__ = ("flight", "index", "is_outdated", "kept", "key", "timer", "waited_as")

    def __init__(self, key: str, index: VariantIndex | None, waited_as: str) -> None:
        self.key = key
        self.index = index
        self.waited_as = waited_as
        self.flight: Flight[Result] | None = None
        self.kept: CachedResponse | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.is_outdated = False


class _InvalidationLayer(Middleware):
    """
    Take away what a route has changed that is otherwise left alone.

    Args:
        invalidate: Takes it away.
    """

    priority: int = Place.CACHE

    def __init__(self, invalidate: Callable[[Request, Response], Awaitable[Response]]) -> None:
        self._invalidate = invalidate

    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:
        """Take it away before the client learns that it is done."""
        return self._invalidate(request, response) if _has_changed(request, response) else response


class CacheMiddleware(SometimesAwaits):
    """
    Keep responses for a while, and answer with them in place of the handler.

    Kept is what a cache that many share may keep (RFC 9111), and less: the answers 200, 203, 204, 300, 301 and 308
    to `GET` requests without credentials or cookies, a 404 or 410 whose `Cache-Control` says so, and of those no
    stream, nothing that sets or varies by a cookie, and nothing that says `private`, `no-store` or `no-cache`. Of those
    who ask at once, one is answered by the handler. A `POST` or the like that succeeds takes away what is kept for its
    URL.

    It stands inside of all other middleware, which runs for each request. A route with a guard, or other middleware of
    its own, is left alone by the cache of the application, but for what it changes: it has one of its own then.

    Args:
        backend: What keeps the responses: `"memory"`, `"redis"`, another name of `get_cache_backend_registry()`, a
            `CacheBackend` or a `Cache`.
        url: Where the backend is, if it is named.
        ttl: How many seconds those are kept that say nothing of it; `max-age`, `s-maxage` and `Expires` count first.
        key_prefix: What tells its entries from those of other caches in the same backend.
        cache_methods: The methods whose responses are kept: `["GET"]`, and no other; that answers `HEAD` as well.
        exclude_paths: Paths that are left alone; `*` stands for whatever is there.
        max_size: How many bytes the body of a response that is kept may have.

    Raises:
        ConfigurationError: If an option is wrong.
        MissingDependencyError: If the backend needs a library that is not installed.

    Attributes:
        cache: What keeps the responses; `await pages.cache.clear()` takes all of them away.
        is_in_memory: Whether that is the memory of this process.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[CacheMiddleware(ttl=60)])
        >>> cups = iter(range(10))
        >>> @app.get("/")
        ... async def index() -> int:
        ...     return next(cups)
        >>> async with TestClient(app) as client:
        ...     [(await client.get("/")).text for _ in range(2)]
        ['0', '0']
    """

    priority: int = Place.CACHE
    sometimes: ClassVar = frozenset({"process_request", "process_response", "on_finish"})
    raises: tuple[type[Exception], ...] = (PreconditionFailedError,)

    @refuse_unknown
    def __init__(
        self,
        backend: str | CacheBackend | Cache = "memory",
        *,
        url: str | None = None,
        ttl: float = 60,
        key_prefix: str = "http:",
        cache_methods: Sequence[str] = ("GET",),
        exclude_paths: Sequence[str] | None = None,
        max_size: int = 1024 * 1024,
    ) -> None:
        self._ttl = _check.seconds("ttl", ttl)
        methods = _check.texts("cache_methods", cache_methods)
        if list(methods) != ["GET"]:
            hint = "Leave it out, or write ['GET']: what is kept of it answers HEAD, too; other methods do something."
            raise _check.fail("cache_methods", f"is {list(methods)!r}, expected ['GET'].", hint)
        self._excluded = PathPatterns(_check, "exclude_paths", exclude_paths)
        self._max_size = _check.count("max_size", max_size, minimum=1)
        self._is_own = not isinstance(backend, Cache)
        if isinstance(backend, Cache):
            if url is not None or key_prefix != "http:":
                hint = "Give url and key_prefix to the Cache."
                raise _check.fail("backend", "is a Cache beside a url or a key_prefix, which it has itself.", hint)
            self.cache = backend
        else:
            self.cache = Cache(backend, url=url, ttl=ttl, key_prefix=key_prefix)
        self.is_in_memory = isinstance(self.cache.backend, MemoryCacheBackend)
        self._shelf = ResponseShelf(self.cache)
        self._coalescing = Coalescing()
        # What is being made, by its key: whoever changes something says so to all of them.
        self._made: dict[str, list[_Making]] = {}
        self._place = f"_cache_{next(_numbers)}"

    def bind_route(self, binding: LayerBinding) -> Middleware | None:
        """
        Stand around a route, unless something inside decides who gets what, or keeps responses itself.

        Guards and other middleware of a route or a router stand inside of that of the application: an answer in their
        place would be one that nobody has looked at. What such a route changes is taken away all the same.
        """
        if any(isinstance(item, CacheMiddleware) for item in binding.inner):
            return self._spare(binding)
        spared = [item for item in binding.inner if type(item) not in _HARMLESS]
        if spared:
            names = ", ".join(map(describe_middleware, spared))
            logger.info(
                "CacheMiddleware keeps nothing of %s, since %s would not run. Give it to the route or router.",
                binding.route,
                names,
            )
            return self._spare(binding)
        return self

    def list_raised(self, method: str) -> tuple[type[Exception], ...]:
        """List the errors that it answers requests of a method with: of those that change something, none."""
        return self.raises if method in _READING else ()

    def _spare(self, binding: LayerBinding) -> Middleware | None:
        return None if _SAFE.issuperset(binding.route.methods) else _InvalidationLayer(self._invalidate)

    # ── On the way in ────────────────────────────────────────────────────────

    def process_request(self, request: Request) -> Awaitable[Response | None] | None:
        """
        Answer with what is kept, or wait for somebody who is answered the same.

        Raises:
            PreconditionFailedError: If the request expects another state than the one that is kept.
        """
        if request.method in _READING and request.route is not None and not self._excluded.match(request.path):
            wishes = read_wishes(request)
            if wishes.is_shared:
                return self._look(request, wishes)
        return NOTHING if self.is_subclassed else None

    async def _look(self, request: Request, wishes: Wishes) -> Response | None:
        key = make_key(request)
        index, kept = await self._shelf.find(request, key)
        if kept is not None and self._will_do(kept, wishes):
            return self._answer(request, kept)
        names = () if index is None else index.names
        waited_as = make_variant_key(key, "", names, read_varying(request.headers, names))
        making = _Making(key, index, waited_as)
        if wishes.may_read and kept is None:
            response = await self._wait(request, making)
            if response is not None:
                return response
        # A response to HEAD is none that could be kept.
        if request.method == "GET":
            self._made.setdefault(key, []).append(making)
            setattr(request.state, self._place, making)
        return None

    async def _wait(self, request: Request, making: _Making) -> Response | None:
        """Wait for whoever is answered the same; `None` if it is this request that has to be answered."""
        while (flight := self._coalescing.find(making.waited_as)) is not None:
            if not await flight.wait():
                continue
            kept = flight.result
            if kept is None:
                return None
            varying = read_varying(request.headers, kept.names)
            if varying == kept.varying:
                return self._answer(request, kept)
            # Another one of several responses: there may be somebody who is answered this one.
            waited_as = make_variant_key(making.key, "", kept.names, varying)
            if waited_as == making.waited_as:
                return None
            making.waited_as = waited_as
        if request.method == "GET":
            making.flight = self._coalescing.begin(making.waited_as)
        return None

    def _will_do(self, kept: CachedResponse, wishes: Wishes) -> bool:
        now = time()
        left = kept.read_freshness(now)
        return wishes.may_read and left > 0 and left >= wishes.min_fresh and kept.read_age(now) <= wishes.max_age

    def _answer(self, request: Request, kept: CachedResponse) -> Response:
        response = kept.make_response(time())
        etag, changed = response.headers.get("etag"), parse_http_date(response.headers.get("last-modified", ""))
        if response.status_code == 200 and (etag is not None or changed is not None):
            seconds = None if changed is None else changed.timestamp()
            outcome = Preconditions.of(request.headers).evaluate(request.method, etag, seconds)
            if outcome is Outcome.FAILED:
                raise PreconditionFailedError
            if outcome is Outcome.NOT_MODIFIED:
                response.status_code, response.body = 304, b""
        return response

    # ── On the way out ───────────────────────────────────────────────────────

    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:
        """Take what may be kept of a response, or take away what a request has changed."""
        making: _Making | None = getattr(request.state, self._place, None)
        if making is not None:
            self._take(request, response, making)
        elif _has_changed(request, response):
            return self._invalidate(request, response)
        return Settled(response) if self.is_subclassed else response

    def _take(self, request: Request, response: Response, making: _Making) -> None:
        headers = response.headers
        lifetime = find_lifetime(response.status_code, headers, self._ttl)
        if (
            lifetime is None
            or isinstance(response, StreamedResponse)
            or len(response.body) > self._max_size
            or is_for_one_page(request, headers)
        ):
            if response.status_code != 400:
                self._let_pass(making, response.status_code)
            # A 400 is its client's own affair, who has left, perhaps: see `on_finish`.
            return
        making.kept = CachedResponse.take(response, age=read_age(headers), lifetime=lifetime)
        if making.flight is not None:
            making.timer = asyncio.get_running_loop().call_later(_PATIENCE, self._coalescing.land, making.flight, None)

    def _let_pass(self, making: _Making, status_code: int) -> None:
        if making.flight is not None:
            # A 304 or 412 speaks of what its client has, and what failed may succeed the next time.
            if status_code < 400 and status_code != 304:
                self._coalescing.let_pass(making.waited_as)
            self._coalescing.land(making.flight, None)

    async def _invalidate(self, request: Request, response: Response) -> Response:
        # RFC 9111 §4.4; before the client learns that it is done, and may look.
        key = make_key(request)
        for making in self._made.get(key, ()):
            making.is_outdated = True
            if making.flight is not None:
                self._coalescing.forget(making.flight)
        await self._shelf.forget(key)
        return response

    def on_finish(
        self,
        request: Request,
        response: Response | None,
        error: BaseException | None,  # noqa: ARG002 - the response is whole, whoever did not wait for it
    ) -> Awaitable[None] | None:
        """Keep the response, if what was sent at last may be given to others."""
        making: _Making | None = getattr(request.state, self._place, None)
        if making is None:
            return NOTHING if self.is_subclassed else None
        kept = making.kept
        if kept is None or response is None:
            self._end(making)
            if making.flight is not None:
                # Whoever failed takes nobody along; where it was let pass, this is nothing any more.
                self._coalescing.fail(making.flight)
        elif response.status_code not in {kept.status_code, 304} or not is_shareable(response.headers):
            self._end(making)
            self._let_pass(making, response.status_code)
        else:
            names = tuple(join_vary(kept.fields, response.headers))
            varying = read_varying(request.headers, names)
            return self._keep(making, replace(kept, names=names, varying=varying))
        return NOTHING if self.is_subclassed else None

    def _end(self, making: _Making) -> None:
        others = self._made[making.key]
        others.remove(making)
        if not others:
            del self._made[making.key]
        if making.timer is not None:
            making.timer.cancel()

    async def _keep(self, making: _Making, kept: CachedResponse) -> None:
        try:
            # Without a backend nobody is to wait for it.
            if not making.is_outdated and not self.cache.is_lost:
                await self._shelf.keep(making.key, making.index, kept)
                if making.is_outdated:
                    # Somebody has changed it while it was written, and may have taken away what was not there yet.
                    await self._shelf.forget(making.key)
        finally:
            self._end(making)
            if making.flight is not None:
                self._coalescing.land(making.flight, kept)

    # ── Its life ─────────────────────────────────────────────────────────────

    # Any: the application, whose class stands on a higher floor.
    async def startup(self, app: Any) -> None:
        """Say what each of several workers keeps by itself."""
        if self.is_in_memory and app.worker_count > 1:
            logger.warning(
                "CacheMiddleware keeps responses in the memory of each of %d workers: what one knows to be changed, "
                "the others still give until its time is over. They share them with backend='redis'.",
                app.worker_count,
            )

    async def shutdown(self) -> None:
        """Close the cache, unless somebody else has made it."""
        if self._is_own:
            await self.cache.aclose()


def _has_changed(request: Request, response: Response) -> bool:
    return request.method not in _SAFE and response.status_code < 400 and request.route is not None


__all__ = ["CacheMiddleware"]
