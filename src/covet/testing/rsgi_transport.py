"""RSGI without a server: starts and stops an application as Granian does, and calls it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar, cast

from covet.testing.exchange import Exchange
from covet.testing.rsgi_fakes import PendingFile, RSGIHTTPProtocol, RSGIScope, read_file
from covet.testing.rsgi_socket import RSGISocketProtocol, RSGISocketScope
from covet.testing.socket_exchange import SocketExchange

Result = TypeVar("Result")


class RSGIApp(Protocol):
    """An application that Granian can serve over RSGI."""

    async def __rsgi__(self, scope: RSGIScope, protocol: RSGIHTTPProtocol, /) -> None: ...


class RSGITransport:
    """
    Drive an RSGI application.

    Args:
        app: The application; `__rsgi_init__` and `__rsgi_del__` are called if it has them.
        client: The address that the application sees as the client's.
    """

    def __init__(self, app: RSGIApp, *, client: tuple[str, int]) -> None:
        self._app = app
        self._client = client

    async def startup(self) -> None:
        """Call `__rsgi_init__`."""
        await self._call_hook("__rsgi_init__")

    async def shutdown(self) -> None:
        """Call `__rsgi_del__`."""
        await self._call_hook("__rsgi_del__")

    async def _call_hook(self, name: str) -> None:
        hook = getattr(self._app, name, None)
        if hook is None:
            return
        # Granian calls both hooks while its loop stands still, and they say loop.run_until_complete().
        # Here the loop is the test's own and runs: the hook gets a thread, and in it a loop that
        # looks as if it stood still and hands everything over to the running one.
        await asyncio.to_thread(hook, cast("asyncio.AbstractEventLoop", LoopAtRest(asyncio.get_running_loop())))

    async def handle(self, exchange: Exchange) -> None:
        """Call the application for one request."""
        protocol = RSGIHTTPProtocol(exchange)
        await self._app.__rsgi__(RSGIScope(exchange.request, self._client), protocol)
        if protocol.pending_file is not None:
            await self._send_file(exchange, protocol.pending_file)
        elif protocol.transport is not None and not exchange.has_left.is_set():
            # The body ends when the application lets go of the transport. With Granian it does so too
            # when the application raised: a client takes a chunked body that was cut off for a whole
            # one. Here that is an IncompleteResponseError.
            exchange.finish()

    async def handle_socket(self, exchange: SocketExchange) -> None:
        """Call the application for one WebSocket."""
        protocol = RSGISocketProtocol(exchange)
        # Any: an application takes either protocol at the same place.
        call: Any = self._app.__rsgi__
        try:
            await call(RSGISocketScope(exchange.request, self._client), protocol)
        finally:
            # Granian refuses for who has not accepted, and closes for who has not closed; after an error, too.
            protocol.close(None if exchange.is_accepted else 403)

    @staticmethod
    async def _send_file(exchange: Exchange, pending: PendingFile) -> None:
        content = await asyncio.to_thread(read_file, pending)
        if content is None:
            exchange.start(404, [(b"content-length", b"9")])
            content = b"Not found"
        else:
            exchange.start(pending.status, pending.headers)
        # Granian leaves a file's body out by itself when the request is HEAD.
        exchange.write(b"" if exchange.request.method == "HEAD" else content)
        exchange.finish()


class LoopAtRest:
    """
    A running event loop, as a thread beside it sees one that stands still.

    Args:
        loop: The loop that runs.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def is_running(self) -> bool:
        """Say that the loop stands still, as Granian's does while the hook is called."""
        return False

    def run_until_complete(self, future: Awaitable[Result]) -> Result:
        """Run something on the loop and wait for it in this thread."""

        async def wait() -> Result:
            return await future

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result()

    def create_task(self, coro: Coroutine[object, object, Result], **options: object) -> asyncio.Task[Result]:
        """Start a task on the loop."""
        make = cast("Callable[..., asyncio.Task[Result]]", self._loop.create_task)

        async def create() -> asyncio.Task[Result]:
            return make(coro, **options)

        return self.run_until_complete(create())

    # Any other attribute is the running loop's own, whatever its type.
    def __getattr__(self, name: str) -> object:
        return getattr(self._loop, name)
