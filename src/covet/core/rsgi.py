"""
RSGI: the other of the two thin adapters, Granian's own protocol.

Facts of Granian that shape it: it drops an invalid header without a word, computes the length of a body that
it has in one piece, ends a body that was cut off as if it were whole, and its stream neither waits for the
client nor lets the event loop run.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from covet.core.afterwards import answer_late
from covet.core.arguments import JSON_TYPES
from covet.core.code_writer import CodeWriter
from covet.core.compiled_route import CompiledRoute
from covet.core.connections import cut_client
from covet.core.disconnects import is_done_soon, run_against
from covet.core.endpoint import compile_endpoint
from covet.core.errors import make_error_response
from covet.core.rsgi_types import RSGIHeaders, RSGIProtocol, RSGIScope, RSGIStream, WireHeaders
from covet.exceptions import ClientDisconnectedError, ResponseError, URITooLongError
from covet.http.body import BodyLimits, check_declared_length, wait_within
from covet.http.headers import Headers
from covet.http.limits import MAX_QUERY_SIZE, check_headers_size
from covet.http.percent import encode_path
from covet.http.request import Address, Request
from covet.http.response import TEXT, Response, has_no_body, plain_fields
from covet.http.streamed_response import StreamedResponse

# How many pieces of a stream are sent before the event loop gets a turn.
_PIECES_PER_TURN: Final = 16


Endpoint = Callable[[RSGIScope, RSGIProtocol, Sequence[str], RSGIHeaders], Awaitable[None]]


class RSGIRequest(Request):
    """
    A request that came over RSGI.

    Attributes:
        departure: What ended the answer early, if the client left while it was sent.
    """

    __slots__ = ("_chunks", "_expected", "_protocol", "_scope", "departure")

    _chunks: AsyncIterator[bytes]
    _expected: int | None
    departure: ClientDisconnectedError

    def __init__(
        self, compiled: CompiledRoute, app: Any, scope: RSGIScope, protocol: RSGIProtocol, path_values: Sequence[str]
    ) -> None:
        self.method = scope.method
        self.path = scope.path
        self.app = app
        self.route = compiled.shown
        self.body_limits = compiled.limits
        self.path_values = path_values
        self._scope = scope
        self._protocol = protocol
        self._headers = self._body = self._state = self._client = self._deferred = None

    def _read_headers(self) -> Headers:
        pairs = self._scope.headers.items()
        if self._scope.http_version == "2" and self._scope.authority and "host" not in self._scope.headers:
            # HTTP/2 has :authority in its stead (RFC 9113 §8.3.1).
            pairs.append(("host", self._scope.authority))
        # They are set before they are refused, so that whatever answers the error can read them.
        self._headers = Headers.from_lowered(pairs)
        check_headers_size(len(pairs), sum(len(name) + len(value) for name, value in pairs))
        return self._headers

    def _read_query(self) -> str:
        query = self._scope.query_string
        if len(query) > MAX_QUERY_SIZE:
            raise URITooLongError
        return query

    def _read_raw_path(self) -> str:
        return encode_path(self.path)

    def _read_scheme(self) -> str:
        return self._scope.scheme

    def _read_client(self) -> Address | None:
        return parse_client(self._scope.client)

    async def _next_chunk(self) -> bytes | None:
        try:
            chunks = self._chunks
        except AttributeError:
            self._chunks = chunks = aiter(self._protocol)
            declared = self.headers.get("content-length")
            self._expected = None if declared is None else int(declared)
        chunk = await next_chunk(chunks)
        if self._expected is not None:
            if chunk is None and self._expected > 0:
                raise ClientDisconnectedError("The client left before the end of its request.")
            self._expected -= len(chunk or b"")
        return chunk

    def keep_body(self, body: bytes) -> None:
        """Take a body that the endpoint has read whole before it made this request."""
        self._body = body

    async def is_disconnected(self) -> bool:
        """Tell whether the client has left, as far as the server knows already."""
        return await is_done_soon(self._protocol.client_disconnect())

    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """Await something, but cancel it when the client leaves."""
        return await run_against(call, self._protocol.client_disconnect)

    def record_error(self, exc: Exception) -> None:
        """Tell a test client about an error that was answered as 500."""
        recorder = getattr(self._protocol, "covet_test", None)
        if recorder is not None:
            recorder["exceptions"].append(exc)


def parse_client(text: str) -> Address | None:
    """
    Read a client's address as Granian shows it; there is none over a Unix socket.

    Example:
        >>> parse_client("[::1]:50312")
        Address(host='::1', port=50312)
    """
    host, separator, port = text.rpartition(":")
    return Address(host.strip("[]"), int(port)) if separator and port.isdigit() else None


async def next_chunk(chunks: AsyncIterator[bytes]) -> bytes | None:
    """Read the next piece of a request's body; `None` at its end."""
    # Not `anext(chunks, None)`: with Granian 2.8.7 on CPython 3.11 that ends the process (segmentation fault).
    try:
        return await anext(chunks)
    except StopAsyncIteration:
        return None


