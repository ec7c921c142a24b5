"""
ASGI 3: one of the two thin adapters. Bytes in, `Request`; `Response`, bytes out.

The scope is trusted to be what the specification says; what the application answers is not.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from covet.core.afterwards import answer_late, finish, run_afterwards
from covet.core.code_writer import CodeWriter
from covet.core.disconnects import Inbox, run_against
from covet.core.endpoint import CompiledRoute, compile_bare, compile_handle
from covet.core.errors import contain, make_error_response
from covet.core.unmatched import MAX_QUERY_SIZE, check_headers_size
from covet.exceptions import ClientDisconnectedError, ResponseError, URITooLongError
from covet.http.headers import Headers
from covet.http.request import Address, Request
from covet.http.response import JSON, TEXT, Response, StreamedResponse, has_no_body
from covet.types import Receive, Scope, Send

Endpoint = Callable[[Scope, Receive, Send, Sequence[str], bytes | None], Awaitable[None]]

LENGTHS: Final = tuple((b"content-length", b"%d" % size) for size in range(1024))


class ASGIRequest(Request):
    """
    A request that came over ASGI.

    Attributes:
        departure: What ended the answer early, if the client left while it was sent.
    """

    __slots__ = ("_has_body", "_inbox", "_receive", "_scope", "departure")

    _inbox: Inbox
    departure: ClientDisconnectedError

    def __init__(  # noqa: PLR0913, RUF100
        self, compiled: CompiledRoute, app: Any, scope: Scope, receive: Receive, path_values: Sequence[str]
    ) -> None:
        self.method = scope["method"]
        self.path = scope["path"]
        self.app = app
        self.route = compiled.shown
        self.body_limits = compiled.limits
        self.path_values = path_values
        self._scope = scope
        self._receive = receive
        self._deferred = None

    @property
    def scope(self) -> Scope:
        """The ASGI scope."""
        return self._scope

    @property
    def root_path(self) -> str:
        """The prefix that the application is mounted under; the dispatcher has taken it off the path."""
        root: str = self._scope.get("covet.root_path", "")
        return root

    def _read_headers(self) -> Headers:
        pairs = self._scope["headers"]
        # They are set before they are refused, so that whatever answers the error can read them.
        self._headers = Headers.from_bytes(pairs)
        check_headers_size(len(pairs), sum(len(name) + len(value) for name, value in pairs))
        return self._headers

    def _read_query(self) -> bytes:
        query: bytes = self._scope.get("query_string", b"")
        if len(query) > MAX_QUERY_SIZE:
            raise URITooLongError
        return query

    def _read_raw_path(self) -> str:
        raw: bytes | None = self._scope.get("raw_path")
        return quote(self.root_path + self.path) if raw is None else raw.decode("latin-1")

    def _read_scheme(self) -> str:
        scheme: str = self._scope.get("scheme", "http")
        return scheme

    def _read_client(self) -> Address | None:
        client = self._scope.get("client")
        return Address(client[0], client[1]) if client else None

    async def _next_chunk(self) -> bytes | None:
        inbox: Inbox | None = getattr(self, "_inbox", None)
        if inbox is not None:
            return await inbox.next_chunk()
        if getattr(self, "_has_body", False):
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError("The client left before the end of its request.")
        if not message.get("more_body", False):
            self._has_body = True
        chunk: bytes = message.get("body", b"")
        return chunk

    def _get_inbox(self) -> Inbox:
        """Make the place where messages are kept, once somebody besides the body's reader wants them."""
        try:
            return self._inbox
        except AttributeError:
            self._inbox = inbox = Inbox(self._receive, is_complete=getattr(self, "_has_body", False))
            return inbox

    async def is_disconnected(self) -> bool:
        """Tell whether the client has left, as far as the server knows already."""
        return await self._get_inbox().poll()

    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """Await something, but cancel it when the client leaves."""
        return await run_against(call, self._get_inbox().wait_left)

    def record_error(self, exc: Exception) -> None:
        """Tell a test client about an error that was answered as 500."""
        recorder = self._scope.get("extensions", {}).get("covet.test")
        if recorder is not None:
            recorder["exceptions"].append(exc)


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
        headers = f"[content_type, {length}]"
        writer.line(f"await send({{'type': 'http.response.start', 'status': {status_code}, 'headers': {headers}}})")
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
        scope: Scope, receive: Receive, send: Send, values: Sequence[str], _accept: bytes | None
    ) -> None:
        request = ASGIRequest(compiled, app, scope, receive, values)
        response: Response | None = None
        error: BaseException | None = None
        try:
            response = await handle(request)
            response = await send_response(send, request, response, is_head)
        except (SystemExit, KeyboardInterrupt) as exc:
            error = contain(exc)
            raise error from exc
        except BaseException as exc:
            error = exc
            raise
        finally:
            if has_finishers:
                await finish(compiled.layers, request, response, error or getattr(request, "departure", None))
        if request._deferred is not None or response.background is not None:  # noqa: SLF001
            await run_afterwards(request, response)

    return endpoint_with_layers


async def send_response(send: Send, request: ASGIRequest, response: Response, is_head: bool) -> Response:  # noqa: FBT001, RUF100
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
        return await _send_stream(send, request, response, headers, is_head=is_head)
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
    send: Send, request: ASGIRequest, response: StreamedResponse, headers: list[tuple[bytes, bytes]], *, is_head: bool
) -> Response:
    async with aclosing(response.stream()) as chunks:
        try:
            # The first piece comes before the status goes: an error in it is still a clean answer.
            first = None if is_head else await anext(chunks, None)
        except (Exception, SystemExit, KeyboardInterrupt) as exc:  # noqa: BLE001 - it becomes a response
            return await send_response(send, request, await answer_late(request, exc), is_head)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if first is not None:
            # An error from here on leaves to the server, which logs it and cuts the connection.
            try:
                await request.run_until_disconnect(_pump(send, first, chunks))
            except ClientDisconnectedError as exc:
                request.departure = exc
                return response
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return response


async def _pump(send: Send, first: bytes, chunks: AsyncIterator[bytes]) -> None:
    chunk: bytes | None = first
    while chunk is not None:
        try:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except OSError as exc:
            # So servers say that the client has left (ASGI 2.4).
            raise ClientDisconnectedError("The client left.") from exc
        chunk = await anext(chunks, None)
