"""
The JSON Schema of a configuration file: what an editor needs to complete and to check it.
"""

import types
from datetime import timedelta
from typing import Any, Union, get_args

from covet.config.fields import Field, Section
from covet.config.masking import mask_value
from covet.config.parsers import holds_secret
from covet.config.secret import Secret
from covet.config.units import DurationUnit, SizeUnit
from covet.introspection import Annotation, origin_of, split_annotated, unalias
from covet.types import UNSET
from covet.validation.schema import DIALECT, SchemaWriter

# A JSON Schema is an object of whatever its keywords hold.
Schema = dict[str, Any]

_REFERENCE: Schema = {"type": "string", "pattern": r"\$\{"}
_DURATION: Schema = {"type": ["number", "string"], "description": "Seconds, or a duration such as 30s or 1h30m."}
_SIZE: Schema = {"type": ["integer", "string"], "description": "Bytes, or a size such as 512KiB or 10MB."}
_SECRET: Schema = {"type": "string", "writeOnly": True}


def make_settings_schema(shape: Section) -> Schema:
    """
    Write the schema of everything that can be set.

    Example:
        >>> from covet.config.fields import read_annotations
        >>> class Shop:
        ...     currency: str = "EUR"
        >>> make_settings_schema(read_annotations(Shop))["properties"]
        {'currency': {'type': 'string', 'default': 'EUR'}}
    """
    writer = SchemaWriter()
    schema: Schema = {"$schema": DIALECT, "title": shape.cls.__name__, **_write_section(shape, writer)}
    if "app" in schema["properties"] and "environment" in schema["properties"]:
        # The environment may stand in [app] as well.
        schema["properties"]["app"]["properties"]["environment"] = schema["properties"]["environment"]
        schema["properties"]["app"]["properties"]["debug"] = schema["properties"].get("debug", {})
    if writer.definitions:
        schema["$defs"] = writer.definitions
    return schema


def _write_section(section: Section, writer: SchemaWriter) -> Schema:
    schema: Schema = {"type": "object"}
    if section.description:
        schema["description"] = section.description
    schema["properties"] = {
        name: _write_section(member, writer) if isinstance(member, Section) else _write_field(member, writer)
        for name, member in section.members.items()
    }
    # Nothing is required: another layer may have it.
    schema["additionalProperties"] = False
    return schema


def _write_field(field: Field, writer: SchemaWriter) -> Schema:
    if field.is_open:
        tables: Schema = {"type": "object", "additionalProperties": {"type": "object"}}
        return {**tables, "description": field.description} if field.description else tables
    schema = _write_type(field.annotation, writer)
    if not _takes_text(schema):
        # ${NAME} is text, and is read by the type once its variable is known.
        schema = {"anyOf": [schema, dict(_REFERENCE)]}
    if field.description:
        schema["description"] = field.description
    if field.default is not UNSET and not field.is_secret:
        schema["default"] = mask_value(field.default, name=field.path[-1])
    return schema


def _write_type(annotation: Annotation, writer: SchemaWriter) -> Schema:
    inner, metadata = split_annotated(annotation)
    inner = unalias(inner)
    if any(isinstance(item, DurationUnit) for item in metadata) or inner is timedelta:
        return dict(_DURATION)
    if any(isinstance(item, SizeUnit) for item in metadata):
        return dict(_SIZE)
    if inner is Secret:
        return dict(_SECRET)
    origin, arguments = origin_of(inner), get_args(inner)
    if _is_special(inner):
        if origin is Union or origin is types.UnionType:
            return {"anyOf": [_write_type(argument, writer) for argument in arguments]}
        if origin is dict:
            return {"type": "object", "additionalProperties": _write_type(arguments[1], writer)}
        items = [argument for argument in arguments if argument is not ...]
        return {"type": "array", "items": _write_type(items[0], writer) if items else {}}
    return writer.write(annotation)


def _is_special(annotation: Any) -> bool:
    """Tell whether a type contains one that only settings know."""
    if holds_secret(annotation):
        return True
    inner, metadata = split_annotated(annotation)
    if inner is timedelta or any(isinstance(item, DurationUnit | SizeUnit) for item in metadata):
        return True
    return any(_is_special(argument) for argument in get_args(unalias(inner)) if argument is not ...)


def _takes_text(schema: Schema) -> bool:
    kinds = schema.get("type", [])
    if "string" in ([kinds] if isinstance(kinds, str) else kinds) and "pattern" not in schema:
        return True
    return any(_takes_text(member) for member in schema.get("anyOf", ()))
