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
    for argument in (*bodies, *forms):
        if argument.marker is None and set(route.methods) <= _BODILESS:
            marker = "Body" if argument.source == "body" else "File"
            raise RouteError(
                f"{type_name(argument.annotation)} would come from the body, which {route.methods[0]} does not have.",
                route=str(route),
                parameter=argument.name,
                hint=f"{_INSTEAD[argument.source]}, or say Annotated[..., {marker}()] if a body is meant.",
            )


__all__ = ["FORM_SOURCES", "check_bodies"]
