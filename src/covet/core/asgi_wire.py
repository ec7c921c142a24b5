"""
The source that ASGI contributes to an endpoint: how its messages are read and written.

What is unusual about a request or a response is sent on to functions; the source holds what nearly all have in common.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from time import monotonic
from types import CoroutineType
from typing import Final, Protocol

from covet.code_writer import CodeWriter
from covet.core.arguments import JSON_TYPES
from covet.core.asgi import ASGIRequest
from covet.core.asgi_responses import LENGTHS, send_response
from covet.core.body_watch import wait_watched
from covet.core.compiled_route import CompiledRoute
from covet.core.endpoint import compile_endpoint
from covet.core.unmatched import is_asgi_framed
from covet.core.wire import write_plain_fields
from covet.exceptions import ClientDisconnectedError, ContentTooLargeError
from covet.http.body import BodyLimits, check_declared_length
from covet.http.limits import MAX_HEADERS, MAX_HEADERS_SIZE
from covet.http.response import TEXT
from covet.types import Message, Receive, Scope, Send

Endpoint = Callable[[Scope, Receive, Send, Sequence[str]], Awaitable[None]]

_DECIDE: Final = "return await decide(scope, receive, send)"
_FEW_NAMES: Final = 3
_JSON_TYPES: Final = frozenset(item.encode() for item in JSON_TYPES)


class ASGIDispatcher(Protocol):
    """What an endpoint wants of the application that it belongs to."""

    hosts_bytes: set[bytes]

    async def dispatch_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide anew what answers a request."""


