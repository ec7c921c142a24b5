"""
What becomes of a handler's generator: bytes as they are, events, or lines of JSON, by what the handler says it yields.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Any, Final, get_args

from covet.exceptions import NotAcceptableError
from covet.http.request import Request
from covet.http.streamed_response import StreamedResponse
from covet.introspection import origin_of
from covet.responses.event_stream import EVENT_STREAM, EventStream
from covet.responses.json_lines import JSON_LINES, NDJSON, JSONLines
from covet.responses.server_sent_event import ServerSentEvent
from covet.serialization import negotiate, parse_media_type
from covet.validation import is_model

# RFC 9110 §9.2.1, as far as a route answers them.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_LINES: Final = (JSON_LINES, NDJSON)
_SOURCES: Final = (AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator)
# What is a piece of a body by itself.
_PIECES: Final = (str, bytes, bytearray, memoryview)


class StreamForm:
    """
    The form of the streams that a route answers with.

    Args:
        annotation: What the handler says that it returns.
        media_type: The route's own media type, which settles it.
        encode: Writes a value as JSON.

    Attributes:
        offers: The media types that a client may choose from; empty for streams of bytes and text.

    Example:
        >>> StreamForm(AsyncIterator[ServerSentEvent], None, encode=str.encode).offers
        ('text/event-stream',)
    """

    __slots__ = ("_encode", "_media_type", "offers")

    # Any: whatever an annotation may be.
    def __init__(self, annotation: Any, media_type: str | None, *, encode: Callable[[object], bytes]) -> None:
        self._media_type = media_type
        self._encode = encode
        self.offers = find_offers(annotation, media_type)

    # Any: the handler's own iterator.
    def make(self, request: Request, source: Any, status_code: int) -> StreamedResponse:
        """
        Make the response of a stream.

        Args:
            request: The request, which may choose between forms.
            source: What the handler gave.
            status_code: The status; events have none but 200.

        Raises:
            NotAcceptableError: If the client accepts none of the forms.
        """
        if not self.offers:
            return StreamedResponse(source, status_code, media_type=self._media_type)
        chosen = self._media_type
        if chosen is None:
            chosen = negotiate(request.headers.get("accept"), self.offers)
            if chosen is None:
                if request.method in SAFE_METHODS:
                    raise NotAcceptableError(self.offers)
                # As with other results: what was done is told, rather than done again.
                chosen = self.offers[0]
        if self.offers == (EVENT_STREAM,):
            return EventStream(source)
        response = JSONLines(source, status_code, media_type=chosen, encode=self._encode)
        if self._media_type is None:
            response.headers.add_vary("Accept")
        return response


# Any: as above.
def find_offers(annotation: Any, media_type: str | None = None) -> tuple[str, ...]:
    """
    Find the media types of a stream by what its handler says that it yields.

    Args:
        annotation: The handler's return annotation.
        media_type: The route's media type, if it has one.

    Returns:
        The media types, the preferred one first; empty if it yields pieces of a body, or does not say.

    Example:
        >>> find_offers(AsyncIterator[dict[str, int]]), find_offers(AsyncIterator[bytes])
        (('application/jsonl', 'application/x-ndjson'), ())
    """
    plain = None if media_type is None else parse_media_type(media_type)[0]
    if plain in (*_LINES, EVENT_STREAM):
        # Text and bytes are written out by the handler itself, whatever their media type.
        is_written = _find_item(annotation) in _PIECES or _find_item(annotation) is None
        return () if is_written else (plain,)
    item = _find_item(annotation)
    if item is None or item in _PIECES or plain is not None:
        return ()
    if any(isinstance(part, type) and issubclass(part, ServerSentEvent) for part in (item, *get_args(item))):
        return (EVENT_STREAM,)
    is_json = _is_json(item)
    if not is_json and get_args(item):
        # A union, such as of two models.
        is_json = all(map(_is_json, get_args(item)))
    return _LINES if is_json else ()


# Any: as above.
def _is_json(item: Any) -> bool:
    origin = origin_of(item) or item
    return isinstance(origin, type) and (is_model(origin) or origin in (dict, list))


def _find_item(annotation: Any) -> Any:
    """Find what an iterator gives; `None` if it does not say."""
    if origin_of(annotation) not in _SOURCES:
        return None
    arguments = get_args(annotation)
    return arguments[0] if arguments else None
