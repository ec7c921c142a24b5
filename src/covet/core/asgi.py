"""
ASGI 3: one of the two thin adapters. Bytes in, `Request`; `Response`, bytes out.

The scope is trusted to be what the specification says; what the application answers is not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from covet.core.afterwards import finish, run_afterwards
from covet.core.code_writer import CodeWriter
from covet.core.endpoint import CompiledRoute, compile_bare, compile_handle
from covet.core.errors import make_error_response
from covet.core.unmatched import MAX_QUERY_SIZE
from covet.exceptions import ClientDisconnectedError, ResponseError, URITooLongError
from covet.http.headers import Headers
from covet.http.request import Address, Request
from covet.http.response import JSON, TEXT, Response, StreamedResponse, has_no_body
from covet.types import Receive, Scope, Send

Endpoint = Callable[[Scope, Receive, Send, Sequence[str], bytes | None], Awaitable[None]]

LENGTHS: Final = tuple((b"content-length", b"%d" % size) for size in range(1024))


class ASGIRequest(Request):
    """A request that came over ASGI."""

    __slots__ = ("_has_body", "_is_disconnected", "_receive", "_scope")

    def __init__(  # noqa: PLR0913, RUF100
        self, compiled: CompiledRoute, app: Any, scope: Scope, receive: Receive, path_values: Sequence[str]
    ) -> None:
        self.method = scope["method"]
        self.path = scope["path"]
        self.app = app
        self.route = compiled.route
        self.body_limits = compiled.limits
        self.path_values = path_values
        self._scope = scope
        self._receive = receive
        self._deferred = None
        self._is_disconnected = False

    @property
    def scope(self) -> Scope:
        """The ASGI scope."""
        return self._scope

    def _read_headers(self) -> Headers:
        return Headers.from_bytes(self._scope["headers"])

    def _read_query(self) -> bytes:
        query: bytes = self._scope["query_string"]
        if len(query) > MAX_QUERY_SIZE:
            raise URITooLongError
        return query

    def _read_raw_path(self) -> str:
        raw: bytes | None = self._scope.get("raw_path")
        return quote(self.path) if raw is None else raw.decode("latin-1")

    def _read_scheme(self) -> str:
        scheme: str = self._scope.get("scheme", "http")
        return scheme

    def _read_client(self) -> Address | None:
        client = self._scope.get("client")
        return Address(client[0], client[1]) if client else None

    async def _next_chunk(self) -> bytes | None:
        if getattr(self, "_has_body", False):
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._is_disconnected = True
            raise ClientDisconnectedError("The client left before the end of its request.")
        if not message.get("more_body", False):
            self._has_body = True
        chunk: bytes = message.get("body", b"")
        return chunk

    async def is_disconnected(self) -> bool:
        """Tell whether the client has left. It can be known only once the body was read."""
        if self._is_disconnected:
            return True
        if not getattr(self, "_has_body", False):
            return False
        waiting = asyncio.ensure_future(self._receive())
        try:
            # One turn of the loop is enough for a server that knows already.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if waiting.done():
                self._is_disconnected = waiting.result()["type"] == "http.disconnect"
        finally:
            if not waiting.done():
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
        return self._is_disconnected

    async def _wait_disconnected(self) -> None:
        while not self._is_disconnected:
            message = await self._receive()
            self._is_disconnected = message["type"] == "http.disconnect"

    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """Await something, but cancel it when the client leaves."""
        return await run_against(call, self._wait_disconnected())

    def record_error(self, exc: Exception) -> None:
        """Tell a test client about an error that was answered as 500."""
        recorder = self._scope.get("extensions", {}).get("covet.test")
        if recorder is not None:
            recorder["exceptions"].append(exc)


# Any: whatever the call gives.
async def run_against(call: Awaitable[Any], departure: Awaitable[None]) -> Any:
    """
    Await a call in this task, but cancel it when another awaitable ends first.

    Raises:
        ClientDisconnectedError: If the other one ended first.
    """
    task = asyncio.current_task()
    if task is None:
        return await call
    has_left = False

    async def watch() -> None:
        nonlocal has_left
        await departure
        has_left = True
        task.cancel()

    watcher = asyncio.ensure_future(watch())
    cancelling = task.cancelling()
    try:
        return await call
    except asyncio.CancelledError as exc:
        if has_left and task.uncancel() <= cancelling:
            raise ClientDisconnectedError("The client left.") from exc
        raise
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        # A watcher that never got its turn has not awaited it.
        if isinstance(departure, Coroutine):
            departure.close()


class ASGIWire:
    """What ASGI contributes to the source of an endpoint."""

    parameters = "scope, receive, send, values, accept"
    request = "ASGIRequest(compiled, app, scope, receive, values)"
    exchange = "send"
    wants_json = "(accept is None or accept in json_accepted)"
    has_text_headers = False

    def __init__(self, app: object) -> None:
        self._app = app

    def bind(self, writer: CodeWriter) -> None:
        """Put what the source names into the namespace."""
        writer.bind("app", self._app)
        writer.bind("ASGIRequest", ASGIRequest)
        writer.bind("send_response", send_response)
        writer.bind("run_afterwards", run_afterwards)

    def write_body(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write the source that sends the bytes in `body` as `content_type`: `text_type` or `json_type`."""
        writer.bind("text_type", (b"content-type", TEXT.encode()))
        writer.bind("json_type", (b"content-type", JSON.encode()))
        writer.bind("lengths", LENGTHS)
        writer.line("size = len(body)")
        # PERF: most bodies are small; a look-up instead of formatting the length (benchmarks: plain, json).
        length = f"lengths[size] if size < {len(LENGTHS)} else (b'content-length', b'%d' % size)"
        writer.line(
            f"await send({{'type': 'http.response.start', 'status': {status_code}, "
            f"'headers': [content_type, {length}]}})"
        )
        body = "b''" if is_head else "body"
        writer.line(f"await send({{'type': 'http.response.body', 'body': {body}}})")


