"""
Parameters of operations, from the plan that reads them.
"""

from collections.abc import Mapping
from typing import Final

from covet.core.binding import Plan
from covet.core.path_template import PathTemplate
from covet.openapi.components import Components, Object
from covet.openapi.fields import Field, list_fields, name_examples, write_style
from covet.openapi.paths import write_parameter_schema

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
    written: list[Object] = []
    for index, parameter in enumerate(template.parameters):
        argument = arguments.get(index)
        said = write_parameter_schema(parameter)
        item: Object = {"name": names[parameter.name], "in": "path", "required": True, "schema": said}
        for field in () if argument is None else list_fields(argument, components, texts):
            if field.argument.convert is None:
                item["schema"] = _unite(field.schema, said)
            _describe(item, field)
        written.append(item)
    for argument in plan.arguments:
        if argument.source in _SOURCES[1:]:
            written += [
                _write_parameter(field)
                for field in list_fields(argument, components, texts)
                if field.argument.source != "header" or field.argument.alias.lower() not in _IGNORED_HEADERS
            ]
    return written


def _write_parameter(field: Field) -> Object:
    argument = field.argument
    item: Object = {"name": argument.alias, "in": argument.source}
    if field.is_required:
        item["required"] = True
    item |= {**write_style(argument), "schema": field.schema}
    if argument.is_model and argument.marker is not None and argument.marker.examples:
        item["examples"] = name_examples(argument.marker.examples)
    return _describe(item, field)


def _describe(item: Object, field: Field) -> Object:
    if field.description:
        item["description"] = field.description
    if field.is_deprecated:
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