class ASGIWire:
    """What ASGI contributes to the source of an endpoint."""

    parameters = "scope, receive, send, values"
    request = "ASGIRequest().begin(compiled, app, scope, receive, send, values)"
    exchange = "send"
    wants_json = "accept in json_accepted"
    sends_json = "content_type in json_content_types"
    has_json = "request.headers.get_bytes(b'content-type') in json_content_types"
    is_untouched = "request._inbox is None"
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
        # PERF: one pass over the headers, for those alone that this route asks for
        # (benchmarks/instructions.py, plain, post).
        writer.line('headers = scope["headers"]')
        wanted = {"host": 'b""'}
        if reads_accept:
            wanted["accept"] = 'b"%s, %s" % (accept, value)'
        if reads_body:
            wanted["content-type"] = 'b""'
        names = {header: header.replace("-", "_") for header in wanted}
        writer.line(f"{' = '.join(names.values())} = None")
        looked_for = [f'b"{header}"' for header in wanted]
        if self._checks_head:
            looked_for.append('b"transfer-encoding"')
        # PERF: from four names on, one look into a set is less than a comparison with each
        # (benchmarks/instructions.py, post).
        is_sifted = len(looked_for) > _FEW_NAMES
        with writer.block("for name, value in headers:"), ExitStack() as sieve:
            if is_sifted:
                sieve.enter_context(writer.block(f"if name in {{{', '.join(looked_for)}}}:"))
            keyword = "if"
            for header, doubled in wanted.items():
                with writer.block(f'{keyword} name == b"{header}":'):
                    writer.line(f"{names[header]} = value if {names[header]} is None else {doubled}")
                keyword = "elif"
            if self._checks_head:
                is_left = "else:" if is_sifted else 'elif name == b"transfer-encoding":'
                with writer.block(is_left), writer.block(f"if not {self._write_framing(writer)}:"):
                    writer.line(_DECIDE)
        self._write_check(writer)

    def _write_framing(self, writer: CodeWriter) -> str:
        # APPSEC: docs/security.md, row 91: what has a coding has no length, and no other coding.
        return f"{writer.bind('is_asgi_framed', is_asgi_framed)}(scope)"

    def _write_check(self, writer: CodeWriter, framing: str = "") -> None:
        if self._checks_head:
            with writer.block(f"if host not in hosts or len(headers) > {MAX_HEADERS}{framing}:"):
                writer.line(_DECIDE)

    def write_layered_head(self, writer: CodeWriter, *, reads_headers: bool) -> None:
        """Write the same for a route with middleware, and the making of `request`."""
        writer.line('headers = scope["headers"]')
        # PERF: middleware asks for several headers: they are put in order once (benchmarks/onion.py).
        writer.line("raw = names = dict(headers)")
        with writer.block("if len(raw) == len(headers):"):
            writer.line('host, accept = raw.get(b"host"), raw.get(b"accept")')
        with writer.block("else:"):
            writer.line(f"host, accept = {writer.bind('find_host_and_accept', find_host_and_accept)}(headers)")
            writer.line("raw = None")
        framing = f'b"transfer-encoding" in names and not {self._write_framing(writer)}'
        self._write_check(writer, f" or ({framing})")
        measured = ""
        if reads_headers:
            # PERF: written out, since every request is measured; a copy in C is cheaper than a loop over the pairs
            # (benchmarks/production.py).
            writer.line("join = b''.join")
            measured = f", raw is not None and len(join([*raw, *raw.values()])) <= {MAX_HEADERS_SIZE}"
        writer.line(f"request = {self.request[:-1]}, raw{measured})")

    def write_read_body(self, writer: CodeWriter, limits: BodyLimits, make_request: str) -> None:
        """Write what leaves the whole body in `received`; it makes `request` if the body is not there at once."""
        writer.bind("json_content_types", _JSON_TYPES)
        writer.line("step = receive()")
        # PERF: the usual body is there at once and in one piece: no deadline, no reader, no request
        # (benchmarks/instructions.py, post).
        with writer.block(f"if step.__class__ is {writer.bind('CoroutineType', CoroutineType)}:"):
            with writer.block("try:"):
                writer.line("waiting, message = step.send(None), None")
            with writer.block("except StopIteration as ended:"):
                writer.line("waiting = None")
                writer.line("message = ended.value")
        with writer.block("else:"):
            # What some servers return can be awaited, but not begun by hand: Granian's is a future.
            read = (
                f"{writer.bind('read_watched', read_watched)}(receive, step, headers, {writer.bind('limits', limits)})"
            )
            writer.line(f"waiting = message = None; received = await {read}")
        with writer.block("if message is not None:"):
            # Both may be left out; the request knows what that means.
            with writer.block("try:"), writer.block("if not message['more_body']:"):
                writer.line("received = message['body']")
            with writer.block("except KeyError:"):
                writer.line("pass")
        # A body that is there as a whole has the length that it has: nobody has to read its Content-Length.
        is_large = "" if limits.max_size is None else f" or len(received) > {limits.max_size}"
        with writer.block(f"if received is None{is_large}:"):
            writer.line(make_request)
            writer.line("request.take_back(message, step, waiting)")
            writer.line("received = await request.body()")

    def write_send_response(self, writer: CodeWriter, *, is_head: bool) -> None:
        """Write what sends `response`."""
        write_plain_fields(writer)
        with writer.block("if fields is None:"):
            writer.line(f"response = await send_response(send, request, response, {is_head})")
        with writer.block("else:"):
            writer.line("headers = []")
            with writer.block("for field in fields.values():"):
                writer.line("headers.append(field[1])")
            self._write_length(writer, "response._body")
            writer.line("headers.append(length)")
            self.write_start(writer)
            start = "{'type': 'http.response.start', 'status': response._status_code, 'headers': headers}"
            writer.line(f"await send({start})")
            body = "b''" if is_head else "response._body"
            writer.line(f"await send({{'type': 'http.response.body', 'body': {body}}})")

    def write_start(self, writer: CodeWriter) -> None:
        """Write the noting that the response begins: no early hints may follow."""
        writer.line("request._send = None")

    def _write_length(self, writer: CodeWriter, body: str) -> None:
        """Write what leaves the pair of the Content-Length in `length`."""
        writer.bind("lengths", LENGTHS)
        writer.line(f"size = len({body})")
        # PERF: most bodies are small; a look-up instead of formatting the length
        # (benchmarks/instructions.py, plain, json).
        writer.line(f"length = lengths[size] if size < {len(LENGTHS)} else (b'content-length', b'%d' % size)")

    def write_headers(self, writer: CodeWriter, content_type: str, *, varies: bool) -> None:
        """Write what leaves the headers of the bytes in `body` in `headers`."""
        pairs = [writer.bind("text_type" if content_type == TEXT else "json_type", _pair("content-type", content_type))]
        if varies:
            pairs.append(writer.bind("vary", _pair("vary", "Accept")))
        self._write_length(writer, "body")
        writer.line(f"headers = [{', '.join(pairs)}, length]")

    def write_send(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write what sends the bytes in `body` with `headers`."""
        writer.line(f"await send({{'type': 'http.response.start', 'status': {status_code}, 'headers': headers}})")
        body = "b''" if is_head else "body"
        writer.line(f"await send({{'type': 'http.response.body', 'body': {body}}})")


def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode(), value.encode()


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


async def read_watched(
    receive: Receive, step: Awaitable[Message], headers: Sequence[tuple[bytes, bytes]], limits: BodyLimits
) -> bytes:
    """
    Read a body whose messages cannot be begun by hand, within its limits.

    Args:
        receive: Gives the messages.
        step: The first of them, which is under way.
        headers: The headers of the request.
        limits: What is allowed.

    Raises:
        ContentTooLargeError: If it is larger than the limit.
        RequestTimeoutError: If it comes too slowly.
        ClientDisconnectedError: If the client leaves before its end.
    """
    pieces: list[bytes] = []
    size, waited, is_last = 0, 0.0, False
    while not is_last:
        began = monotonic()
        message = await wait_watched(step, _patience_of(limits, size, waited))
        waited += monotonic() - began
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError("The client left before the end of its request.")
        is_last = not message.get("more_body", False)
        if not (pieces or is_last):
            for declared in [value for name, value in headers if name == b"content-length"]:
                check_declared_length(declared, limits)
        piece: bytes = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if limits.max_size is not None and size > limits.max_size:
            raise ContentTooLargeError(limit=limits.max_size)
        if not is_last:
            step = receive()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _patience_of(limits: BodyLimits, size: int, waited: float) -> float:
    """Return the seconds that the next piece may take. It is an object of its own each time, by which waits differ."""
    return limits.grace + size / limits.min_rate - waited if limits.min_rate else float("inf")
