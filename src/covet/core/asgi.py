"""
ASGI 3: one of the two thin adapters. Bytes in, `Request`; `Response`, bytes out.

The scope is trusted to be what the specification says; what the application answers is not.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, Self

from covet.core.afterwards import answer_late, close_at_end
from covet.core.compiled_route import CompiledRoute
from covet.core.disconnects import PIECES_PER_TURN, Inbox, run_against
from covet.core.errors import make_error_response
from covet.core.file_sending import make_last
from covet.core.live_stream import LiveStream
from covet.deadlines import resume
from covet.exceptions import ClientDisconnectedError, ResponseError, URITooLongError
from covet.http.headers import Headers
from covet.http.limits import MAX_HEADERS, MAX_HEADERS_SIZE, MAX_QUERY_SIZE, check_headers_size
from covet.http.percent import encode_path
from covet.http.request import Address, Request
from covet.http.response import Response, has_no_body
from covet.http.state import State
from covet.http.streamed_response import StreamedResponse
from covet.responses.event_stream import EventStream
from covet.types import Message, Receive, Scope, Send

Endpoint = Callable[[Scope, Receive, Send, Sequence[str]], Awaitable[None]]

# The ASGI extension by which a server says that it sends them, and the message.
_EARLY_HINT: Final = "http.response.early_hint"

LENGTHS: Final = tuple((b"content-length", b"%d" % size) for size in range(1024))


class ASGIHeaders(Headers):
    """The headers of a request that came over ASGI, taken from the scope when somebody asks for one."""

    __slots__ = ("_pairs",)

    # The scope's headers; as a mapping, if somebody found that no name came twice.
    _pairs: Sequence[tuple[bytes, bytes]] | dict[bytes, bytes]

    # PERF: the request fills them; a constructor of its own, even without arguments, would double the cost
    # (benchmarks/onion.py).
    __init__ = object.__init__

    def _load(self) -> None:
        pairs = self._pairs
        # They are taken before they are refused, so that whatever answers the error can read them.
        if isinstance(pairs, dict):
            self._raw = pairs
            # PERF: a copy in C is cheaper than a loop over the pairs, by a factor of five (benchmarks/onion.py).
            size = len(b"".join([*pairs, *pairs.values()]))
        else:
            self._take_bytes(pairs)
            size = self.size
        if size > MAX_HEADERS_SIZE or len(pairs) > MAX_HEADERS:
            check_headers_size(len(pairs), size)


class ASGIRequest(Request):
    """
    A request that came over ASGI.

    Attributes:
        departure: What ended the answer early, if the client left while it was sent.
    """

    __slots__ = ("_inbox", "_receive", "_scope", "_send", "departure")

    _inbox: Inbox
    # `None` once the response has begun.
    _send: Send | None
    departure: ClientDisconnectedError

    __init__ = object.__init__  # as above

    # Any: the application, which stands above.
    def begin(
        self,
        compiled: CompiledRoute,
        app: Any,
        scope: Scope,
        receive: Receive,
        send: Send | None,
        path_values: Sequence[str],
        raw_headers: dict[bytes, bytes] | None = None,
    ) -> Self:
        """
        Set what a constructor would.

        Args:
            compiled: The route.
            app: The application.
            scope: The ASGI scope.
            receive: Gives the messages of the body.
            send: Sends the messages of the response; `None` if it is no answer to a request of HTTP alone.
            path_values: The texts of the path's parameters.
            raw_headers: The scope's headers as a mapping, if somebody found that no name came twice.
        """
        self.method = scope["method"]
        self.path = scope["path"]
        self.app = app
        self.route = compiled.shown
        self.body_limits = compiled.limits
        self.path_values = path_values
        given = app.lifespan_state
        self.state = State(**given) if given else State()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body = self._client = self._deferred = None
        self.headers = headers = ASGIHeaders()
        headers._raw = headers._index = None  # noqa: SLF001 - a constructor
        headers._pairs = raw_headers or scope["headers"]  # noqa: SLF001
        return self

    @property
    def scope(self) -> Scope:
        """The ASGI scope."""
        return self._scope

    @property
    def root_path(self) -> str:
        """The prefix that the application is mounted under; the dispatcher has taken it off the path."""
        root: str = self._scope.get("covet.root_path", "")
        return root

    def _read_query(self) -> bytes:
        query: bytes = self._scope.get("query_string", b"")
        if len(query) > MAX_QUERY_SIZE:
            raise URITooLongError
        return query

    def _read_raw_path(self) -> str:
        raw: bytes | None = self._scope.get("raw_path")
        return encode_path(self.root_path + self.path) if raw is None else raw.decode("latin-1")

    def _read_scheme(self) -> str:
        scheme: str = self._scope.get("scheme", "http")
        return scheme

    def _read_client(self) -> Address | None:
        client = self._scope.get("client")
        if not client:
            return None
        # PERF: nearly every server gives two values of the right type, and the base makes the address of them at half
        # the cost (benchmarks/onion.py).
        is_usual = len(client) == 2 and client[1].__class__ is int and client[0]
        return tuple.__new__(Address, client) if is_usual else make_address(*client)

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
            close_at_end(self, inbox.close)
            return inbox

    async def is_disconnected(self) -> bool:
        """Tell whether the client has left, as far as the server knows already."""
        return await self._get_inbox().poll()

    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """Await something, but cancel it when the client leaves."""
        try:
            return await run_against(call, self._get_inbox().wait_left)
        except ClientDisconnectedError as exc:
            self.departure = exc
            raise

    async def _send_links(self, links: Sequence[str]) -> bool:
        send, scope = self._send, self._scope
        if send is None or _EARLY_HINT not in (scope.get("extensions") or ()):
            return False
        if scope["http_version"] in {"1.0", "0.9"}:
            # RFC 9110 §15.2: such a client would take them for the response.
            return False
        try:
            await send({"type": _EARLY_HINT, "links": [link.encode("ascii") for link in links]})
        except OSError:
            # So servers say that the client has left (ASGI 2.4); whoever answers it will notice.
            return False
        return True

    def record_error(self, exc: Exception) -> None:
        """Tell a test client about an error that was answered as 500."""
        recorder = self._scope.get("extensions", {}).get("covet.test")
        if recorder is not None:
            recorder["exceptions"].append(exc)


# Any: whatever the server has put there.
def make_address(host: Any, port: Any, *_: Any) -> Address | None:
    """
    Read the client's address as servers show it: Granian gives the port as text.

    Over a Unix socket there is none: Granian gives an empty one.

    Example:
        >>> make_address("192.0.2.1", "50312")
        Address(host='192.0.2.1', port=50312)
        >>> make_address("", "0") is None
        True
    """
    if host == "":
        return None
    try:
        return Address(host, int(port))
    except (TypeError, ValueError):
        return None


async def send_response(send: Send, request: ASGIRequest, response: Response, is_head: bool) -> Response:
    """
    Write a response to the wire.

    Returns:
        The response that was sent: another one if the given one could not be carried.
    """
    if isinstance(response, StreamedResponse):
        try:
            return await _send_stream(send, request, response, is_head=is_head)
        finally:
            await response.aclose()
    try:
        headers = response.encode_headers()
    except ResponseError as exc:
        response = make_error_response(request, exc)
        headers = response.encode_headers()
    status = response.status_code
    body = response.body
    if has_no_body(status):
        body = b""
        headers = _without_body(headers, status)
    else:
        headers.append(make_length(len(body)))
    request._send = None  # noqa: SLF001 - this module's own
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
    return response


def make_length(size: int) -> tuple[bytes, bytes]:
    """
    Make the pair of a `Content-Length`.

    Example:
        >>> make_length(12)
        (b'content-length', b'12')
    """
    # PERF: most bodies are small; a look-up instead of formatting the length (benchmarks/instructions.py, plain, json).
    return LENGTHS[size] if size < len(LENGTHS) else (b"content-length", b"%d" % size)


def _without_body(headers: list[tuple[bytes, bytes]], status: int) -> list[tuple[bytes, bytes]]:
    """Take away what describes a body; of these statuses 205 alone has a length."""
    headers = [pair for pair in headers if pair[0] not in {b"content-type", b"content-length"}]
    return [*headers, LENGTHS[0]] if status == 205 else headers


async def _send_stream(send: Send, request: ASGIRequest, response: StreamedResponse, *, is_head: bool) -> Response:
    first = None
    try:
        await response.prepare(request)
        status = response.status_code
        headers = response.encode_headers()
        is_empty = is_head or has_no_body(status)
        if not is_empty and (last := await make_last(request.scope, response)) is not None:
            request._send = None  # noqa: SLF001 - this module's own
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send(last)
            return response
        chunks = response.stream()
        if has_no_body(status):
            headers = _without_body(headers, status)
        elif not is_head:
            # The first piece comes before the status goes: an error in it is still a clean answer.
            first = await request.run_until_disconnect(anext(chunks, None))
    except (Exception, SystemExit, KeyboardInterrupt) as exc:  # noqa: BLE001 - it becomes a response
        return await send_response(send, request, await answer_late(request, exc), is_head)
    request._send = None  # noqa: SLF001 - as above
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if first is not None:
        # An error from here on leaves to the server, which logs it and cuts the connection.
        request.app.open_streams.add()
        try:
            if not isinstance(response, EventStream):
                await request.run_until_disconnect(_pump(send, first, chunks))
            else:
                send_piece, left = partial(_send_piece, send), request._get_inbox().wait_left  # noqa: SLF001 - ours
                async with LiveStream(request, send_piece, response.ping_interval, left):
                    await response.pump(first, send_piece, _rest, left=OSError)
        except ClientDisconnectedError as exc:
            request.departure = exc
            return response
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return response


def _send_piece(send: Send, piece: bytes) -> Awaitable[None]:
    return send({"type": "http.response.body", "body": piece, "more_body": True})


async def _rest(_: int) -> None:
    """Let others have a turn after some events."""
    await asyncio.sleep(0)


async def _pump(send: Send, first: bytes, chunks: AsyncIterator[bytes]) -> None:
    chunk: bytes | None = first
    sent = 0
    while chunk is not None:
        try:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except OSError as exc:
            # So servers say that the client has left (ASGI 2.4).
            raise ClientDisconnectedError("The client left.") from exc
        sent += 1
        if sent % PIECES_PER_TURN == 0:
            # Neither a generator nor a server need ever wait: others, and the news that the client left, get a turn.
            await asyncio.sleep(0)
        chunk = await anext(chunks, None)
