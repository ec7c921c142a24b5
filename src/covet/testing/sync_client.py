"""The test client for code that is not async: the same requests, run on a loop in a thread."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Protocol, TypeVar, Unpack

from covet.testing.cookies import CookieJar
from covet.testing.methods import RequestMethods
from covet.testing.portal import Portal
from covet.testing.request import HeaderInput, QueryInput, RequestOptions
from covet.testing.response import ClientResponse, ResponseHead, StreamedResponse
from covet.testing.sync_websocket import SyncClientWebSocket
from covet.testing.websocket import ClientWebSocket

Item = TypeVar("Item")


class AsyncClient(Protocol):
    """What the synchronous client needs of the other."""

    cookies: CookieJar

    async def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> ClientResponse:
        """Send a request and read its whole response."""

    def stream(
        self, method: str, path: str, **options: Unpack[RequestOptions]
    ) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send a request and read its response while the application sends it."""

    def websocket_connect(
        self,
        path: str,
        *,
        subprotocols: Sequence[str] = (),
        params: QueryInput = (),
        headers: HeaderInput = (),
        cookies: Mapping[str, str] | None = None,
    ) -> AbstractAsyncContextManager[ClientWebSocket]:
        """Connect a WebSocket."""


class SyncStreamedResponse(ResponseHead):
    """A response whose body is read while the application sends it, once."""

    def __init__(self, response: StreamedResponse, portal: Portal) -> None:
        super().__init__(
            response.status_code,
            response.headers.raw,
            request=response.request,
            history=response.history,
            early_hints=response.early_hints,
        )
        self._response = response
        self._portal = portal

    def iter_bytes(self) -> Iterator[bytes]:
        """Read the body in the parts in which the application sends it."""
        return self._iterate(self._response.aiter_bytes())

    def iter_text(self) -> Iterator[str]:
        """Read the body as text, never half a character."""
        return self._iterate(self._response.aiter_text())

    def iter_lines(self) -> Iterator[str]:
        """Read the body line by line, without the line ends (LF, CRLF or CR)."""
        return self._iterate(self._response.aiter_lines())

    def read(self) -> bytes:
        """Read the whole body."""
        return self._portal.call(self._response.aread)

    def _iterate(self, items: AsyncIterator[Item]) -> Iterator[Item]:
        async def next_items() -> list[Item]:
            # An empty list is the end: a coroutine must not raise StopIteration.
            async for item in items:
                return [item]
            return []

        while found := self._portal.call(next_items):
            yield from found


class SyncTestClient(RequestMethods[ClientResponse]):
    """
    What `with TestClient(app) as client` gives: the client's methods, without `await`.

    Attributes:
        cookies: The jar that it shares with its `TestClient`.
    """

    def __init__(self, client: AsyncClient, portal: Portal) -> None:
        self._client = client
        self._portal = portal
        self.cookies = client.cookies

    def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> ClientResponse:
        """Send a request and read its whole response; `TestClient.request` explains the options."""
        return self._portal.call(lambda: self._client.request(method, path, **options))

    @contextmanager
    def stream(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Iterator[SyncStreamedResponse]:
        """Send a request and read its response while the application sends it."""
        with self._enter(self._client.stream(method, path, **options)) as response:
            yield SyncStreamedResponse(response, self._portal)

    @contextmanager
    def websocket_connect(
        self,
        path: str,
        *,
        subprotocols: Sequence[str] = (),
        params: QueryInput = (),
        headers: HeaderInput = (),
        cookies: Mapping[str, str] | None = None,
    ) -> Iterator[SyncClientWebSocket]:
        """Connect a WebSocket; `TestClient.websocket_connect` explains the options."""
        manager = self._client.websocket_connect(
            path, subprotocols=subprotocols, params=params, headers=headers, cookies=cookies
        )
        with self._enter(manager) as socket:
            yield SyncClientWebSocket(socket, self._portal)

    @contextmanager
    def _enter(self, manager: AbstractAsyncContextManager[Item]) -> Iterator[Item]:
        """Enter an asynchronous context manager on the portal's loop, and leave it there."""
        entered = self._portal.call(manager.__aenter__)
        try:
            yield entered
        except BaseException as error:
            exc = error
            if not self._portal.call(lambda: manager.__aexit__(type(exc), exc, exc.__traceback__)):
                raise
        else:
            self._portal.call(lambda: manager.__aexit__(None, None, None))
