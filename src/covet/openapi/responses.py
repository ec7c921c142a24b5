"""
Responses of operations, from what handlers are annotated to return.

The rules are those by which results become responses (`covet.core.results`): `None` is 204, a text is text/plain,
`(value, status)` is taken apart, everything else goes through the formats on offer.
"""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import GenericAlias, NoneType, UnionType
from typing import Any, Final, Literal, NewType, Union, get_args

from covet.core.stream_results import find_offers
from covet.error_text import phrase_of
from covet.http.response import Response, has_no_body
from covet.introspection import Annotation, origin_of, split_annotated, unalias
from covet.openapi.components import Components, Object, join_types
from covet.responses.event_stream import EVENT_STREAM
from covet.types import UNSET
from covet.validation import is_model

TEXT: Final = "text/plain"
BYTES: Final = "application/octet-stream"
# What a file is depends on its name.
ANYTHING: Final = "*/*"
ANY_SUCCESS: Final = "2XX"
"""The status of a result that says it by a number which nobody can know before."""

# By the names of the classes: the status that they have unless told otherwise, and their media type.
_CLASSES: Final[dict[str, tuple[str, str | None]]] = {
    "JSONResponse": ("200", "application/json"),
    "PlainTextResponse": ("200", TEXT),
    "HTMLResponse": ("200", "text/html"),
    "RedirectResponse": ("3XX", None),
    "EventStream": ("200", "text/event-stream"),
    "JSONLines": ("200", "application/jsonl"),
    "FileResponse": ("200", ANYTHING),
    "StreamedResponse": ("200", BYTES),
}
_STREAMS: Final = (Iterator, AsyncIterator)
_BINARY: Final = frozenset({BYTES, ANYTHING})


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    One way in which a handler may end well.

    Attributes:
        status: The status, or a range such as `"2XX"`.
        annotation: The type of the value; `UNSET` if there is nothing to say about it.
        media_type: The media type; `None` for each of the formats on offer, an empty text for no body.
    """

    status: str
    annotation: Annotation = UNSET
    media_type: str | None = None


# Any: an annotation may be any object.
def list_outcomes(annotation: Any, *, status_code: int | None = None, media_type: str | None = None) -> list[Outcome]:
    """
    List what a return annotation says about the responses.

    Args:
        annotation: What the handler is annotated to return; `UNSET` if it says nothing.
        status_code: The route's status, for results that name none.
        media_type: The route's media type, for results that name none.

    Example:
        >>> [(outcome.status, outcome.media_type) for outcome in list_outcomes(str | None)]
        [('200', 'text/plain'), ('204', '')]
        >>> [outcome.status for outcome in list_outcomes(tuple[dict[str, int], Literal[201, 202]])]
        ['201', '202']
    """
    if annotation is UNSET or annotation in (Any, object):
        status = "2XX" if status_code is None else str(status_code)
        return [Outcome(status, media_type=media_type if media_type is not None else "")]
    found: list[Outcome] = []
    for member in _members(annotation):
        found += _read_answer(member, status_code, media_type)
    return list(dict.fromkeys(found))


def write_responses(
    outcomes: Sequence[Outcome], media_types: Sequence[str], components: Components, description: str = ""
) -> Object:
    """
    Describe the responses of some outcomes, by status.

    Args:
        outcomes: The outcomes.
        media_types: The formats on offer.
        components: Where models are defined.
        description: What is said about the result.
    """
    by_status: dict[str, dict[str, list[Annotation]]] = {}
    for outcome in outcomes:
        content = by_status.setdefault(outcome.status, {})
        if outcome.media_type == "":
            continue
        for media_type in media_types if outcome.media_type is None else (outcome.media_type,):
            content.setdefault(media_type, []).append(outcome.annotation)
    return {
        status: _write_response(content, components, description or describe_status(status))
        for status, content in by_status.items()
    }


def describe_status(status: str) -> str:
    """
    Say in a few words what a status means.

    Example:
        >>> describe_status("404"), describe_status("2XX"), describe_status("default")
        ('Not Found', 'Success', 'What the handler answers')
    """
    if status.isdecimal():
        return phrase_of(int(status))
    return {"2XX": "Success", "3XX": "Redirection"}.get(status, "What the handler answers")


def write_content(annotation: Annotation, media_type: str, components: Components) -> Object:
    """Describe what is sent in one media type."""
    return _write_media([annotation], media_type, components)


def _write_response(content: dict[str, list[Annotation]], components: Components, description: str) -> Object:
    written: Object = {"description": description}
    if content:
        written["content"] = {
            media_type: _write_media(annotations, media_type, components) for media_type, annotations in content.items()
        }
    return written


def _write_media(annotations: Sequence[Annotation], media_type: str, components: Components) -> Object:
    if media_type in _BINARY:
        # OpenAPI 3.1, §4.8.14.3: binary content has no schema.
        return {}
    if media_type.startswith("text/"):
        return {"schema": {"type": "string"}}
    known = [annotation for annotation in annotations if annotation is not UNSET]
    if not known:
        return {}
    return {"schema": components.write_output(join_types(known))}


def _members(annotation: Annotation) -> list[Annotation]:
    """List what stands between the bars, behind aliases, metadata and awaitables."""
    inner, _ = split_annotated(annotation)
    inner = unalias(inner)
    origin, arguments = origin_of(inner), get_args(inner)
    if origin in (Union, UnionType):
        return [member for argument in arguments for member in _members(argument)]
    if origin is not None and origin in (Awaitable, Coroutine) and arguments:
        return _members(arguments[-1])
    if isinstance(inner, NewType):
        return _members(inner.__supertype__)
    return [annotation if inner is NoneType or inner is None else _keep(annotation, inner)]


def _keep(annotation: Annotation, inner: Annotation) -> Annotation:
    # Metadata are bounds of the value: they stay in the schema.
    return annotation if split_annotated(annotation)[1] else inner


def _read_answer(annotation: Annotation, status_code: int | None, media_type: str | None) -> list[Outcome]:
    arguments = get_args(annotation)
    if origin_of(annotation) is tuple and len(arguments) in (2, 3) and _is_answer(arguments):
        statuses = get_args(arguments[1]) if origin_of(arguments[1]) is Literal else (ANY_SUCCESS,)
        return [
            outcome
            for status in statuses
            for member in _members(arguments[0])
            for outcome in _read_value(member, str(status), media_type)
        ]
    return _read_value(annotation, None if status_code is None else str(status_code), media_type)


def _is_answer(arguments: Sequence[Annotation]) -> bool:
    """Tell `(value, status)` and `(value, status, headers)` from a tuple that is itself the value."""
    status = arguments[1]
    is_literal = origin_of(status) is Literal and all(_is_status(value) for value in get_args(status))
    # Two numbers may be a point: what the status may be has to be said then.
    if not (is_literal or (status is int and arguments[0] not in (int, float))):
        return False
    if len(arguments) == 2:
        return True
    headers = [origin_of(member) or member for member in _members(arguments[2])]
    return all(member in (dict, list, NoneType, None) for member in headers)


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599


def _read_value(annotation: Annotation, status: str | None, media_type: str | None) -> list[Outcome]:
    inner = unalias(split_annotated(annotation)[0])
    cls = origin_of(inner) or inner
    if isinstance(cls, type) and issubclass(cls, Response):
        return _read_response(cls, status, media_type)
    if inner is None or inner is NoneType:
        return [Outcome(status or "204", NoneType, "")]
    chosen = status or "200"
    if chosen.isdecimal() and has_no_body(int(chosen)):
        return [Outcome(chosen, UNSET, "")]
    if _is_text(inner, cls, str):
        return [Outcome(chosen, annotation, media_type or TEXT)]
    if _is_text(inner, cls, bytes) or cls in (bytearray, memoryview):
        return [Outcome(chosen, UNSET, media_type or BYTES)]
    if _is_stream(cls):
        return _read_stream(inner, chosen, media_type)
    return [Outcome(chosen, annotation, media_type)]


def _read_stream(annotation: Annotation, status: str, media_type: str | None) -> list[Outcome]:
    """Read what a handler yields, by the same rule as what makes a response of it."""
    offers = find_offers(annotation, media_type)
    if not offers:
        return [Outcome(status, UNSET, media_type or BYTES)]
    if offers == (EVENT_STREAM,):
        # Events have no other status.
        return [Outcome("200", UNSET, EVENT_STREAM)]
    # Lines are described as the array of their values, as OpenAPI 3.2 does, which has a word for such a sequence.
    lines = GenericAlias(list, get_args(annotation)[:1])
    return [Outcome(status, lines, offer) for offer in offers]


def _read_response(cls: type, status: str | None, media_type: str | None) -> list[Outcome]:
    usual, own = next((_CLASSES[base.__name__] for base in cls.__mro__ if base.__name__ in _CLASSES), ("default", None))
    if own in (None, *_BINARY) and not usual.startswith("3"):
        # Only its author knows what is in it.
        own = media_type or own
    found = [Outcome(status or usual, UNSET, own or "")]
    if is_file(cls) and found[0].status == "200":
        found += [Outcome("206", UNSET, own), Outcome("304", UNSET, "")]
    return found


def answers_files(annotation: Annotation) -> bool:
    """
    Tell whether a handler may answer with a file, whose requests may have conditions and ranges.

    Example:
        >>> from covet.responses import FileResponse
        >>> answers_files(FileResponse | None), answers_files(Response)
        (True, False)
    """
    return annotation is not UNSET and any(is_file(origin_of(member) or member) for member in _members(annotation))


def is_file(cls: Annotation) -> bool:
    """Tell whether a class is `FileResponse`, or one that is made of it."""
    return isinstance(cls, type) and any(base.__name__ == "FileResponse" for base in cls.__mro__)


def _is_text(inner: Annotation, cls: Annotation, wanted: type) -> bool:
    if origin_of(inner) is Literal:
        return all(isinstance(value, wanted) for value in get_args(inner))
    return isinstance(cls, type) and issubclass(cls, wanted)


def _is_stream(cls: Annotation) -> bool:
    if not isinstance(cls, type) or is_model(cls):
        return False
    return issubclass(cls, _STREAMS) or cls in (AsyncIterable, Iterable)
