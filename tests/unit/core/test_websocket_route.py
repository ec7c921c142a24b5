"""
A route of WebSockets has options of its own, and refuses all others.
"""

import pytest

from covet.core.path_template import PathTemplate
from covet.core.websocket_route import check_websocket_options, make_websocket_route
from covet.exceptions import RouteError


async def handler(websocket: object) -> None:
    """Do nothing."""


def test_options_become_rules() -> None:
    """
    What the rules do not say is said of the route.
    """
    options = {"max_message_size": 10, "subprotocols": ["a"], "tags": ["x"], "name": "n"}

    route = make_websocket_route(PathTemplate.parse("/x"), handler, options, ())

    assert (route.socket.max_message_size, route.socket.subprotocols) == (10, ("a",))
    assert (route.methods, route.tags, route.name, route.socket.allowed_origins) == (("WEBSOCKET",), ("x",), "n", None)


@pytest.mark.parametrize("name", ["timeout", "body_limit", "origins", "status_code"])
def test_options_of_http_are_refused(name: str) -> None:
    """
    They would be ignored.
    """
    with pytest.raises(RouteError, match=rf"^WEBSOCKET /x: There is no option '{name}'\."):
        check_websocket_options({name: None}, route="WEBSOCKET /x")


def test_wrong_rules_name_the_route() -> None:
    """
    As every other mistake of a route.
    """
    with pytest.raises(
        RouteError, match=r"^WEBSOCKET /x: max_message_size must be a number of bytes or None, got -1\."
    ):
        make_websocket_route(PathTemplate.parse("/x"), handler, {"max_message_size": -1}, ())
