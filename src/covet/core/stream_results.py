"""
What becomes of a handler's generator: bytes as they are, events, or lines of JSON, by what the handler says it yields.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args

from covet.exceptions import NotAcceptableError
from covet.http.request import Request
from covet.http.streamed_response import StreamedResponse
from covet.introspection import origin_of, type_name, unalias
from covet.responses.event_stream import EVENT_STREAM, EventStream
from covet.responses.json_lines import JSON_LINES, NDJSON, JSONLines
from covet.responses.server_sent_event import ServerSentEvent
from covet.serialization import negotiate, parse_media_type

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
    item = _find_item(annotation)
    if plain in (*_LINES, EVENT_STREAM):
        # Text and bytes are written out by the handler itself, whatever their media type.
        return () if item in _PIECES or item is None else (plain,)
    if item is None or plain is not None:
        return ()
    parts = list(_list_parts(item))
    if any(isinstance(part, type) and issubclass(part, ServerSentEvent) for part in parts):
        return (EVENT_STREAM,)
    return _LINES if all(map(_is_value, parts)) else ()


# Any: as above.
def check_stream(annotation: Any, media_type: str | None) -> tuple[str, str] | None:
    """
    Say what is wrong with a stream of which some pieces could not be sent, and the mend; `None` if nothing is.

    Args:
        annotation: The handler's return annotation.
        media_type: The route's media type, if it has one.

    Example:
        >>> check_stream(AsyncIterator[int | str], None)[0]
        'It yields both text and values, int | str: text is sent as it is, values are lines of JSON.'
    """
    item = _find_item(annotation)
    if item is None or origin_of(annotation) is Iterable or find_offers(annotation, media_type):
        # What is no more than iterable, such as a list, may be no stream.
        return None
    parts = list(_list_parts(item))
    values = [part for part in parts if _is_value(part)]
    if not values:
        return None
    if media_type is not None:
        return (
            f"It yields values, {type_name(item)}, which a stream of {media_type} cannot carry.",
            "Yield str or bytes; without media_type values are lines of JSON.",
        )
    return (
        f"It yields both text and values, {type_name(item)}: text is sent as it is, values are lines of JSON.",
        "Yield one of them, or write media_type='application/jsonl' for lines of JSON alone.",
    )


# Any: as above.
def _list_parts(item: Any) -> Iterator[Any]:
    """List the members of a union and what literals are."""
    item = unalias(item)
    origin = origin_of(item)
    if origin is Annotated:
        yield from _list_parts(get_args(item)[0])
    elif origin in (Union, UnionType):
        for part in get_args(item):
            yield from _list_parts(part)
    elif origin is Literal:
        yield from map(type, get_args(item))
    else:
        yield item


# Any: as above.
def _is_value(part: Any) -> bool:
    """Tell whether something is written as JSON: all that is neither a piece of a body nor unknown."""
    kind = origin_of(part) or part
    return isinstance(kind, type) and kind not in (Any, object) and not issubclass(kind, _PIECES)


# Any: as above.
def _find_item(annotation: Any) -> Any:
    """Find what an iterator gives; `None` if it does not say."""
    if origin_of(annotation) not in _SOURCES:
        return None
    arguments = get_args(annotation)
    return arguments[0] if arguments else None
