"""
RSGI: the other of the two thin adapters, Granian's own protocol.

Facts of Granian that shape it: it drops an invalid header without a word, computes the length of a body that
it has in one piece, ends a body that was cut off as if it were whole, and its stream neither waits for the
client nor lets the event loop run.
"""

from asyncio import current_task, sleep
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self

from covet.code_writer import CodeWriter
from covet.core.afterwards import answer_late
from covet.core.arguments import JSON_TYPES
from covet.core.backpressure import Backpressure
from covet.core.body_watch import WATCHES, DeclaredLengths, start_watch
from covet.core.compiled_route import CompiledRoute
from covet.core.connections import cut_client
from covet.core.disconnects import is_done_soon, run_against
from covet.core.endpoint import compile_endpoint
from covet.core.errors import make_error_response
from covet.core.file_sending import send_at_once
from covet.core.live_stream import LiveStream
from covet.core.rsgi_body import LEFT, RSGIBody
from covet.core.rsgi_types import RSGIHeaders, RSGIProtocol, RSGIScope, RSGIStream, WireHeaders
from covet.core.wire import write_plain_fields
from covet.exceptions import ClientDisconnectedError, ResponseError, URITooLongError
from covet.http.body import BodyLimits
from covet.http.headers import Headers
from covet.http.limits import MAX_HEADERS, MAX_HEADERS_SIZE, MAX_QUERY_SIZE, check_headers_size
from covet.http.percent import encode_path
from covet.http.request import Address, Request
from covet.http.response import TEXT, Response, has_no_body
from covet.http.state import State
from covet.http.streamed_response import StreamedResponse
from covet.responses.event_stream import EventStream

Endpoint = Callable[[RSGIScope, RSGIProtocol, Sequence[str], RSGIHeaders], Awaitable[None]]


class LateHeaders(Headers):
    """The headers of a request that came over RSGI, taken from the scope when somebody asks for one."""

    __slots__ = ("_scope",)

    _scope: RSGIScope

    # PERF: the request fills them; a constructor of its own, even without arguments, would double the cost
    # (benchmarks/onion.py).
    __init__ = object.__init__

    def _load(self) -> None:
        scope = self._scope
        pairs = scope.headers.items()
        if scope.http_version == "2" and scope.authority and "host" not in scope.headers:
            # HTTP/2 has :authority in its stead (RFC 9113 §8.3.1).
            pairs.append(("host", scope.authority))
        # They are taken before they are refused, so that whatever answers the error can read them.
        self._index = index = dict(pairs)
        if len(index) == len(pairs):
            # PERF: as over ASGI (benchmarks/onion.py).
            size = len("".join([*index, *index.values()]))
        else:
            self._take_text(pairs)
            size = self.size
        if size > MAX_HEADERS_SIZE or len(pairs) > MAX_HEADERS:
            check_headers_size(len(pairs), size)


class RSGIRequest(Request):
    """
    A request that came over RSGI.

    Attributes:
        departure: What ended the answer early, if the client left while it was sent.
    """

    __slots__ = ("_protocol", "_scope", "_source", "departure")

    _source: RSGIBody
    departure: ClientDisconnectedError
    _protocol: RSGIProtocol
    _scope: RSGIScope

    __init__ = object.__init__  # as above

    # Any: the application, which stands above.
    def begin(
        self, compiled: CompiledRoute, app: Any, scope: RSGIScope, protocol: RSGIProtocol, path_values: Sequence[str]
    ) -> Self:
        """
        Set what a constructor would.

        Args:
            compiled: The route.
            app: The application.
            scope: The RSGI scope.
            protocol: The exchange.
            path_values: The texts of the path's parameters.
        """
        self.method = scope.method
        self.path = scope.path
        self.app = app
        self.route = compiled.shown
        self.body_limits = compiled.limits
        self.path_values = path_values
        given = app.lifespan_state
        self.state = State(**given) if given else State()
        self._scope = scope
        self._protocol = protocol
        self._body = self._client = self._deferred = None
        self.headers = headers = LateHeaders()
        headers._raw = headers._index = None  # noqa: SLF001 - a constructor
        headers._scope = scope  # noqa: SLF001
        return self

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
            source = self._source
        except AttributeError:
            declared = self.headers.get("content-length")
            length = None if declared is None else int(declared)
            self._source = source = RSGIBody(self._protocol, length, self._scope.http_version)
        return await source.next_chunk()

    def keep_body(self, body: bytes) -> None:
        """Take a body that the endpoint has read whole before it made this request."""
        self._body = body

    async def is_disconnected(self) -> bool:
        """Tell whether the client has left, as far as the server knows already."""
        return await is_done_soon(self._protocol.client_disconnect())

    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """Await something, but cancel it when the client leaves."""
        try:
            return await run_against(call, self._protocol.client_disconnect)
        except ClientDisconnectedError as exc:
            self.departure = exc
            raise

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


