"""
What `Annotated` and the signature say of a parameter beyond its type: its marker, and its default.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

from covet.core.argument_types import find_hidden_marker
from covet.core.route import Route
from covet.exceptions import RouteError
from covet.introspection import ParameterInfo
from covet.parameters import Parameter
from covet.types import UNSET
from covet.validation import is_model


def find_marker(route: Route, parameter: ParameterInfo) -> Parameter | None:
    """
    Return the marker among what `Annotated` says of a parameter; `None` if there is none.

    Args:
        route: The route.
        parameter: The parameter of its handler.

    Raises:
        RouteError: If there are two, or one stands where nobody reads it.
    """
    markers = [item for item in parameter.metadata if isinstance(item, Parameter)]
    classes = [item for item in parameter.metadata if isinstance(item, type) and issubclass(item, Parameter)]
    markers += [item() for item in classes]
    if isinstance(parameter.default, Parameter):
        raise route_error(
            route,
            parameter,
            f"{type(parameter.default).__name__}() stands as its default.",
            f"Write {parameter.name}: Annotated[..., {type(parameter.default).__name__}(...)] instead.",
        )
    hidden = find_hidden_marker(parameter.annotation)
    if hidden is not None:
        raise route_error(
            route,
            parameter,
            f"{hidden} stands inside of its type, where it says nothing.",
            f"Write {parameter.name}: Annotated[..., {hidden}(...)] around the whole type.",
        )
    if len(markers) > 1:
        names = " and ".join(type(marker).__name__ for marker in markers)
        raise route_error(route, parameter, f"It has two sources, {names}.", "Keep one of them.")
    return markers[0] if markers else None


def find_default(
    route: Route, parameter: ParameterInfo, marker: Parameter | None
) -> tuple[object, Callable[[], object] | None]:
    """
    Return the default of a parameter and what makes it, if it is made for each request anew.

    Args:
        route: The route.
        parameter: The parameter of its handler.
        marker: Its marker.

    Raises:
        RouteError: If it has two.
    """
    if marker is None:
        return _copy_default(parameter.default)
    given = [parameter.default is not UNSET, marker.default is not UNSET, marker.default_factory is not None]
    if sum(given) > 1:
        raise route_error(route, parameter, "It has more than one default.", "Keep the one in the signature.")
    default, factory = _copy_default(parameter.default if given[0] else marker.default)
    return default, marker.default_factory or factory


def _copy_default(default: object) -> tuple[object, Callable[[], object] | None]:
    """Give each request a default of its own, if one request could change what the next one gets."""
    if isinstance(default, (list, dict, set, bytearray)) or (default is not UNSET and is_model(type(default))):
        return default, partial(deepcopy, default)
    return default, None


def route_error(route: Route, parameter: ParameterInfo, message: str, hint: str) -> RouteError:
    """
    Make the error of a parameter that cannot be served.

    Args:
        route: The route.
        parameter: The parameter of its handler.
        message: What is wrong.
        hint: How to mend it.
    """
    return RouteError(message, route=str(route), parameter=parameter.name, hint=hint)


__all__ = ["find_default", "find_marker", "route_error"]
