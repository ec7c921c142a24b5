"""
RSGI: the other of the two thin adapters, Granian's own protocol. This is the side of the request.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Self

from covet.core.compiled_route import CompiledRoute
from covet.core.disconnects import is_done_soon, run_against
from covet.core.rsgi_body import RSGIBody
from covet.core.rsgi_types import RSGIProtocol, RSGIScope
from covet.exceptions import ClientDisconnectedError, URITooLongError
from covet.http.headers import Headers
from covet.http.limits import MAX_HEADERS, MAX_HEADERS_SIZE, MAX_QUERY_SIZE, check_headers_size
from covet.http.percent import encode_path
from covet.http.request import Address, Request
from covet.http.state import State


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
    departure: ClientDisconnectedError | None
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
        self.scheme = scope.scheme
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
        self._cookies = self._named_host = self._url = self.departure = None
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