def compile_asgi(compiled: CompiledRoute, app: object, *, is_head: bool = False) -> Endpoint:
    """Compile the endpoint of a route for ASGI."""
    if not compiled.layers:
        endpoint: Endpoint = compile_bare(compiled, ASGIWire(app), is_head=is_head)
        return endpoint
    handle = compile_handle(compiled)
    has_finishers = compiled.has_finishers

    async def endpoint_with_layers(
        scope: Scope,
        receive: Receive,
        send: Send,
        values: Sequence[str],
        accept: bytes | None,  # noqa: ARG001 - the bare endpoints need it
    ) -> None:
        request = ASGIRequest(compiled, app, scope, receive, values)
        response: Response | None = None
        error: BaseException | None = None
        try:
            response = await handle(request)
            response = await send_response(send, request, response, is_head)
        except ClientDisconnectedError as exc:
            # Nobody is left to answer, and nothing went wrong here.
            error = exc
        except BaseException as exc:
            error = exc
            raise
        finally:
            if has_finishers:
                await finish(compiled.layers, request, response, error)
        if request._deferred is not None or (response is not None and response.background is not None):  # noqa: SLF001
            await run_afterwards(request, response)

    return endpoint_with_layers


async def send_response(send: Send, request: Request, response: Response, is_head: bool) -> Response:  # noqa: FBT001, RUF100
    """
    Write a response to the wire.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    try:
        pairs = response.wire_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        pairs = response.wire_headers()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    status = response.status_code
    if isinstance(response, StreamedResponse) and not has_no_body(status):
        await _send_stream(send, request, response, headers, is_head=is_head)
        return response
    body = response.body
    if has_no_body(status):
        body = b""
        headers = [pair for pair in headers if pair[0] != b"content-type"]
        if status == 205:
            headers.append((b"content-length", b"0"))
    else:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
    return response


async def _send_stream(
    send: Send, request: Request, response: StreamedResponse, headers: list[tuple[bytes, bytes]], *, is_head: bool
) -> None:
    async with aclosing(response.stream()) as chunks:
        if not is_head:
            # The first piece comes before the status goes: an error in it is still a clean 500.
            first = await anext(chunks, None)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if not is_head and first is not None:

            async def pump() -> None:
                await send({"type": "http.response.body", "body": first, "more_body": True})
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})

            await request.run_until_disconnect(pump())
    await send({"type": "http.response.body", "body": b"", "more_body": False})
