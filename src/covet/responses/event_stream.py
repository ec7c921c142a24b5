"""
Events for browsers: a stream without an end that is pinged, ends with the server, and is opened at once.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from typing import Final

from covet.exceptions import ResponseError
from covet.http.chunks import close_source, open_chunks
from covet.http.first_step import END, FirstStep
from covet.http.request import Request
from covet.http.response import HeaderSource
from covet.http.streamed_response import StreamedResponse
from covet.responses.server_sent_event import ServerSentEvent, check_retry, encode_data
from covet.tasks import BackgroundTasks

EVENT_STREAM: Final = "text/event-stream"
# How long the first event is waited for before the stream is opened without it: an error until then is answered.
OPENING_SECONDS: Final = 0.25
# Caches must not keep it, and proxies that know nginx's header must not collect it.
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStream(StreamedResponse):
    r"""
    A response of server-sent events.

    A handler that yields `ServerSentEvent`s and says so, `-> AsyncIterator[ServerSentEvent]`, needs no `EventStream`.

    It is opened a quarter of a second after it was begun at the latest, with or without a first event. When the client
    leaves, or the server stops, the source is cancelled where it waits: its `finally` runs.

    Args:
        content: An iterable, asynchronous or not, of `ServerSentEvent`; anything else in it is the data of one.
        headers: Further headers.
        ping: Seconds between two comments that keep the connection open; `None` sends none.
        retry: Milliseconds after which the browser comes back; sent when the stream is opened.
        background: What runs after it has ended.

    Raises:
        ResponseError: If the content is no iterable, or an option is out of range.

    Example:
        >>> async def count():
        ...     yield ServerSentEvent("one", id="1")
        ...     yield {"number": 2}
        >>> stream = EventStream(count(), retry=500)
        >>> [piece async for piece in stream.stream()]
        [b'retry: 500\n\n', b'id: 1\ndata: one\n\n', b'data: {"number":2}\n\n']
    """

    __slots__ = ("_first", "_head", "_ping", "_source")

    def __init__(
        self,
        content: AsyncIterable[object] | Iterable[object],
        headers: HeaderSource | None = None,
        *,
        ping: float | None = 15.0,
        retry: int | None = None,
        background: BackgroundTasks | None = None,
    ) -> None:
        if ping is not None and (isinstance(ping, bool) or not isinstance(ping, (int, float)) or not ping > 0):
            raise ResponseError(f"ping must be seconds, more than 0, or None, got {ping!r}.")
        self._ping = ping
        self._head = b"" if retry is None else b"retry: %d\n\n" % check_retry(retry)
        self._source = content
        self._first: FirstStep[object] | None = None
        # The base class checks what it gets; the items of this one are no pieces yet.
        super().__init__(content, 200, _HEADERS, EVENT_STREAM, background)  # type: ignore[arg-type]
        if headers is not None:
            self._take_headers(headers)

    @staticmethod
    def last_event_id(request: Request) -> str | None:
        """
        Tell which event a browser that comes back has seen last; `None` if it has seen none.

        A handler may take it as a parameter instead: `last_event_id: Annotated[str | None, Header()] = None`.

        Args:
            request: The request.

        Example:
            >>> EventStream.last_event_id(Request(headers={"last-event-id": "41"}))
            '41'
        """
        value = request.headers.get("last-event-id")
        # §9.2.3: it is sent in UTF-8; headers are read as Latin-1.
        return value.encode("latin-1", "replace").decode("utf-8", "replace") if value else None

    @property
    def ping_interval(self) -> float | None:
        """Seconds between two comments that keep the connection open; `None` for none."""
        return self._ping

    async def begin(self) -> None:
        """Wait for the first event, but not for long: an error until then can still be answered as one."""
        if self._first is not None or self._source == ():
            return
        source = open_chunks(self._source)
        self._source = source
        self._first = FirstStep(source)
        await self._first.wait(OPENING_SECONDS)

    async def take_first(self) -> object:
        """Wait for the first event, once the stream was begun; `END` if there is none."""
        return END if self._first is None else await self._first.finish()

    @property
    def items(self) -> AsyncIterator[object]:
        """The events behind the first one, as the source gives them."""
        # It was opened by `begin()`.
        return self._source  # type: ignore[return-value]

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        await self.begin()
        first = self._first
        if first is None:
            return
        # Something goes at once, so that the browser learns that the stream is open.
        yield self._head or b":\n\n"
        source = self._source
        item = await first.finish()
        if item is END:
            return
        yield encode_item(item)
        async for item in source:  # type: ignore[union-attr]
            yield encode_item(item)

    async def aclose(self) -> None:
        """Close the stream and what its events come from; again is no error."""
        opened, first, source = self._opened, self._first, self._source
        self._opened, self._first, self._source, self._chunks = None, None, (), ()
        if opened is not None:
            await opened.aclose()
        if first is not None:
            await first.aclose()
        await close_source(source)  # type: ignore[arg-type]


def encode_item(item: object) -> bytes:
    r"""
    Write an item of an event stream.

    Example:
        >>> encode_item("tea"), encode_item(ServerSentEvent(comment="hello"))
        (b'data: tea\n\n', b': hello\n\n')
    """
    return item.encode() if isinstance(item, ServerSentEvent) else encode_data(item)