class RSGIWire:
    """What RSGI contributes to the source of an endpoint."""

    parameters = "scope, protocol, values, headers"
    request = "RSGIRequest().begin(compiled, app, scope, protocol, values)"
    exchange = "protocol"
    # PERF: read only where JSON is answered; each look-up in the headers costs as much as a small call
    # (benchmarks/instructions.py, plain).
    wants_json = "headers.get('accept') in json_accepted"
    # APPSEC: of a Content-Type that came twice, who reads the first and who reads the last see different bodies.
    sends_json = "len(types := headers.get_all('content-type')) == 1 and types[0] in json_content_types"
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
        writer.bind("lengths", DeclaredLengths(limits))
        writer.line("content_length = headers.get('content-length')")
        writer.line("declared = lengths.get(content_length)")
        with writer.block("if declared is None and content_length is not None:"):
            writer.line("declared = lengths.learn(content_length)")
        with writer.block("if declared is None:"):
            writer.line(f"request = {self.request}")
            writer.line("received = await request.body()")
        with writer.block("else:"):
            self._write_read_declared(writer)

    def _write_read_declared(self, writer: CodeWriter) -> None:
        """Write what reads a body in one piece, which is safe if its length is known and allowed."""
        left = f"{writer.bind('ClientDisconnectedError', ClientDisconnectedError)}({writer.bind('LEFT', LEFT)})"
        writer.bind("watches", WATCHES)
        # PERF: written out, and without a deadline of its own; reading the body costs hardly more
        # (benchmarks/cpu.py, post).
        writer.line(f"task = {writer.bind('current_task', current_task)}()")
        writer.line("watch = watches.get(task.get_loop())")
        with writer.block("if watch is None:"):
            writer.line(f"watch = {writer.bind('start_watch', start_watch)}(task.get_loop(), declared[1])")
        writer.line("watch[task] = declared[1]")
        with writer.block("try:"):
            writer.line("received = await protocol()")
        with writer.block("except RuntimeError as exc:"):
            # Granian's RSGIProtocolClosed; its module is no dependency.
            writer.line(f"raise {left} from exc")
        with writer.block("except BaseException as exc:"):
            with writer.block("if (error := watch.explain(task, exc)) is None:"):
                writer.line("raise")
            writer.line("raise error from exc")
        with writer.block("finally:"):
            writer.line("del watch[task]")
        with writer.block("if len(received) != declared[0]:"):
            writer.line(f"raise {left}")

    def write_send_response(self, writer: CodeWriter, *, is_head: bool) -> None:
        """Write what sends `response`."""
        if is_head:
            writer.line("response = await send_response(protocol, request, response, True)")
            return
        write_plain_fields(writer)
        with writer.block("if fields is None:"):
            writer.line("response = await send_response(protocol, request, response, False)")
        with writer.block("else:"):
            writer.line("own = []")
            with writer.block("for field in fields.values():"):
                writer.line("own.append(field[0])")
            writer.line("protocol.response_bytes(response._status_code, own, response._body)")

    def write_start(self, writer: CodeWriter) -> None:
        """Write nothing: RSGI has no early hints."""

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


async def send_response(protocol: RSGIProtocol, request: RSGIRequest, response: Response, is_head: bool) -> Response:
    """
    Write a response to the wire.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    if isinstance(response, StreamedResponse):
        try:
            return await _send_stream(protocol, request, response, is_head=is_head)
        finally:
            await response.aclose()
    try:
        headers = response.wire_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        headers = response.wire_headers()
    status = response.status_code
    if has_no_body(status):
        protocol.response_empty(status, _without_body(headers))
    elif is_head:
        protocol.response_empty(status, [*headers, ("content-length", str(len(response.body)))])
    else:
        protocol.response_bytes(status, headers, response.body)
    return response


def _without_body(headers: WireHeaders) -> WireHeaders:
    """Take away what describes a body."""
    return [pair for pair in headers if pair[0] not in {"content-type", "content-length"}]


async def _send_stream(
    protocol: RSGIProtocol, request: RSGIRequest, response: StreamedResponse, *, is_head: bool
) -> Response:
    try:
        await response.prepare(request)
        status = response.status_code
        headers = response.wire_headers()
        if has_no_body(status) or is_head:
            protocol.response_empty(status, _without_body(headers) if has_no_body(status) else headers)
            return response
        if await send_at_once(protocol, response, headers):
            return response
        chunks = response.stream()
        # The first piece comes before the status goes: an error in it is still a clean answer.
        first = await request.run_until_disconnect(anext(chunks, None))
    except (Exception, SystemExit, KeyboardInterrupt) as exc:  # noqa: BLE001 - it becomes a response
        return await send_response(protocol, request, await answer_late(request, exc), is_head)
    stream = protocol.response_stream(status, headers)
    if first is None:
        return response
    scope = request._scope  # noqa: SLF001 - this module's own
    request.app.open_streams.add()
    try:
        with Backpressure(scope, is_framed=response.declared_length is None) as pressure:
            if not isinstance(response, EventStream):
                await request.run_until_disconnect(_pump(stream, first, chunks, pressure))
            else:
                left = request._protocol.client_disconnect  # noqa: SLF001 - as above
                # PERF: the fewer coroutines stand in between, the less an event costs (benchmarks/event_streams.py).
                async with LiveStream(request, stream.send_bytes, response.ping_interval, left):
                    rest = partial(_rest, stream, pressure)
                    await response.pump(first, stream.send_bytes, rest, left=RuntimeError)
    except ClientDisconnectedError as exc:
        request.departure = exc
        if not await request.is_disconnected():
            # It came from the application's own stream, such as the client of another server.
            await cut_client(scope)
    except BaseException:
        # The server ends the body as soon as nobody holds the stream: the connection goes first.
        await cut_client(scope)
        raise
    return response


async def _rest(stream: RSGIStream, pressure: Backpressure, size: int) -> None:
    """Let others have a turn, and the client catch up, after some events."""
    if pressure.is_due(size):
        await pressure.wait(stream)
    else:
        await sleep(0)


async def _pump(stream: RSGIStream, first: bytes, chunks: AsyncIterator[bytes], pressure: Backpressure) -> None:
    chunk: bytes | None = first
    while chunk is not None:
        try:
            await stream.send_bytes(chunk)
            if pressure.is_due(len(chunk)):
                await pressure.wait(stream)
        except RuntimeError as exc:
            # Granian's RSGIProtocolClosed; its module is no dependency.
            raise ClientDisconnectedError("The client left.") from exc
        chunk = await anext(chunks, None)
