"""
Parameters of operations, from the plan that reads them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from covet.core.binding import Argument, Plan, make_constraints
from covet.core.path_template import PathTemplate
from covet.openapi.components import Components, Object
from covet.openapi.paths import write_parameter_schema
from covet.types import UNSET
from covet.validation import Constraints
from covet.validation.schema_values import write_value

_SOURCES: Final = ("path", "query", "header", "cookie")
# OpenAPI 3.1, §4.8.12.2.1: these are described elsewhere, and ignored here.
_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
_LOWER: Final = ("minimum", "exclusiveMinimum")


def write_parameters(
    plan: Plan, template: PathTemplate, components: Components, texts: Mapping[str, str], names: Mapping[str, str]
) -> list[Object]:
    """
    Describe the parameters of a route, those of its path first.

    Those of the path are there whether or not the handler takes them.

    Args:
        plan: Where the handler's arguments come from.
        template: The route's path.
        components: Where models are defined.
        texts: What the docstring says of the arguments.
        names: How the path's parameters are called in the document.
    """
    arguments = {argument.index: argument for argument in plan.arguments if argument.source == "path"}
    written = []
    for index, parameter in enumerate(template.parameters):
        argument = arguments.get(index)
        said = write_parameter_schema(parameter)
        schema = said
        if argument is not None and argument.convert is None:
            schema = _unite(_write_schema(argument, components), said)
        item: Object = {"name": names[parameter.name], "in": "path", "required": True, "schema": schema}
        written.append(item if argument is None else _describe(item, argument, texts))
    for argument in plan.arguments:
        is_ignored = argument.source == "header" and argument.alias.lower() in _IGNORED_HEADERS
        if argument.source in _SOURCES[1:] and not is_ignored:
            item = {"name": argument.alias, "in": argument.source}
            if argument.is_required:
                item["required"] = True
            written.append(_describe({**item, "schema": _write_schema(argument, components)}, argument, texts))
    return written


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
    write = components.write_text if is_text else components.write
    schema = write(annotation, constraints=constraints)
    default = write_value(argument.default) if argument.default is not None else UNSET
    return schema if default is UNSET or not argument.validator else {**schema, "default": default}


def _make_constraints(argument: Argument) -> Constraints | None:
    """Return what a marker says about the value; its description stands beside the schema, not in it."""
    if argument.marker is None:
        return None
    return replace(make_constraints(argument.marker), description=None)


def describe_argument(argument: Argument, texts: Mapping[str, str]) -> str:
    """Say what an argument is: in its marker's words, or in those of the docstring."""
    said = None if argument.marker is None else argument.marker.description
    return said or texts.get(argument.name, "")


def _write_schema(argument: Argument, components: Components) -> Object:
    return write_argument_schema(argument, components, is_text=True)


def _describe(item: Object, argument: Argument, texts: Mapping[str, str]) -> Object:
    description = describe_argument(argument, texts)
    if description:
        item["description"] = description
    if argument.marker is not None and argument.marker.deprecated:
        item["deprecated"] = True
    return item


def _unite(schema: Object, said: Object) -> Object:
    """Join what the type says about a value with what the converter says about its text."""
    if "$ref" in schema or schema.get("type") != said["type"]:
        # An enumeration, or an integer in a plain parameter: the type alone says more.
        return schema
    if any(keyword in schema for keyword in _LOWER):
        said = {keyword: value for keyword, value in said.items() if keyword != "minimum"}
    if "exclusiveMaximum" in schema:
        said = {keyword: value for keyword, value in said.items() if keyword != "maximum"}
    taken = {"pattern": said["pattern"]} if "pattern" in schema and "pattern" in said else {}
    united = {**said, **schema}
    return {**united, "allOf": [taken]} if taken else united
