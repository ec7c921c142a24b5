"""
Which arguments a route's body can serve together: one model, or the fields and files of one form.
"""

from collections.abc import Sequence
from typing import Final

from covet.core.argument import Argument
from covet.core.route import Route
from covet.exceptions import RouteError
from covet.introspection import type_name

_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
# What browsers and proxies send without a body, whatever a marker says.
_SAFE: Final = frozenset({"GET", "HEAD"})
_NAMED: Final = frozenset({"query", "header", "cookie", "form"})
_INSTEAD: Final = {"body": "Take its fields as parameters", "file": "Declare POST or PUT"}

FORM_SOURCES: Final = frozenset({"form", "file"})
"""The sources that are parts of a form."""


def check_bodies(route: Route, arguments: Sequence[Argument]) -> None:
    """
    Refuse arguments that exclude each other, or that the route's methods have no body for.

    Args:
        route: The route.
        arguments: All arguments of its handler.

    Raises:
        RouteError: If they do.
    """
    bodies = [argument for argument in arguments if argument.source == "body"]
    forms = [argument for argument in arguments if argument.source in FORM_SOURCES]
    if len(bodies) > 1:
        names = " and ".join(repr(argument.name) for argument in bodies)
        raise RouteError(
            f"{names} both come from the body.",
            route=str(route),
            parameter=bodies[1].name,
            hint="Make one model with both as fields.",
        )
    if bodies and forms:
        raise RouteError(
            "A body and a form cannot come together.",
            route=str(route),
            parameter=forms[0].name,
            hint="Take either one model from the body, or fields of a form.",
        )
    for argument in forms:
        if argument.source == "form" and set(route.methods) <= _SAFE:
            raise RouteError(
                f"A form comes in the body, which {route.methods[0]} does not have.",
                route=str(route),
                parameter=argument.name,
                hint='Declare POST; a form with method="get" comes in the query: write Query().',
            )
    for argument in (*bodies, *forms):
        if argument.marker is None and set(route.methods) <= _BODILESS:
            marker = "Body" if argument.source == "body" else "File"
            raise RouteError(
                f"{type_name(argument.annotation)} would come from the body, which {route.methods[0]} does not have.",
                route=str(route),
                parameter=argument.name,
                hint=f"{_INSTEAD[argument.source]}, or say Annotated[..., {marker}()] if a body is meant.",
            )


def check_names(route: Route, arguments: Sequence[Argument]) -> None:
    """
    Refuse two arguments of one name on the wire: they would share what a client means for one of them.

    Args:
        route: The route.
        arguments: All arguments of its handler.

    Raises:
        RouteError: If there are two.
    """
    taken: dict[tuple[str, str], str] = {}
    for argument in arguments:
        source = "form" if argument.source in FORM_SOURCES else argument.source
        if source not in _NAMED:
            continue
        is_model = bool(argument.fields) and argument.style != "deepObject"
        for item in argument.fields if is_model else (argument,):
            name = f"{argument.name}.{item.name}" if is_model else argument.name
            key = source, item.alias.lower() if source == "header" else item.alias
            other = taken.setdefault(key, name)
            if other != name:
                raise RouteError(
                    f"{other} and {name} both come from the {source} as {item.alias!r}.",
                    route=str(route),
                    parameter=argument.name,
                    hint="Leave one of them out, or give it another name: alias=...",
                )


__all__ = ["FORM_SOURCES", "check_bodies", "check_names"]