class RSGIWire:
    """What RSGI contributes to the source of an endpoint."""

    parameters = "scope, protocol, values, headers"
    request = "RSGIRequest(compiled, app, scope, protocol, values)"
    exchange = "protocol"
    # PERF: read only where JSON is answered; each look-up in the headers costs as much as a small call
    # (benchmarks/instructions.py, plain).
    wants_json = "headers.get('accept') in json_accepted"
    sends_json = "headers.get('content-type') in json_content_types"
    has_text_headers = True

    def __init__(self, app: object) -> None:
        self._app = app

    def bind(self, writer: CodeWriter) -> None:
        """Put what the source names into the namespace."""
        writer.bind("app", self._app)
        writer.bind("RSGIRequest", RSGIRequest)
        writer.bind("send_response", send_response)

    def write_head(self, writer: CodeWriter, *, reads_accept: bool, reads_body: bool) -> None:
        """Write nothing: the dispatcher has looked at the host, and the rest is asked for where it is wanted."""

    def write_layered_head(self, writer: CodeWriter) -> None:
        """Write the making of `request`."""
        writer.line(f"request = {self.request}")

    def write_read_body(self, writer: CodeWriter, limits: BodyLimits) -> None:
        """Write what leaves the whole body in `received`; it makes `request` if its length is not known."""
        writer.bind("json_content_types", JSON_TYPES)
        with writer.block("if (content_length := headers.get('content-length')) is None:"):
            writer.line(f"request = {self.request}")
            writer.line("received = await request.body()")
        with writer.block("else:"):
            read = writer.bind("read_declared", read_declared)
            writer.line(f"received = await {read}(protocol, content_length, {writer.bind('limits', limits)})")

    def write_send_response(self, writer: CodeWriter, *, is_head: bool) -> None:
        """Write what sends `response`."""
        if is_head:
            writer.line("response = await send_response(protocol, request, response, True)")
            return
        # PERF: nearly every response is plain, and sent without a further coroutine (benchmarks/onion.py).
        plain = writer.bind("plain_fields", plain_fields)
        writer.line(f"fields = {plain}(response) if response.__class__ is Response else None")
        with writer.block("if fields is None:"):
            writer.line("response = await send_response(protocol, request, response, False)")
        with writer.block("else:"):
            headers = "[field[0] for field in fields.values()]"
            writer.line(f"protocol.response_bytes(response._status_code, {headers}, response._body)")

    def write_headers(self, writer: CodeWriter, content_type: str, *, varies: bool) -> None:
        """Write what leaves the headers of the bytes in `body` in `headers`; Granian computes the length."""
        pairs = [("content-type", content_type), *([("vary", "Accept")] if varies else [])]
        writer.line(f"headers = {writer.bind('text_headers' if content_type == TEXT else 'json_headers', pairs)}")

    def write_send(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write what sends the bytes in `body` with `headers`."""
        if is_head:
            writer.line(f"protocol.response_empty({status_code}, [*headers, ('content-length', str(len(body)))])")
        else:
            writer.line(f"protocol.response_bytes({status_code}, headers, body)")


def compile_rsgi(compiled: CompiledRoute, app: object, *, is_head: bool = False) -> Endpoint:
    """Compile the endpoint of a route for RSGI."""
    endpoint: Endpoint = compile_endpoint(compiled, RSGIWire(app), is_head=is_head)
    return endpoint


async def read_declared(protocol: RSGIProtocol, content_length: str, limits: BodyLimits) -> bytes:
    """
    Read a body in one piece, which is safe if its length is known and allowed.

    Args:
        protocol: The server's.
        content_length: The `Content-Length`, as it came.
        limits: What is allowed.

    Raises:
        BadRequestError: If the length is malformed.
        ContentTooLargeError: If it is above the limit.
        RequestTimeoutError: If the client sends too slowly.
        ClientDisconnectedError: If the client leaves before the end.
    """
    size = check_declared_length(content_length.encode("latin-1", "replace"), limits)
    step = _read_whole(protocol)
    try:
        waiting = step.send(None)
    except StopIteration as ended:
        body: bytes = ended.value
    else:
        body = await wait_within(step, waiting, limits, size)
    if len(body) != size:
        raise ClientDisconnectedError("The client left before the end of its request.")
    return body


async def _read_whole(protocol: RSGIProtocol) -> bytes:
    return await protocol()


async def send_response(protocol: RSGIProtocol, request: RSGIRequest, response: Response, is_head: bool) -> Response:
    """
    Write a response to the wire.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    try:
        headers = response.wire_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        headers = response.wire_headers()
    status = response.status_code
    if has_no_body(status):
        headers = [pair for pair in headers if pair[0] != "content-type"]
        protocol.response_empty(status, headers)
    elif isinstance(response, StreamedResponse):
        return await _send_stream(protocol, request, response, headers, is_head=is_head)
    elif is_head:
        protocol.response_empty(status, [*headers, ("content-length", str(len(response.body)))])
    else:
        protocol.response_bytes(status, headers, response.body)
    return response


async def _send_stream(
    protocol: RSGIProtocol, request: RSGIRequest, response: StreamedResponse, headers: WireHeaders, *, is_head: bool
) -> Response:
    async with aclosing(response.stream()) as chunks:
        if is_head:
            protocol.response_empty(response.status_code, headers)
            return response
        try:
            # The first piece comes before the status goes: an error in it is still a clean answer.
            first = await anext(chunks, None)
        except (Exception, SystemExit, KeyboardInterrupt) as exc:  # noqa: BLE001 - it becomes a response
            return await send_response(protocol, request, await answer_late(request, exc), is_head)
        stream = protocol.response_stream(response.status_code, headers)
        if first is not None:
            try:
                await request.run_until_disconnect(_pump(stream, first, chunks))
            except ClientDisconnectedError as exc:
                request.departure = exc
                if not await request.is_disconnected():
                    # It came from the application's own stream, such as the client of another server.
                    await cut_client(request._scope)  # noqa: SLF001 - this module's own
            except BaseException:
                # The server ends the body as soon as nobody holds the stream: the connection goes first.
                await cut_client(request._scope)  # noqa: SLF001 - this module's own
                raise
    return response


async def _pump(stream: RSGIStream, first: bytes, chunks: AsyncIterator[bytes]) -> None:
    chunk: bytes | None = first
    sent = 0
    while chunk is not None:
        try:
            await stream.send_bytes(chunk)
        except RuntimeError as exc:
            # Granian's RSGIProtocolClosed; its module is no dependency.
            raise ClientDisconnectedError("The client left.") from exc
        sent += 1
        if sent % _PIECES_PER_TURN == 0:
            await asyncio.sleep(0)
        chunk = await anext(chunks, None)
