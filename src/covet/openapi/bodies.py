"""
Bodies of requests, from the plan that reads them and the formats that are understood.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from covet.core.binding import Argument, Plan
from covet.openapi.components import Components, Object
from covet.openapi.parameters import describe_argument, write_argument_schema
from covet.validation import is_model

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

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
        # Beside the schema, which may be a reference to a model that others use as well.
        media["examples"] = {f"example{number}": {"value": value} for number, value in enumerate(examples, 1)}
    written: Object = {"content": {media_type: dict(media) for media_type in media_types}}
    return _finish(written, describe_argument(argument, texts), is_required=argument.is_required)


def _write_form(fields: Sequence[Argument], components: Components, texts: Mapping[str, str]) -> Object:
    properties: Object = {}
    for field in fields:
        schema = (
            _write_file(field) if field.source == "file" else write_argument_schema(field, components, is_text=True)
        )
        description = describe_argument(field, texts)
        properties[field.alias] = {**schema, "description": description} if description else schema
        if field.marker is not None and field.marker.deprecated:
            properties[field.alias] = {**properties[field.alias], "deprecated": True}
    form: Object = {"type": "object", "properties": properties}
    required = [field.alias for field in fields if field.is_required]
    if required:
        form["required"] = required
    # A form that is one model has the model's fields.
    whole = fields[0].annotation if len(fields) == 1 and is_model(fields[0].annotation) else None
    schema = form if whole is None else components.write(whole)
    media_type = MULTIPART if any(field.source == "file" for field in fields) else URLENCODED
    return _finish({"content": {media_type: {"schema": schema}}}, "", is_required=bool(required))


def _write_file(field: Argument) -> Object:
    one = {"type": "string", "format": "binary"}
    is_list = field.validator is not None and field.validator.is_sequence
    return {"type": "array", "items": one} if is_list else one


def _finish(written: Object, description: str, *, is_required: bool) -> Object:
    if description:
        written = {"description": description, **written}
    if is_required:
        written["required"] = True
    return written
