"""
ASGI 3: one of the two thin adapters. This is the side of the request.

The scope is trusted to be what the specification says.
"""

from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Final, Self

from covet.core.afterwards import close_at_end
from covet.core.compiled_route import CompiledRoute
from covet.core.disconnects import Inbox, run_against
from covet.deadlines import resume
from covet.exceptions import ClientDisconnectedError, URITooLongError
from covet.http.headers import Headers
from covet.http.limits import MAX_HEADERS, MAX_HEADERS_SIZE, MAX_QUERY_SIZE, check_headers_size
from covet.http.percent import encode_path
from covet.http.request import Address, Request
from covet.http.state import State
from covet.types import Message, Receive, Scope, Send

_new_address: Final = tuple.__new__
# The ASGI extension by which a server says that it sends them, and the message.
_EARLY_HINT: Final = "http.response.early_hint"


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


class MeasuredHeaders(ASGIHeaders):
    """
    The headers of a request that came over ASGI, taken before anybody asks: no name came twice, and they are not large.

    Attributes:
        get_bytes: What the base says of it.
    """

    # PERF: looking into the mapping itself is a third of a call of the base's (benchmarks/production.py).
    __slots__ = ("get_bytes",)


class ASGIRequest(Request):
    """
    A request that came over ASGI.

    Attributes:
        departure: What ended the answer early, if the client left while it was sent.
    """

    __slots__ = ("_inbox", "_receive", "_scope", "_send", "departure")

    _inbox: Inbox | None
    # `None` once the response has begun.
    _send: Send | None
    departure: ClientDisconnectedError | None

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
        is_measured: bool = False,
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
            is_measured: Whether somebody found, too, that they are not too large.
        """
        self.method = scope["method"]
        self.scheme = scope.get("scheme", "http")
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
        self._body = self._client = self._deferred = self._inbox = None
        self._cookies = self._named_host = self._url = self.departure = None
        if is_measured and raw_headers:
            self.headers = measured = MeasuredHeaders()
            measured._raw = raw_headers  # noqa: SLF001 - a constructor
            measured._index = None  # noqa: SLF001
            measured.get_bytes = raw_headers.get
            return self
        self.headers = headers = ASGIHeaders()
        headers._raw = headers._index = None  # noqa: SLF001
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

    def _read_client(self) -> Address | None:
        client = self._scope.get("client")
        if not client:
            return None
        # PERF: nearly every server gives two values of the right type, and the base makes the address of them at half
        # the cost (benchmarks/onion.py).
        if len(client) == 2 and client[1].__class__ is int and client[0]:
            return _new_address(Address, client)
        return make_address(*client)

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
        inbox = self._inbox
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
        inbox = self._inbox
        if inbox is None:
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
