"""
Formats: values to bytes and back, and which format a client wants.

It must never know HTTP beyond media types: requests and responses live in `covet.http`.
"""

from covet.serialization.contract import SerializationError, Serializer
from covet.serialization.json_format import JSONSerializer, encode_json, load_json_encoder

__all__ = [
    "JSONSerializer",
    "SerializationError",
    "Serializer",
    "encode_json",
    "load_json_encoder",
]
