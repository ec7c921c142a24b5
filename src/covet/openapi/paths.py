"""
Paths as OpenAPI writes them, and what their converters say about the parameters.
"""

import re
from collections.abc import Iterable
from typing import Final

from covet.core.path_template import Parameter, PathTemplate
from covet.core.route import Route
from covet.error_text import describe_callable
from covet.http.percent import encode_path
from covet.openapi.components import Object
from covet.openapi.errors import OpenAPIError

# The operations that a path item has (OpenAPI 3.1, §4.8.9.1); other methods cannot be described.
METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"})

_BUILT_IN: Final[dict[str, Object]] = {
    "int": {"type": "integer", "minimum": 0, "maximum": 10**19 - 1},
    "float": {"type": "number", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "path": {"type": "string", "minLength": 1},
}
# What Python's regular expressions have and ECMA-262's have not: flags and names inside, possessive quantifiers.
_FOREIGN: Final = re.compile(r"\(\?(?![:=!])|[*+?}]\+|\\[AZ]")


def write_path(template: PathTemplate) -> str:
    """
    Write a path with its parameters in braces, and everything else as it stands in a URL.

    Example:
        >>> write_path(PathTemplate.parse("/größen/{size:int}"))
        '/gr%C3%B6%C3%9Fen/{size}'
    """
    return "".join(
        "/" + "".join(encode_path(part) if isinstance(part, str) else f"{{{part.name}}}" for part in segment.parts)
        for segment in template.segments
    )


def write_parameter_schema(parameter: Parameter) -> Object:
    """
    Write what a converter says about the texts that it takes.

    Example:
        >>> template = PathTemplate.parse("/days/{day:date}/{name}")
        >>> [write_parameter_schema(parameter) for parameter in template.parameters]
        [{'type': 'string', 'format': 'date'}, {'type': 'string', 'pattern': '^[^/]+$'}]
    """
    named = parameter.named_converter
    known = _BUILT_IN.get(named.name)
    if known is not None:
        return dict(known)
    regex = named.converter.regex
    return {"type": "string"} if _FOREIGN.search(regex) else {"type": "string", "pattern": f"^{_group(regex)}$"}


def can_be_missing(template: PathTemplate) -> bool:
    """
    Tell whether a path can be refused because of its parameters' texts, as that of `{id:int}` can.

    Example:
        >>> can_be_missing(PathTemplate.parse("/a/{b}")), can_be_missing(PathTemplate.parse("/a/{b:int}"))
        (False, True)
    """
    return any(parameter.named_converter.name not in {"str", "path"} for parameter in template.parameters)


def list_described(routes: Iterable[Route]) -> list[tuple[Route, str, dict[str, str]]]:
    """
    List the routes with the path that each is described under, and how its parameters are called there.

    Two routes whose paths differ only by the names of parameters stand under one path.

    Args:
        routes: The routes.

    Raises:
        OpenAPIError: If two of them cannot be told apart: OpenAPI has no converters.
    """
    paths: dict[str, tuple[str, list[str]]] = {}
    taken: dict[tuple[str, str], Route] = {}
    found = []
    for route in routes:
        shape = _shape_of(route.template)
        names = [parameter.name for parameter in route.template.parameters]
        path, first = paths.setdefault(shape, (write_path(route.template), names))
        for method in route.methods:
            other = taken.setdefault((shape, method), route)
            if other is not route:
                raise OpenAPIError(
                    f"Documents cannot tell it from {other} ({describe_callable(other.handler)}): "
                    "they know no converters.",
                    route=str(route),
                    hint="Declare one of the two with include_in_schema=False.",
                )
        found.append((route, path, dict(zip(names, first, strict=True))))
    return found


def _shape_of(template: PathTemplate) -> str:
    return "/".join(
        "".join(part if isinstance(part, str) else "{}" for part in segment.parts) for segment in template.segments
    )


def _group(regex: str) -> str:
    return f"(?:{regex})" if "|" in regex else regex
