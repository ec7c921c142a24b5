"""
Formats: values to bytes and back, and which format a client wants.

It must never know HTTP beyond media types: requests and responses live in `covet.http`.
"""

from covet.serialization.contract import SerializationError, Serializer
from covet.serialization.formats import (
    SerializerTable,
    check_json_type,
    create_serializer_registry,
    get_serializer_registry,
    register_serializer,
)
from covet.serialization.json_format import JSONSerializer, encode_json, get_json_serializer, load_json_encoder
from covet.serialization.media_types import negotiate, parse_media_type
from covet.serialization.msgpack import MessagePackSerializer

__all__ = [
    "JSONSerializer",
    "MessagePackSerializer",
    "SerializationError",
    "Serializer",
    "SerializerTable",
    "check_json_type",
    "create_serializer_registry",
    "encode_json",
    "get_json_serializer",
    "get_serializer_registry",
    "load_json_encoder",
    "negotiate",
    "parse_media_type",
    "register_serializer",
]
