"""
What a handler returned becomes a response: by a table of types, looked up once per route where possible.
"""

from collections.abc import AsyncIterable, Iterator
from typing import Any, get_args

from covet.core.route import Route
from covet.core.stream_results import SAFE_METHODS, StreamForm, check_stream
from covet.exceptions import HTTPError, NotAcceptableError, ResponseError, RouteError
from covet.http.request import Request
from covet.http.response import BYTES, JSON, TEXT, Response, check_status, has_no_body
from covet.introspection import CallableInfo, origin_of
from covet.serialization import JSONSerializer, Serializer, SerializerTable, encode_json, load_json_encoder
from covet.validation import is_model


class ResultConverter:
    """
    Turn the results of one route into responses.

    Args:
        route: The route: its `status_code` and `media_type` are the defaults.
        info: What the handler's signature says.
        serializers: The formats on offer, the preferred one first.

    Attributes:
        status_code: The status of results that name none.
        json_types: The types that are JSON without further thought, if the client accepts JSON.
        expected: The one of them that the handler says it returns; `dict` if it does not say.
        is_annotated: Whether it says so.
        streams: The form of the streams.
        varies: The client has a choice of formats, so that the answers that use them depend on its `Accept`.
        accepted: `Accept` headers that were found to want JSON, as text: those of the table, for all routes.
        accepted_bytes: The same as bytes.

    Raises:
        RouteError: If the handler says that it streams what cannot be sent.
    """

    __slots__ = (
        "_media_type",
        "_serializers",
        "accepted",
        "accepted_bytes",
        "encode_json",
        "expected",
        "is_annotated",
        "json_types",
        "status_code",
        "streams",
        "varies",
    )

    def __init__(self, route: Route, info: CallableInfo, serializers: SerializerTable) -> None:
        self.status_code = 200 if route.status_code is None else check_status(route.status_code)
        self._media_type = route.media_type
        self._serializers = serializers
        # RFC 9110 §12.5.5: JSON depends on the header as much as what others get in its place.
        self.varies = route.media_type is None and len(serializers.media_types) > 1
        own = serializers.find(JSON)
        self.encode_json = (
            encode_json if type(own) is JSONSerializer and own.encode is load_json_encoder() else own.serialize
        )
        problem = check_stream(info.return_annotation, route.media_type)
        if problem is not None:
            raise RouteError(problem[0], route=str(route), hint=problem[1])
        self.streams = StreamForm(info.return_annotation, route.media_type, encode=self.encode_json)
        self.json_types = frozenset({dict, list, *_find_models(info.return_annotation)})
        said = origin_of(info.return_annotation) or info.return_annotation
        self.is_annotated = said in self.json_types
        self.expected = said if self.is_annotated else dict
        self.accepted = serializers.accepted
        self.accepted_bytes = serializers.accepted_bytes

    @property
    def is_plain(self) -> bool:
        """Whether nothing about this route asks for more than the usual formats."""
        return self._media_type is None and not has_no_body(self.status_code)

    # Any: a handler may return anything.
    def convert(self, request: Request, result: Any) -> Response:
        """
        Turn a result into a response.

        `Response` stays; `None` is 204; `str` is text; `bytes` is binary; `(value, status)` and `(value, status,
        headers)` are taken apart; a generator is streamed; everything else goes to the serializer that the client
        prefers.

        Raises:
            NotAcceptableError: If the client accepts none of the formats, and nothing was done for it: the method is
                a safe one.
            ResponseError: If the status or a header cannot be carried, or the value not be written.
        """
        if isinstance(result, Response):
            # A length that is not the body's is found here, where the middleware is still around.
            result.check_length()
            return result
        if isinstance(result, tuple) and _is_answer(result):
            return self._convert_answer(request, result, self._media_type)
        return self._convert_value(request, result, self.status_code, self._media_type)

    @property
    def is_negotiated(self) -> bool:
        """Whether the handler says that it returns what has to be written in a format that the client accepts."""
        return self.is_plain and self.is_annotated

    def check_accept(self, request: Request) -> None:
        """
        Refuse a client that accepts none of the formats, before the handler does any work for it.

        Raises:
            NotAcceptableError: If so.
        """
        accept = request.headers.get("accept")
        if accept is not None and self._serializers.choose(accept).media_type == JSON:
            self._serializers.remember_json(accept)

    # Any: as above.
    def convert_error(self, request: Request, result: Any, status_code: int) -> Response:
        """
        Turn what an exception handler returned into a response.

        The route's `status_code` and `media_type` are those of its results; here the error's status is the
        default, and a client that accepts none of the formats gets JSON: better than not to learn of the error.

        Args:
            request: The request.
            result: What the exception handler returned.
            status_code: The status if it names none.

        Raises:
            ResponseError: If the status or a header cannot be carried, or the value not be written.
        """
        if isinstance(result, Response):
            result.check_length()
            return result
        answer = result if isinstance(result, tuple) and _is_answer(result) else (result, status_code)
        try:
            return self._convert_answer(request, answer, None)
        except NotAcceptableError:
            written = self._mark(Response(self.encode_json(answer[0]), media_type=JSON))
            return self._convert_answer(request, (written, *answer[1:]), None)

    def _convert_answer(self, request: Request, answer: tuple[Any, ...], media_type: str | None) -> Response:
        response = self._convert_value(request, answer[0], check_status(answer[1]), media_type)
        if len(answer) == 3:
            response._take_headers(answer[2] or {})  # noqa: SLF001 - the same noun
        return response

    def _convert_value(self, request: Request, value: Any, status_code: int, media_type: str | None) -> Response:
        if isinstance(value, Response):
            value.status_code = status_code
            return value
        if has_no_body(status_code):
            return Response(None, status_code)
        if value is None:
            return Response(None, 204 if status_code == 200 else status_code)
        if isinstance(value, str):
            return Response(value, status_code, media_type=media_type or TEXT)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return Response(bytes(value), status_code, media_type=media_type or BYTES)
        if isinstance(value, (AsyncIterable, Iterator)) and not is_model(type(value)):
            return self.streams.make(request, value, status_code)
        if media_type is not None:
            return Response(self._find_serializer(media_type).serialize(value), status_code, media_type=media_type)
        accept = request.headers.get("accept")
        if accept in self.accepted:
            return self._mark(Response(self.encode_json(value), status_code, media_type=JSON))
        try:
            serializer = self._serializers.choose(accept)
        except NotAcceptableError:
            if request.method in SAFE_METHODS:
                raise
            # The work is done: whoever is told 406 would do it again. RFC 9110 §12.5.1 lets the header be disregarded.
            serializer = self._serializers.choose(None)
        else:
            if serializer.media_type == JSON and accept is not None:
                self._serializers.remember_json(accept)
        return self._mark(Response(serializer.serialize(value), status_code, media_type=serializer.media_type))

    def _mark(self, response: Response) -> Response:
        if self.varies:
            response.headers.add_vary("Accept")
        return response

    def _find_serializer(self, media_type: str) -> Serializer:
        try:
            return self._serializers.find(media_type)
        except HTTPError as exc:
            raise ResponseError(
                f"The route's media_type {media_type!r} has no serializer.",
                hint="Return str or bytes, or register a serializer for it.",
            ) from exc


def _is_answer(result: tuple[Any, ...]) -> bool:
    """Tell `(value, status)` and `(value, status, headers)` from a tuple that is itself the value."""
    if hasattr(result, "_fields"):
        return False
    if len(result) not in (2, 3) or not isinstance(result[1], int) or isinstance(result[1], bool):
        return False
    if not 200 <= result[1] <= 599:
        # Two or three numbers, such as a point, are a value; everything else was meant to have a status.
        return not isinstance(result[0], (int, float))
    return len(result) == 2 or result[2] is None or isinstance(result[2], (dict, list))


def _find_models(annotation: Any) -> list[type]:
    found = [annotation] if isinstance(annotation, type) and is_model(annotation) else []
    origin = origin_of(annotation)
    if isinstance(origin, type) and is_model(origin):
        found.append(origin)
    if not found and not (isinstance(origin, type) and issubclass(origin, (list, dict))):
        for item in get_args(annotation):
            found += _find_models(item)
    return [item for item in found if isinstance(item, type)]
