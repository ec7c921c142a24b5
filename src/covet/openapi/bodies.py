"""
Bodies of requests, from the plan that reads them and the formats that are understood.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from covet.core.argument_types import without_none
from covet.core.binding import Argument, Plan
from covet.http.form_reading import MULTIPART, URLENCODED, reads_multipart
from covet.openapi.components import Components, Object
from covet.openapi.fields import (
    Field,
    describe_argument,
    is_closed,
    list_dependent,
    list_fields,
    name_examples,
    write_argument_schema,
    write_style,
)
from covet.parameters import Parameter

# The sources that are fields of a form; files come in the second kind of form only.
_FIELDS: Final = frozenset({"form", "file"})


def write_body(
    plan: Plan, media_types: Sequence[str], components: Components, texts: Mapping[str, str]
) -> Object | None:
    """
    Describe the body that a handler takes; `None` if it takes none.

    Args:
        plan: Where the handler's arguments come from.
        media_types: The formats that bodies are read in.
        components: Where models are defined.
        texts: What the docstring says of the arguments.
    """
    body = next((argument for argument in plan.arguments if argument.source == "body"), None)
    if body is not None:
        return _write_whole(body, media_types, components, texts)
    fields = [argument for argument in plan.arguments if argument.source in _FIELDS]
    return _write_form(fields, components, texts) if fields else None


def takes_body(plan: Plan) -> bool:
    """Tell whether a handler takes a body, or a form."""
    return bool(plan.sources & {"body", *_FIELDS})


def _write_whole(
    argument: Argument, media_types: Sequence[str], components: Components, texts: Mapping[str, str]
) -> Object:
    media: Object = {"schema": write_argument_schema(argument, components, is_text=False)}
    examples = () if argument.marker is None else argument.marker.examples
    if examples:
        media["examples"] = name_examples(examples)
    written: Object = {"content": {media_type: dict(media) for media_type in media_types}}
    return _finish(written, describe_argument(argument, texts), is_required=argument.is_required)


def _write_form(arguments: Sequence[Argument], components: Components, texts: Mapping[str, str]) -> Object:
    first, *others = arguments
    description = ""
    media: Object = {}
    if first.is_model and not others:
        # A form that is one model is that model.
        description = describe_argument(first, texts)
        media["schema"] = components.write_text(without_none(first.annotation), is_closed=is_closed(first))
        if first.marker is not None and first.marker.examples:
            media["examples"] = name_examples(first.marker.examples)
    else:
        fields = [field for argument in arguments for field in _list_fields(argument, components, texts)]
        media["schema"] = _write_schema(arguments, fields)
    names = [field for argument in arguments for field in argument.fields if field.nests]
    if names:
        media["encoding"] = {field.alias: write_style(field) for field in names}
    has_files = any(argument.source == "file" for argument in arguments)
    # A form without files may come in either way, if there is what reads both.
    media_types = [MULTIPART] if has_files else [URLENCODED, *([MULTIPART] if reads_multipart() else ())]
    return _finish(
        {"content": {media_type: dict(media) for media_type in media_types}},
        description,
        is_required=any(map(_must_come, arguments)),
    )


def _must_come(argument: Argument) -> bool:
    return argument.is_required and (not argument.fields or any(field.is_required for field in argument.fields))


def _write_schema(arguments: Sequence[Argument], fields: Sequence[Field]) -> Object:
    form: Object = {"type": "object", "properties": _write_properties(fields)}
    required = [field.argument.alias for field in fields if field.is_required]
    if required:
        form["required"] = required
    dependent = {
        field.alias: others
        for argument in arguments
        for field in argument.fields
        if (others := [name for name in list_dependent(argument) if name != field.alias])
    }
    if dependent:
        form["dependentRequired"] = dependent
    if any(argument.text_model is not None and argument.text_model.forbids for argument in arguments):
        form["additionalProperties"] = False
    return form


def _write_properties(fields: Sequence[Field]) -> Object:
    properties: Object = {}
    for field in fields:
        schema = {**field.schema, "description": field.description} if field.description else field.schema
        if field.is_deprecated:
            schema = {**schema, "deprecated": True}
        properties[field.argument.alias] = schema
    return properties


def _list_fields(argument: Argument, components: Components, texts: Mapping[str, str]) -> list[Field]:
    if argument.source != "file":
        return list_fields(argument, components, texts)
    marker = argument.marker or Parameter()
    schema: Object = {"type": "string", "format": "binary"}
    if argument.is_sequence:
        schema = {"type": "array", "items": schema}
        least = max(marker.min_length or 0, 1 if argument.is_required else 0)
        schema |= {"minItems": least} if least else {}
        schema |= {} if marker.max_length is None else {"maxItems": marker.max_length}
    return [Field(argument, schema, describe_argument(argument, texts), argument.is_required, marker.deprecated)]


def _finish(written: Object, description: str, *, is_required: bool) -> Object:
    if description:
        written = {"description": description, **written}
    if is_required:
        written["required"] = True
    return written
