"""
What Schemathesis has to be told to test applications of CovetPy: a format, and what JSON Schema cannot say.

Loaded by its command through `SCHEMATHESIS_HOOKS`.
"""

from typing import Any

import msgspec
import schemathesis
from schemathesis.transport.requests import REQUESTS_TRANSPORT, multipart_serializer


@schemathesis.serializer("application/msgpack")
def write_msgpack(context: Any, value: Any) -> bytes:
    """
    Write a body, unless it is bytes already.
    """
    return value if isinstance(value, bytes) else msgspec.msgpack.encode(clamp(value))


def clamp(value: Any) -> Any:
    """
    Replace integers that the format has no room for, at any depth, and lone surrogates, which are no text.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**63), min(value, 2**64 - 1))
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clamp(key): clamp(item) for key, item in value.items()}
    return [clamp(item) for item in value] if isinstance(value, list) else value


@schemathesis.deserializer("application/msgpack")
def read_msgpack(context: Any, response: Any) -> Any:
    """
    Read a response, so that it is compared with its schema.
    """
    return msgspec.msgpack.decode(response.content)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """
    Spell whole numbers without a point: 1.0 is an integer for JSON Schema, and none here.
    """
    return spell(body)


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """
    Do the same with the query.
    """
    return spell(query)


def spell(value: Any) -> Any:
    """
    Replace floats without a fraction by integers, at any depth.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: spell(item) for key, item in value.items()}
    return [spell(item) for item in value] if isinstance(value, list) else value


@REQUESTS_TRANSPORT.serializer("multipart/form-data")
def write_multipart(context: Any, value: Any) -> Any:
    """
    Leave out parts whose names have a control character: they are refused, and no schema says so.
    """
    if isinstance(value, dict):
        value = {name: item for name, item in value.items() if name.isprintable()}
    return multipart_serializer(context, value)


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: Any) -> None:
    """
    Leave objects in multipart forms to our own tests: Schemathesis writes them as JSON, whatever `encoding` says.

    Files may be anything, too: it takes the texts of numbers for something else than bytes. And an empty text in a
    query stands for none where there is a default; OpenAPI's word for that is discouraged, so documents lack it.
    """
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and not parameter.get("required"):
                    parameter["allowEmptyValue"] = True
            content = operation.get("requestBody", {}).get("content", {})
            multipart = content.get("multipart/form-data", {})
            if "encoding" in multipart:
                del content["multipart/form-data"]
            for part in multipart.get("schema", {}).get("properties", {}).values():
                file = part.get("items", part)
                if file.get("format") == "binary":
                    file.clear()
                    file["contentMediaType"] = "application/octet-stream"
