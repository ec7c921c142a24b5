"""
What a handler returned becomes a response: by a table of types, looked up once per route where possible.
"""

from collections.abc import AsyncIterable, Iterator
from typing import Any, Final, get_args

from covet.core.route import Route
from covet.http.request import Request
from covet.http.response import BYTES, JSON, TEXT, Response, StreamedResponse, check_status, has_no_body
from covet.introspection import CallableInfo, origin_of
from covet.serialization import JSONSerializer, SerializerTable, encode_json, load_json_encoder
from covet.validation import is_model

_MAX_REMEMBERED: Final = 1024


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
        accepted: `Accept` headers that were found to want JSON, as text and as bytes. Bounded.
    """

    __slots__ = (
        "_media_type",
        "_serializers",
        "accepted",
        "accepted_bytes",
        "encode_json",
        "json_types",
        "status_code",
    )

    def __init__(self, route: Route, info: CallableInfo, serializers: SerializerTable) -> None:
        self.status_code = 200 if route.status_code is None else check_status(route.status_code)
        self._media_type = route.media_type
        self._serializers = serializers
        own = serializers.find(JSON)
        self.encode_json = (
            encode_json if type(own) is JSONSerializer and own.encode is load_json_encoder() else own.serialize
        )
        self.json_types = frozenset({dict, list, *_find_models(info.return_annotation)})
        self.accepted: set[str] = {JSON, "*/*"}
        self.accepted_bytes: set[bytes] = {item.encode() for item in self.accepted}

    @property
    def is_plain(self) -> bool:
        """Whether nothing about this route asks for more than the usual formats."""
        return self._media_type is None and not has_no_body(self.status_code)

    def remember(self, accept: str) -> None:
        """Note an `Accept` header that wants JSON."""
        if len(self.accepted) < _MAX_REMEMBERED and len(accept) <= 256:
            self.accepted.add(accept)
            self.accepted_bytes.add(accept.encode("latin-1", "replace"))

    # Any: a handler may return anything.
    def convert(self, request: Request, result: Any) -> Response:
        """
        Turn a result into a response.

        `Response` stays; `None` is 204; `str` is text; `bytes` is binary; `(value, status)` and `(value, status,
        headers)` are taken apart; a generator is streamed; everything else goes to the serializer that the client
        prefers.

        Raises:
            NotAcceptableError: If the client accepts none of the formats.
            ResponseError: If the status or a header cannot be carried, or the value not be written.
        """
        if isinstance(result, Response):
            # A length that is not the body's is found here, where the middleware is still around.
            result.check_length()
            return result
        if isinstance(result, tuple) and not hasattr(result, "_fields") and _is_answer(result):
            response = self._convert_value(request, result[0], check_status(result[1]))
            if len(result) == 3:
                response._take_headers(result[2] or {})  # noqa: SLF001 - the same noun
            return response
        return self._convert_value(request, result, self.status_code)

    def _convert_value(self, request: Request, value: Any, status_code: int) -> Response:
        if isinstance(value, Response):
            value.status_code = status_code
            return value
        if has_no_body(status_code):
            return Response(None, status_code)
        if value is None:
            return Response(None, 204 if status_code == 200 else status_code)
        if isinstance(value, str):
            return Response(value, status_code, media_type=self._media_type or TEXT)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return Response(bytes(value), status_code, media_type=self._media_type or BYTES)
        if isinstance(value, (AsyncIterable, Iterator)) and not is_model(type(value)):
            return StreamedResponse(value, status_code, media_type=self._media_type)
        return self._serialize(request, value, status_code)

    def _serialize(self, request: Request, value: Any, status_code: int) -> Response:
        if self._media_type is not None:
            body = self._serializers.find(self._media_type).serialize(value)
            return Response(body, status_code, media_type=self._media_type)
        accept = request.headers.get("accept")
        if accept is None or accept in self.accepted:
            return Response(self.encode_json(value), status_code, media_type=JSON)
        serializer = self._serializers.choose(accept)
        if serializer.media_type == JSON:
            self.remember(accept)
        response = Response(serializer.serialize(value), status_code, media_type=serializer.media_type)
        if serializer.media_type != JSON:
            # JSON is what everybody gets who asks for nothing else; only the others depend on the header.
            response.headers.add_vary("Accept")
        return response


def _is_answer(result: tuple[Any, ...]) -> bool:
    """Tell `(value, status)` and `(value, status, headers)` from a tuple that is itself the value."""
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
