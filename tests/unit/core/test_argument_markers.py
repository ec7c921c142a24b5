"""
Markers and defaults: one of each, where somebody reads it.
"""

from typing import Annotated, Any

import pytest

from covet import Form, Header, Query
from covet.core.argument_markers import find_default, find_marker, route_error
from covet.core.path_template import PathTemplate
from covet.core.route import Route, make_route
from covet.exceptions import RouteError
from covet.introspection import ParameterInfo, inspect_callable
from covet.types import UNSET


def make(annotation: Any, default: object = UNSET) -> tuple[Route, ParameterInfo]:
    """Make a route whose handler has one parameter."""

    async def handler(value: annotation = default) -> None: ...

    if default is UNSET:
        handler.__defaults__ = None
    route = make_route(PathTemplate.parse("/"), handler, ("GET",), {}, ())
    return route, inspect_callable(handler).parameters[0]


def test_a_marker_is_found_as_a_class_and_as_an_instance() -> None:
    """Without parentheses it says the same."""
    assert find_marker(*make(Annotated[int, Query])) == Query()
    assert find_marker(*make(Annotated[int, Query(ge=1)])) == Query(ge=1)
    assert find_marker(*make(int)) is None


@pytest.mark.parametrize(
    ("annotation", "default", "message"),
    [
        (Annotated[int, Query(), Header()], UNSET, "It has two sources, Query and Header."),
        (int, Query(), "Query() stands as its default."),
        (list[Annotated[int, Form()]], UNSET, "Form stands inside of its type, where it says nothing."),
    ],
)
def test_a_marker_where_nobody_reads_it_is_refused(annotation: Any, default: object, message: str) -> None:
    """And the error says where it belongs."""
    with pytest.raises(RouteError) as refused:
        find_marker(*make(annotation, default))

    assert refused.value.message == message
    assert refused.value.hint


def test_a_default_that_could_be_changed_is_copied() -> None:
    """No request sees what another one did to it."""
    shared: list[int] = []
    default, factory = find_default(*make(list[int], shared), None)

    assert default is shared
    assert factory is not None
    assert factory() == []
    assert factory() is not shared


def test_two_defaults_are_refused() -> None:
    """Nobody has to guess which one counts."""
    with pytest.raises(RouteError, match="It has more than one default"):
        find_default(*make(Annotated[int, Query(default=1)], 2), Query(default=1))


def test_an_error_names_route_and_parameter() -> None:
    """So that it is found."""
    error = route_error(*make(int), "No.", "Write another.")

    assert (error.route, error.parameter, error.message, error.hint) == ("GET /", "value", "No.", "Write another.")
