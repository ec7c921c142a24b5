"""
ASGI 3: one of the two thin adapters. Bytes in, `Request`; `Response`, bytes out.

The scope is trusted to be what the specification says; what the application answers is not.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol
from urllib.parse import quote

from covet.core.afterwards import answer_late
from covet.core.arguments import JSON_TYPES
from covet.core.code_writer import CodeWriter
from covet.core.compiled_route import CompiledRoute
from covet.core.disconnects import Inbox, run_against
from covet.core.endpoint import compile_endpoint
from covet.core.errors import make_error_response
from covet.core.unmatched import MAX_HEADERS, MAX_HEADERS_SIZE, MAX_QUERY_SIZE, check_headers_size
from covet.deadlines import resume
from covet.exceptions import ClientDisconnectedError, ResponseError, URITooLongError
from covet.http.body import BodyLimits
from covet.http.headers import Headers
from covet.http.request import Address, Request
from covet.http.response import JSON, TEXT, Response, has_no_body, plain_fields
from covet.http.response_headers import encode_pair
from covet.http.streamed_response import StreamedResponse
from covet.types import Message, Receive, Scope, Send

Endpoint = Callable[[Scope, Receive, Send, Sequence[str]], Awaitable[None]]

LENGTHS: Final = tuple((b"content-length", b"%d" % size) for size in range(1024))
_JSON_TYPES: Final = frozenset(item.encode() for item in JSON_TYPES)


class ASGIRequest(Request):
    """
    A request that came over ASGI.

    Attributes:
        departure: What ended the answer early, if the client left while it was sent.
    """

    __slots__ = ("_inbox", "_receive", "_scope", "departure", "raw_headers")

    _inbox: Inbox
    departure: ClientDisconnectedError
    # What the endpoint has read of the scope's headers, if no name came twice.
    raw_headers: dict[bytes, bytes] | None

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
        self.raw_headers = self._headers = self._body = self._state = self._client = self._deferred = None

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
        self._headers = headers = Headers.from_bytes(pairs, self.raw_headers)
        size = headers.size
        if size > MAX_HEADERS_SIZE or len(pairs) > MAX_HEADERS:
            check_headers_size(len(pairs), size)
        return headers

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
        return Address._make(client) if client else None

    def keep_body(self, body: bytes) -> None:
        """Take a body that the endpoint has read whole before it made this request."""
        self._body = body
        self._has_body = True

    def take_back(self, message: Message | None, step: Coroutine[Any, Any, Message], waiting: object) -> None:
        """
        Let the first message of the body be read once more.

        Args:
            message: The message, if it came.
            step: The call of `receive` that waits for it, if it did not.
            waiting: What the call waits for.
        """
        receive, is_first = self._receive, True

        async def receive_again() -> Message:
            nonlocal is_first
            if not is_first:
                return await receive()
            is_first = False
            return await resume(step, waiting) if message is None else message

        self._receive = receive_again

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


class ASGIDispatcher(Protocol):
    """What an endpoint wants of the application that it belongs to."""

    hosts_bytes: set[bytes]

    async def dispatch_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide anew what answers a request."""


