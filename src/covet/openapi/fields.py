"""
What an argument brings into a document: itself, or each field of a model that is read field by field.

Parameters and forms are both written from these, and these from the plan that reads the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from covet.core.argument_styles import DELIMITERS
from covet.core.argument_types import without_none
from covet.core.binding import Argument, make_constraints
from covet.openapi.components import Components, Object
from covet.openapi.docstrings import parse_docstring
from covet.types import UNSET
from covet.validation import Constraints
from covet.validation.schema_text import fit_default, require_some
from covet.validation.schema_values import write_value

# What no delimiter can be part of.
_SAFE_FORMATS: Final = frozenset({"date", "time", "date-time", "duration", "uuid"})
_TEXTS: Final = frozenset({"query", "header", "cookie"})


@dataclass(frozen=True, slots=True)
class Field:
    """
    A name on the wire, and all that is said of it.

    Attributes:
        argument: The argument, or a field of one that is a model, which is like an argument of its own.
        schema: The schema of its value, with its default.
        description: What it is.
        is_required: Whether it must come.
        is_deprecated: Whether the documents advise against it.
    """

    argument: Argument
    schema: Object
    description: str = ""
    is_required: bool = False
    is_deprecated: bool = False

    @property
    def has_names(self) -> bool:
        """Whether its value is an object whose members have names of their own: `a[b]`, or `b` alone."""
        return self.argument.is_model or self.argument.nests


def list_fields(argument: Argument, components: Components, texts: Mapping[str, str]) -> list[Field]:
    """
    List what an argument brings: one field, or those of a model.

    Args:
        argument: An argument of the query, a header, a cookie or a form.
        components: Where models are defined.
        texts: What the docstring says of the arguments.
    """
    if not argument.is_model or is_whole(argument):
        return [_write_one(argument, components, texts)]
    schemas = {
        _rename(argument, name): schema
        for name, schema in components.write_fields(
            without_none(argument.annotation), is_closed=is_closed(argument)
        ).items()
    }
    said = _read_attributes(argument)
    return [
        # A name that pydantic chooses otherwise in its schema has what its type says.
        _write_field(argument, field, schemas.get(field.alias) or components.write_text(field.annotation), said)
        for field in argument.fields
    ]


def is_whole(argument: Argument) -> bool:
    """
    Tell whether a model is one object in the documents, too.

    It is behind a name of its own. So it is in a query that may lack it, though it has fields that must come: only the
    schema of an object can say that these come together or not at all.
    """
    if argument.style == "deepObject":
        return True
    return argument.source == "query" and not argument.is_required and _has_required(argument)


def is_closed(argument: Argument) -> bool:
    """Tell whether a model refuses names that it does not have because its marker says so."""
    return argument.marker is not None and argument.marker.extra == "forbid"


def list_dependent(argument: Argument) -> list[str]:
    """List the fields that must come where another one of their model does, though the model itself need not."""
    if argument.is_required:
        return []
    return [field.alias for field in argument.fields if field.is_required]


def write_argument_schema(argument: Argument, components: Components, *, is_text: bool) -> Object:
    """
    Write the schema of an argument's value, with its default.

    Args:
        argument: The argument.
        components: Where models are defined.
        is_text: Whether the value is written as text, where there is no `null`.
    """
    constraints = _make_constraints(argument)
    annotation = argument.annotation if argument.validator is None else argument.validator.annotation
    if is_text:
        schema = components.write_text(annotation, constraints=constraints, is_closed=is_closed(argument))
    else:
        schema = components.write(annotation, constraints=constraints)
    if "$ref" in schema and argument.marker is not None and argument.marker.title is not None:
        schema = {**schema, "title": argument.marker.title}
    default = write_value(argument.default) if argument.default is not None else UNSET
    if default is UNSET or not argument.validator:
        return schema
    return {**schema, "default": fit_default(schema, default) if is_text else default}


def describe_argument(argument: Argument, texts: Mapping[str, str]) -> str:
    """Say what an argument is: in its marker's words, or in those of the docstring."""
    said = None if argument.marker is None else argument.marker.description
    return said or texts.get(argument.name, "")


def name_examples(examples: Sequence[object]) -> Object:
    """
    Write examples that stand beside a schema, which may be a reference to a model that others use as well.

    Example:
        >>> name_examples([1])
        {'example1': {'value': 1}}
    """
    return {f"example{number}": {"value": value} for number, value in enumerate(examples, 1)}


