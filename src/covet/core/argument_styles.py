"""
How a source writes what is more than one text: the styles of OpenAPI 3.1 (§4.8.12.3), and which of them are read here.
"""

from collections.abc import Callable, Sequence
from typing import Final

from covet.core.argument import Argument
from covet.core.argument_markers import route_error
from covet.core.route import Route
from covet.exceptions import suggest
from covet.introspection import ParameterInfo, type_name
from covet.serialization.media_types import split_elements

# Makes the texts of a list's items from those that came under its name.
Parting = Callable[[Sequence[str]], list[str]]

DELIMITERS: Final = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
"""The character that parts the items of a list, by style, where a name stands once for all of them."""

_DEFAULTS: Final = {
    "query": ("form", True),
    "cookie": ("form", True),
    "form": ("form", True),
    "header": ("simple", False),
    "path": ("simple", False),
}
_STYLES: Final = ("form", "spaceDelimited", "pipeDelimited", "deepObject")
_EXTRAS: Final = ("ignore", "forbid")
_CLOSED_SOURCES: Final = ("query", "form")


def find_style(
    route: Route, parameter: ParameterInfo, argument: Argument, *, is_sequence: bool, is_model: bool = False
) -> tuple[str, bool]:
    """
    Return the style of an argument, and whether each of its items or fields has a name of its own.

    Args:
        route: The route.
        parameter: The parameter of its handler.
        argument: The argument.
        is_sequence: Whether it takes several texts of one name.
        is_model: Whether its fields are read one by one.

    Raises:
        RouteError: If its marker asks for what cannot be.
    """
    source, marker = argument.source, argument.marker
    usual = _DEFAULTS.get(source, ("", True))
    if marker is None:
        return usual
    if (marker.style is not None or marker.explode is not None) and source != "query":
        raise route_error(
            route, parameter, f"style and explode are for the query, not for the {source}.", "Leave them out."
        )
    if marker.extra is not None:
        _check_extra(route, parameter, argument, is_model=is_model)
    style = usual[0] if marker.style is None else marker.style
    if marker.style is not None and style not in _STYLES:
        raise route_error(
            route,
            parameter,
            f"There is no style {style!r} of a query.",
            suggest(style, _STYLES) or f"The styles are {', '.join(_STYLES)}.",
        )
    is_exploded = (style in {usual[0], "deepObject"} and usual[1]) if marker.explode is None else marker.explode
    problem = _find_problem(argument, style, is_exploded=is_exploded, is_sequence=is_sequence, is_model=is_model)
    if problem is not None:
        raise route_error(route, parameter, *problem)
    return style, is_exploded


def _check_extra(route: Route, parameter: ParameterInfo, argument: Argument, *, is_model: bool) -> None:
    extra = argument.marker.extra if argument.marker is not None else None
    if extra not in _EXTRAS:
        raise route_error(route, parameter, f"extra must be 'ignore' or 'forbid', got {extra!r}.", "Write one of them.")
    if not is_model or argument.source not in _CLOSED_SOURCES:
        raise route_error(
            route,
            parameter,
            "extra is for models of a query or a form: what else is there is not this parameter's to judge.",
            "Leave it out.",
        )


def _find_problem(
    argument: Argument, style: str, *, is_exploded: bool, is_sequence: bool, is_model: bool
) -> tuple[str, str] | None:
    """Return what is wrong and the hint, if something is."""
    if argument.source != "query":
        return None
    if style == "deepObject":
        if not is_model:
            name = type_name(argument.annotation)
            return f"deepObject is for a model or a mapping, and {name} is none.", "Leave the style out."
        return None if is_exploded else ("deepObject names each field: explode=False says otherwise.", "Leave it out.")
    if is_model:
        if is_exploded and style == "form":
            return None
        return (
            f"A model is not read in the style {style!r}" + ("." if is_exploded else " with explode=False."),
            "Leave style and explode out, or write style='deepObject'.",
        )
    if style != "form" and is_exploded:
        return f"{style!r} parts the items of one text: explode=True says otherwise.", "Leave explode out."
    if not is_exploded and not is_sequence:
        name = type_name(argument.annotation)
        return f"{name} is one value: there is nothing to part.", "Use a list, or leave style and explode out."
    return None


def compile_parting(argument: Argument) -> Parting | None:
    """
    Make what parts the texts of a list; `None` where each text is an item, or one text is the value.

    Args:
        argument: The argument, whose style is known.
    """
    if not argument.is_sequence or argument.explode:
        return None
    if argument.source == "header":
        # A proxy may have joined the fields of one name (RFC 9110 §5.3), or parted what was one.
        return lambda texts: [element for text in texts for element in split_elements(text)]
    delimiter = DELIMITERS[argument.style]
    return lambda texts: [part for text in texts if text for part in text.split(delimiter)]


__all__ = ["DELIMITERS", "compile_parting", "find_style"]