class ASGIWire:
    """What ASGI contributes to the source of an endpoint."""

    parameters = "scope, receive, send, values"
    request = "ASGIRequest(compiled, app, scope, receive, values)"
    exchange = "send"
    wants_json = "(accept is None or accept in json_accepted)"
    sends_json = "content_type in json_content_types"
    has_text_headers = False

    def __init__(self, app: ASGIDispatcher, *, checks_head: bool) -> None:
        self._app = app
        self._checks_head = checks_head

    def bind(self, writer: CodeWriter) -> None:
        """Put what the source names into the namespace."""
        writer.bind("app", self._app)
        writer.bind("hosts", self._app.hosts_bytes)
        writer.bind("decide", self._app.dispatch_asgi)
        writer.bind("ASGIRequest", ASGIRequest)
        writer.bind("send_response", send_response)

    def write_head(self, writer: CodeWriter, *, reads_accept: bool, reads_body: bool) -> None:
        """Write what reads the headers that a route without middleware wants, and sends away what is unusual."""
        # PERF: one pass over the headers, for those alone that this route asks for (benchmarks: plain, post).
        writer.line('headers = scope["headers"]')
        wanted = {"host": 'b""'}
        if reads_accept:
            wanted["accept"] = 'b"%s, %s" % (accept, value)'
        if reads_body:
            wanted["content-type"] = 'b""'
        names = {header: header.replace("-", "_") for header in wanted}
        writer.line(f"{' = '.join(names.values())} = None")
        with writer.block("for name, value in headers:"):
            keyword = "if"
            for header, doubled in wanted.items():
                with writer.block(f'{keyword} name == b"{header}":'):
                    writer.line(f"{names[header]} = value if {names[header]} is None else {doubled}")
                keyword = "elif"
        self._write_check(writer)

    def _write_check(self, writer: CodeWriter) -> None:
        if self._checks_head:
            with writer.block(f"if host not in hosts or len(headers) > {MAX_HEADERS}:"):
                writer.line("return await decide(scope, receive, send)")

    def write_layered_head(self, writer: CodeWriter) -> None:
        """Write the same for a route with middleware, and the making of `request`."""
        writer.line('headers = scope["headers"]')
        # PERF: middleware asks for several headers: they are put in order once (benchmarks: middleware).
        writer.line("raw = dict(headers)")
        with writer.block("if len(raw) == len(headers):"):
            writer.line('host, accept = raw.get(b"host"), raw.get(b"accept")')
        with writer.block("else:"):
            writer.line(f"host, accept = {writer.bind('find_host_and_accept', find_host_and_accept)}(headers)")
            writer.line("raw = None")
        self._write_check(writer)
        writer.line(f"request = {self.request}")
        writer.line("request.raw_headers = raw")

    def write_read_body(self, writer: CodeWriter, limits: BodyLimits) -> None:
        """Write what leaves the whole body in `received`; it makes `request` if the body is not there at once."""
        writer.bind("json_content_types", _JSON_TYPES)
        writer.line("step = receive()")
        # PERF: the usual body is there at once and in one piece: no deadline, no reader, no request (benchmarks: post).
        writer.line("message = waiting = None")
        with writer.block("try:"):
            writer.line("waiting = step.send(None)")
        with writer.block("except StopIteration as ended:"):
            writer.line("message = ended.value")
            # Both may be left out; the request knows what that means.
            with writer.block("try:"), writer.block("if not message['more_body']:"):
                writer.line("received = message['body']")
            with writer.block("except KeyError:"):
                writer.line("pass")
        with writer.block("except AttributeError:"):
            # What some servers return can be awaited, but not begun by hand.
            with writer.block("if hasattr(step, 'send'):"):
                writer.line("raise")
            writer.line(f"step = {writer.bind('as_coroutine', as_coroutine)}(step)")
        # A body that is there as a whole has the length that it has: nobody has to read its Content-Length.
        is_large = "" if limits.max_size is None else f" or len(received) > {limits.max_size}"
        with writer.block(f"if received is None{is_large}:"):
            writer.line(f"request = {self.request}")
            writer.line("request.take_back(message, step, waiting)")
            writer.line("received = await request.body()")

    def write_send_response(self, writer: CodeWriter, *, is_head: bool) -> None:
        """Write what sends `response`."""
        # PERF: nearly every response is plain, and sent without a further coroutine (benchmarks: middleware).
        with writer.block("if response.__class__ is Response:"):
            writer.line(f"start = {writer.bind('make_start', make_start)}(response)")
        with writer.block("else:"):
            writer.line("start = None")
        with writer.block("if start is None:"):
            writer.line(f"response = await send_response(send, request, response, {is_head})")
        with writer.block("else:"):
            writer.line("await send(start)")
            body = "b''" if is_head else "response._body"
            writer.line(f"await send({{'type': 'http.response.body', 'body': {body}}})")

    def write_send(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write what sends the bytes in `body` as `content_type`: `text_type` or `json_type`."""
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


def compile_asgi(compiled: CompiledRoute, app: ASGIDispatcher, *, is_head: bool = False) -> Endpoint:
    """Compile the endpoint of a route for ASGI."""
    # What answers for no route is called after everything was decided.
    wire = ASGIWire(app, checks_head=compiled.shown is not None)
    endpoint: Endpoint = compile_endpoint(compiled, wire, is_head=is_head)
    return endpoint


def find_host_and_accept(headers: Sequence[tuple[bytes, bytes]]) -> tuple[bytes | None, bytes | None]:
    """
    Find two headers where some name came twice: a second host makes the first one invalid.

    Example:
        >>> find_host_and_accept([(b"host", b"a"), (b"accept", b"text/html"), (b"accept", b"*/*")])
        (b'a', b'text/html, */*')
    """
    hosts = [value for name, value in headers if name == b"host"]
    accepted = b", ".join(value for name, value in headers if name == b"accept")
    return (hosts[0] if len(hosts) == 1 else None), accepted or None


async def as_coroutine(awaitable: Awaitable[Message]) -> Message:
    """Make a coroutine of what a server's `receive` returned, so that it can be begun by hand."""
    return await awaitable


async def send_response(send: Send, request: ASGIRequest, response: Response, is_head: bool) -> Response:  # noqa: FBT001, RUF100
    """
    Write a response to the wire.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    try:
        headers = response.encode_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        headers = response.encode_headers()
    status = response.status_code
    body = response.body
    if has_no_body(status):
        body = b""
        headers = [pair for pair in headers if pair[0] != b"content-type"]
        if status == 205:
            headers.append(LENGTHS[0])
    elif isinstance(response, StreamedResponse):
        return await _send_stream(send, request, response, headers, is_head=is_head)
    else:
        headers.append(make_length(len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
    return response


def make_start(response: Response) -> Message | None:
    """
    Make the first message of a plain response; `None` if it is anything but that.

    Args:
        response: A response of the base class.
    """
    fields = plain_fields(response)
    if fields is None:
        return None
    headers = []
    for pair, raw in fields.values():
        headers.append(raw or encode_pair(pair))
    # PERF: no call of a property or a function that can be spared (benchmarks: middleware).
    size = len(response._body)  # noqa: SLF001
    headers.append(LENGTHS[size] if size < len(LENGTHS) else (b"content-length", b"%d" % size))
    return {"type": "http.response.start", "status": response._status_code, "headers": headers}  # noqa: SLF001


def make_length(size: int) -> tuple[bytes, bytes]:
    """
    Make the pair of a `Content-Length`.

    Example:
        >>> make_length(12)
        (b'content-length', b'12')
    """
    # PERF: most bodies are small; a look-up instead of formatting the length (benchmarks: plain, json).
    return LENGTHS[size] if size < len(LENGTHS) else (b"content-length", b"%d" % size)


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
