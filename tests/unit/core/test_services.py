"""
Tests of places without a container.
"""

import pytest

from covet.core.binding import make_plan
from covet.core.path_template import PathTemplate
from covet.core.route import make_route
from covet.core.services import NO_SERVICES
from covet.exceptions import RouteError
from covet.parameters import Inject


class Service:
    """Something that a container could know."""


def test_nothing_is_known_without_a_container() -> None:
    """So a parameter comes from the request."""
    assert not NO_SERVICES.knows(Service)


def test_a_marker_without_a_container_is_an_error() -> None:
    """The text names the route and the parameter, and says what to do."""
    from typing import Annotated

    async def handler(service: Annotated[Service, Inject()]) -> None: ...

    with pytest.raises(RouteError) as caught:
        make_plan(make_route(PathTemplate.parse("/x"), handler, ("GET",), {}, ()))

    assert str(caught.value) == (
        "GET /x, parameter 'service': There is no application here whose services could be injected.\n"
        "  Add the route to an application."
    )


def test_a_controller_without_a_container_is_an_error() -> None:
    """Its instance is the first that would be injected."""

    class Users:
        def show(self) -> None: ...

    route = make_route(PathTemplate.parse("/x"), Users.show, ("GET",), {}, ())
    route.controller = Users

    with pytest.raises(RouteError, match=r"^GET /x, parameter 'self': There is no application here"):
        make_plan(route)