def write_style(argument: Argument) -> Object:
    """
    Say how a value of several texts is written, where it is not what OpenAPI takes for granted (3.1, §4.8.12.2).

    Args:
        argument: The argument.
    """
    if not (argument.is_sequence or argument.is_model or argument.nests):
        return {}
    if argument.is_model or argument.nests:
        # No tool has to know that an object in the style "form" is exploded by default.
        return {"style": argument.style if argument.is_model else "deepObject", "explode": True}
    style = {} if argument.style in {"form", "simple"} else {"style": argument.style}
    return style if argument.explode or argument.source == "header" else {**style, "explode": False}


def _write_one(argument: Argument, components: Components, texts: Mapping[str, str]) -> Field:
    schema = _complete(argument, write_argument_schema(argument, components, is_text=True), argument.is_required)
    return Field(
        argument,
        schema,
        describe_argument(argument, texts),
        argument.is_required,
        argument.marker is not None and argument.marker.deprecated,
    )


def _write_field(model: Argument, field: Argument, schema: Object, texts: Mapping[str, str]) -> Field:
    is_required = model.is_required and field.is_required
    schema = _complete(field, dict(schema), is_required)
    own = schema.pop("description", "") if model.source in _TEXTS and "$ref" not in schema else ""
    is_deprecated = bool(schema.pop("deprecated", False)) if model.source in _TEXTS else False
    if "default" in schema and schema["default"] != _find_default(model, schema["default"], field):
        # What the field is where another one comes is not what it is where none does.
        del schema["default"]
    markers = [item for item in (model.marker, field.marker) if item is not None]
    description = describe_argument(field, {}) or own or ("" if "description" in schema else texts.get(field.name, ""))
    needed = list_dependent(model)
    if model.source in _TEXTS and field.alias in needed:
        names = ", ".join(item.alias for item in model.fields if item is not field)
        description = f"{description} Must come if one of these does: {names}.".strip()
    examples = [_find_example(example, field) for example in (() if model.marker is None else model.marker.examples)]
    found = [example for example in map(write_value, examples) if example is not UNSET]
    if found:
        schema["examples"] = found
    return Field(field, schema, description, is_required, is_deprecated or any(marker.deprecated for marker in markers))


def _complete(argument: Argument, schema: Object, is_required: bool) -> Object:
    """Add to a schema what the wire makes of its value."""
    if argument.is_sequence and not argument.explode:
        return _forbid_delimiter(argument, schema)
    # Nothing at all is what an empty list becomes.
    return require_some(schema) if is_required else schema


def _forbid_delimiter(argument: Argument, schema: Object) -> Object:
    """Say of the items of a list that they cannot contain what parts them."""
    items = schema.get("items", {})
    is_plain = items.get("type") == "string" and not {"enum", "const", "contentEncoding"} & items.keys()
    if not is_plain or items.get("format") in _SAFE_FORMATS:
        return schema
    # Quotes hide the commas of a header (RFC 9110 §5.6.1).
    refused = '",' if argument.source == "header" else DELIMITERS[argument.style]
    pattern = {"pattern": f"^[^{refused}]*$"}
    items = {**items, "allOf": [*items.get("allOf", ()), pattern]} if "pattern" in items else {**items, **pattern}
    return {**schema, "items": items}


def _make_constraints(argument: Argument) -> Constraints | None:
    """Return what a marker says about the value; its description stands beside the schema, not in it."""
    if argument.marker is None:
        return None
    return replace(make_constraints(argument.marker), description=None)


def _has_required(argument: Argument) -> bool:
    return any(field.is_required for field in argument.fields)


def _rename(argument: Argument, name: str) -> str:
    return name.replace("_", "-") if argument.source == "header" else name


def _read_attributes(argument: Argument) -> Mapping[str, str]:
    """Read what the docstrings of a model and its bases say of the fields."""
    said: dict[str, str] = {}
    cls = without_none(argument.annotation)
    for base in reversed(getattr(cls, "__mro__", (getattr(cls, "__origin__", object),))):
        text = vars(base).get("__doc__")
        if isinstance(text, str):
            said.update(parse_docstring(text).arguments)
    return said


def _find_default(model: Argument, default: object, field: Argument) -> object:
    """Find what a field is where nothing of its model comes."""
    return default if model.default in (UNSET, None) else write_value(_find_example(model.default, field))


def _find_example(example: object, field: Argument) -> object:
    """Find a field of an example, which is a model or a mapping."""
    if isinstance(example, Mapping):
        return example.get(field.alias, example.get(field.name, UNSET))
    return getattr(example, field.name, UNSET)
