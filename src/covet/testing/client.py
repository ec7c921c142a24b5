"""
The test client: an application, called in process over ASGI or RSGI.

It needs no library and opens no socket. It must never be kinder to an application than a server is.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, Unpack, cast
from urllib.parse import urljoin

from covet.exceptions import suggest
from covet.options import refuse_unknown
from covet.testing.asgi_transport import ASGITransport
from covet.testing.cookies import CookieJar
from covet.testing.errors import TooManyRedirectsError
from covet.testing.exchange import Exchange
from covet.testing.methods import RequestMethods
from covet.testing.portal import Portal
from covet.testing.request import (
    ClientRequest,
    HeaderInput,
    HeaderValue,
    Origin,
    QueryInput,
    RequestOptions,
    build_request,
    make_default_headers,
    make_headers,
    split_url,
)
from covet.testing.response import ClientResponse, StreamedResponse
from covet.testing.rsgi_transport import RSGIApp, RSGITransport
from covet.testing.socket_exchange import Close, SocketExchange, SocketTransport
from covet.testing.sync_client import SyncTestClient
from covet.testing.tasks import TaskTracker
from covet.testing.websocket import ClientWebSocket, make_handshake_headers
from covet.types import ASGIApp

_MAX_REDIRECTS = 20
_OPTIONS = frozenset(RequestOptions.__annotations__)


class TestClient(RequestMethods[Coroutine[Any, Any, ClientResponse]]):
    """
    Call an application as a client would, without a server.

    Within `async with` its lifespan runs, on the test's own event loop; `with`, from code that is not
    async, gives a client whose methods return their responses directly. A client that is not entered
    works too, and runs no lifespan.

    Args:
        app: An ASGI 3 application; for `protocol="rsgi"` an object with `__rsgi__`.
        protocol: The way in: `"asgi"` or `"rsgi"`.
        raise_app_exceptions: Raise in the test what the application raised, instead of returning its 500.
        base_url: The scheme and host of every request that does not name its own.
        headers: Headers of every request.
        cookies: The first cookies of the jar.
        follow_redirects: Whether redirects are followed; each request may say otherwise.
        client: The address that the application sees as the client's.
        leave_timeout: Seconds that the application may go on after the client left a stream.

    Raises:
        ValueError: If `protocol` or `base_url` is not one, or a header could not stand on its line.

    Example:
        >>> async def app(scope, receive, send):
        ...     await send({"type": "http.response.start", "status": 200, "headers": []})
        ...     await send({"type": "http.response.body", "body": scope["path"].encode()})
        >>> response = await TestClient(app).get("/hello")
        >>> response.status_code, response.text
        (200, '/hello')
    """

    # pytest collects classes by their name.
    __test__: ClassVar[bool] = False

    @refuse_unknown
    def __init__(
        self,
        app: ASGIApp | RSGIApp,
        *,
        protocol: Literal["asgi", "rsgi"] = "asgi",
        raise_app_exceptions: bool = True,
        base_url: str = "http://testserver",
        headers: HeaderInput = (),
        cookies: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
        client: tuple[str, int] = ("127.0.0.1", 50000),
        leave_timeout: float = 5.0,
    ) -> None:
        self.app = app
        self.cookies = CookieJar(cookies)
        self._headers = make_default_headers(headers)
        self._origin = Origin.parse(base_url)
        self._raise_app_exceptions = raise_app_exceptions
        self._follow_redirects = follow_redirects
        self._leave_timeout = leave_timeout
        self._transport = _make_transport(app, protocol, client)
        self._tracker: TaskTracker | None = None
        self._portal: Portal | None = None

    async def __aenter__(self) -> Self:
        if self._tracker is not None:
            raise RuntimeError("This TestClient is entered already; make another one for another lifespan.")
        tracker = self._tracker = TaskTracker()
        tracker.install(asyncio.get_running_loop())
        try:
            await self._in_app_context(self._transport.startup())
        except BaseException:
            await self._end_tracking()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._in_app_context(self._transport.shutdown())
        finally:
            leftovers = await self._end_tracking()
        if leftovers:
            warnings.warn(
                f"The application left {len(leftovers)} tasks running after its shutdown: {', '.join(leftovers)}.",
                ResourceWarning,
                stacklevel=2,
            )

    def __enter__(self) -> SyncTestClient:
        portal = Portal.open(hint="use 'async with TestClient(...)' there, and await its methods")
        try:
            portal.call(self.__aenter__)
        except BaseException:
            portal.close()
            raise
        self._portal = portal
        return SyncTestClient(self, portal)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        portal, self._portal = self._portal, None
        if portal is None:
            return
        try:
            portal.call(lambda: self.__aexit__(exc_type, exc, traceback))
        finally:
            portal.close()

    async def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> ClientResponse:
        """
        Send a request and read its whole response.

        Args:
            method: The method, sent as it is written.
            path: The path with or without a query, or an absolute URL. What is percent-encoded stays as it is.
            **options: `params` (mapping, pairs or text) goes into the query. `headers` (mapping or pairs)
                replaces those of the same name; `None` leaves one out. `cookies` are sent with this request
                only. One body of: `json`; `content` (bytes, text, or an iterable or async iterable of bytes,
                sent in chunks); `data` (a form), with `files` as multipart: a file is its content,
                `(filename, content)` or `(filename, content, media_type)`. `follow_redirects` overrides
                the client's own.

        Raises:
            ValueError: If a method, path, header or cookie has CR, LF or NUL, a path has no slash before it, or two
                bodies were given.
            TypeError: If an option is not known.
            ProtocolViolation: If the application broke the protocol or HTTP.
            Exception: What the application raised, with `raise_app_exceptions=True`.
        """
        async with self.stream(method, path, **options) as response:
            content = await response.aread()
        return ClientResponse(
            response.status_code,
            response.headers.raw,
            content,
            request=response.request,
            history=response.history,
            early_hints=response.early_hints,
        )

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, **options: Unpack[RequestOptions]
    ) -> AsyncIterator[StreamedResponse]:
        """
        Send a request and read its response while the application sends it.

        Whoever leaves the block early is a client that leaves: the application is told, and has
        `leave_timeout` seconds to finish.
        """
        follow = options.get("follow_redirects", self._follow_redirects)
        # A file that is open reads from the disk.
        build = asyncio.to_thread(self._build, method, path, options) if "files" in options else None
        request = self._build(method, path, options) if build is None else await build
        history: list[ClientResponse] = []
        while True:
            async with self._exchange(request, tuple(history)) as response:
                if not (follow and response.is_redirect):
                    yield response
                    return
                content = await response.aread()
                history.append(
                    ClientResponse(
                        response.status_code,
                        response.headers.raw,
                        content,
                        request=response.request,
                        early_hints=response.early_hints,
                    )
                )
            if len(history) > _MAX_REDIRECTS:
                raise TooManyRedirectsError(f"{method} {path} was redirected more than {_MAX_REDIRECTS} times.")
            request = self._redirect(request, response, options)

    @asynccontextmanager
    async def websocket_connect(
        self,
        path: str,
        *,
        subprotocols: Sequence[str] = (),
        params: QueryInput = (),
        headers: HeaderInput = (),
        cookies: Mapping[str, str] | None = None,
    ) -> AsyncIterator[ClientWebSocket]:
        """
        Connect a WebSocket.

        At the end of the block it is closed with 1000, if neither side has done so, and the application has
        `leave_timeout` seconds to finish.

        Args:
            path: The path with or without a query, or an absolute URL (`ws://…`).
            subprotocols: What the client offers, the best first.
            params: What goes into the query.
            headers: Headers of the handshake. As a client that is no browser, it sends no `Origin` by itself.
            cookies: Cookies for this handshake only.

        Raises:
            WebSocketRefusedError: If the application refuses; it has the status.
            ProtocolViolation: If the application broke the protocol.
            Exception: What the application raised, with `raise_app_exceptions=True`.
        """
        own: list[tuple[str | bytes, HeaderValue]] = [*make_handshake_headers(subprotocols), *make_headers(headers)]
        options: RequestOptions = {"headers": own}
        if params:
            options["params"] = params
        if cookies is not None:
            options["cookies"] = cookies
        request = self._build("GET", f"http{path[2:]}" if path.startswith(("ws://", "wss://")) else path, options)
        exchange = SocketExchange(
            request, raise_app_exceptions=self._raise_app_exceptions, leave_timeout=self._leave_timeout
        )
        context = copy_context() if self._tracker is None else self._tracker.make_context()
        exchange.run(self._transport.handle_socket, context)
        try:
            await exchange.wait_answer()
            yield ClientWebSocket(exchange)
        except BaseException:
            await exchange.abandon()
            raise
        exchange.close_client(Close(1000))
        await exchange.settle()

    def _build(self, method: str, path: str, options: RequestOptions) -> ClientRequest:
        for name in options:
            if name not in _OPTIONS:
                raise TypeError(f"{name!r} is not an option of a request. {suggest(name, _OPTIONS)}")
        origin, target = split_url(path)
        origin = origin or self._origin
        cookie_header = self.cookies.header_for(
            scheme=origin.scheme,
            host=origin.host,
            path=target.partition("?")[0],
            extra=options.get("cookies"),
        )
        return build_request(
            method, path, origin=self._origin, defaults=self._headers, cookie_header=cookie_header, options=options
        )

    def _redirect(self, request: ClientRequest, response: StreamedResponse, options: RequestOptions) -> ClientRequest:
        """Make the request that a redirect asks for (RFC 9110 §15.4)."""
        url = urljoin(request.url, response.headers["location"])
        method = request.method
        kept: RequestOptions = {}
        if "cookies" in options:
            kept["cookies"] = options["cookies"]
        headers = [pair for pair in make_headers(options.get("headers", ())) if pair[0] not in {b"host", b"cookie"}]
        if response.status_code in {307, 308}:
            if not isinstance(request.body, bytes):
                raise TypeError("A redirect asks for the body again, and an iterable cannot be sent twice.")
            kept["content"] = request.body
            headers += [pair for pair in request.headers if pair[0] == b"content-type" and pair not in headers]
        else:
            headers = [pair for pair in headers if not pair[0].startswith(b"content-")]
            if method != "HEAD" and not (response.status_code != 303 and method == "GET"):
                method = "GET"
        if split_url(url)[0] != request.origin:
            headers = [pair for pair in headers if pair[0] != b"authorization"]
        kept["headers"] = headers
        return self._build(method, url, kept)

    @asynccontextmanager
    async def _exchange(
        self, request: ClientRequest, history: tuple[ClientResponse, ...]
    ) -> AsyncIterator[StreamedResponse]:
        exchange = Exchange(request, raise_app_exceptions=self._raise_app_exceptions, leave_timeout=self._leave_timeout)
        context = copy_context() if self._tracker is None else self._tracker.make_context()
        exchange.run(self._transport.handle, context)
        try:
            status_code = await exchange.head()
            response = StreamedResponse(exchange, status_code, history=history)
            self.cookies.extract(response.headers.get_list("set-cookie"), host=request.origin.host)
            yield response
        except BaseException:
            await exchange.abandon()
            raise
        if not exchange.is_read:
            exchange.leave()
        await exchange.settle()

    async def _in_app_context(self, coro: Coroutine[Any, Any, None]) -> None:
        """Run a step of the lifespan where the application's tasks are remembered."""
        context = None if self._tracker is None else self._tracker.make_context()
        await asyncio.get_running_loop().create_task(coro, context=context)

    async def _end_tracking(self) -> list[str]:
        tracker, self._tracker = self._tracker, None
        if tracker is None:
            return []
        tracker.uninstall()
        return await tracker.collect_leftovers()


def _make_transport(app: ASGIApp | RSGIApp, protocol: str, client: tuple[str, int]) -> SocketTransport:
    if protocol == "asgi":
        if not callable(app):
            raise TypeError(f"protocol='asgi' needs an ASGI 3 application, got {app!r}.")
        return ASGITransport(app, client=client)
    if protocol == "rsgi":
        if not hasattr(app, "__rsgi__"):
            raise TypeError(f"protocol='rsgi' needs an application with '__rsgi__', got {app!r}.")
        return RSGITransport(cast("RSGIApp", app), client=client)
    raise ValueError(f"protocol must be 'asgi' or 'rsgi', got {protocol!r}.")
