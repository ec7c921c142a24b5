"""
What a route's answer is like, as far as its signature says.
"""

from collections.abc import AsyncIterable, Iterator
from typing import Any

from covet.core.compiled_route import CompiledRoute
from covet.exceptions import ConfigurationError
from covet.http.response import BYTES, TEXT, Response, has_no_body
from covet.introspection import Annotation, origin_of, type_name
from covet.registry import Registry
from covet.serialization import Serializer
from covet.types import UNSET
from covet.validation import make_json_schema


def explain_response(compiled: CompiledRoute, serializers: Registry[Serializer]) -> dict[str, object]:
    """
    Say what a route answers when nothing goes wrong: status, media types, type, JSON Schema, and a sentence.

    Args:
        compiled: The route.
        serializers: The formats on offer, the preferred one first.
    """
    info, status = compiled.plan.info, compiled.results.status_code
    annotation = info.return_annotation
    kinds, schema, words = _describe(annotation, list(serializers))
    if info.is_generator or info.is_async_generator:
        kinds, schema, words = [], None, "what the generator yields is streamed"
    if compiled.route.media_type is not None and kinds:
        kinds = [compiled.route.media_type]
    if annotation is type(None) and status == 200:
        status = 204
    if has_no_body(status):
        kinds, schema, words = [], None, "there is no body"
    return {
        "status": status,
        "media_types": kinds,
        "type": None if annotation is UNSET else type_name(annotation),
        "schema": schema,
        "note": words,
    }


# Any: as JSON Schema has it.
def _describe(annotation: Annotation, formats: list[str]) -> tuple[list[str], dict[str, Any] | None, str]:
    if annotation is UNSET:
        return formats, None, "the handler does not say what it returns"
    if annotation is type(None):
        return [], None, "there is no body"
    cls = origin_of(annotation) or annotation
    if isinstance(cls, type):
        if issubclass(cls, Response):
            return [], None, "the handler makes the response"
        if issubclass(cls, str):
            return [TEXT], None, "text as it is"
        if issubclass(cls, bytes | bytearray | memoryview):
            return [BYTES], None, "bytes as they are"
        if issubclass(cls, AsyncIterable | Iterator):
            return [], None, "it is streamed"
    try:
        return formats, make_json_schema(annotation), ""
    except ConfigurationError as exc:
        return formats, None, f"there is no schema of it: {exc.message}"
