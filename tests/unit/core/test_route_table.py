"""
A table and the tables above it change together, or not at all.
"""

import pytest

from covet.core.path_template import PathTemplate
from covet.core.route import WEBSOCKET, Mount, Route, RouteGroup, make_route
from covet.core.route_table import Inclusion, RouteTable, describe_route
from covet.exceptions import RouteConflictError, RouteError
from covet.types import Receive, Scope, Send


async def handler() -> None:
    """A handler."""


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application."""


def make(path: str, method: str = "GET", name: str | None = None) -> Route:
    """
    Make a route without a group.
    """
    return make_route(PathTemplate.parse(path), handler, (method,), {"name": name}, ())


def include(parent: RouteTable, child: RouteTable, prefix: str | None = None, name_prefix: str = "") -> None:
    """
    Include one table in another.
    """
    template = None if prefix is None else PathTemplate.parse(prefix)
    parent.include(child, Inclusion(parent, template, RouteGroup(), name_prefix))


def test_a_route_reaches_every_table_above() -> None:
    """
    Each table has a route of its own, with its prefixes, names and groups, and its own compiled endpoint.
    """
    top, middle, leaf = (RouteTable(RouteGroup()) for _ in range(3))
    include(middle, leaf, "/m/{m}", "m:")
    include(top, middle, None, "t:")
    route = make("/x", name="x")
    route.endpoint = "compiled"

    leaf.attach([route])

    assert [(table.routes[0].path, table.routes[0].name) for table in (top, middle, leaf)] == [
        ("/m/{m}/x", "t:m:x"),
        ("/m/{m}/x", "m:x"),
        ("/x", "x"),
    ]
    assert [table.routes[0].endpoint for table in (top, middle, leaf)] == [None, None, "compiled"]
    assert top.routes[0].groups[0] is top.group
    assert list(leaf.ancestors()) == [middle, top]


@pytest.mark.parametrize(
    ("taken", "error"),
    [(make("/p/b"), RouteConflictError), (make("/elsewhere", name="b"), RouteError)],
    ids=["path", "name"],
)
def test_what_one_table_refuses_no_table_gets(taken: Route, error: type[Exception]) -> None:
    """
    A conflict above keeps all of the routes that are attached together out, below as well.
    """
    top, leaf = RouteTable(RouteGroup()), RouteTable(RouteGroup())
    include(top, leaf, "/p")
    top.attach([taken])

    with pytest.raises(error):
        leaf.attach([make("/a"), make("/b", name="b")])

    assert leaf.routes == []
    assert top.routes == [taken]


def test_a_mount_that_is_taken_above_is_refused_below() -> None:
    """
    The tables agree about what is mounted.
    """
    top, leaf = RouteTable(RouteGroup()), RouteTable(RouteGroup())
    include(top, leaf, "/p")
    top.attach(mounts=[Mount("/p/files", asgi_app)])

    with pytest.raises(RouteConflictError, match="/p/files: Something is mounted there already"):
        leaf.attach(mounts=[Mount("/files", asgi_app)])

    assert leaf.mounts == []


def test_a_mount_that_cannot_be_included_leaves_the_routes_out() -> None:
    """
    An inclusion that fails for a mount has not taken the routes in.
    """
    top, leaf = RouteTable(RouteGroup()), RouteTable(RouteGroup())
    leaf.attach([make("/a")])
    leaf.attach(mounts=[Mount("/files", asgi_app)])
    top.attach(mounts=[Mount("/p/files", asgi_app)])

    with pytest.raises(RouteConflictError, match="Something is mounted there already"):
        include(top, leaf, "/p")

    assert top.routes == []
    assert leaf.inclusions == []


def test_two_inclusions_that_meet_above_conflict() -> None:
    """
    A router that reaches an outer one twice under one path is refused before anything changes.
    """
    top, left, right, leaf = (RouteTable(RouteGroup()) for _ in range(4))
    include(top, left)
    include(top, right)
    include(left, leaf)
    include(right, leaf)

    with pytest.raises(RouteConflictError, match=r"GET /x: .*handler \(GET /x\) gets there by two ways"):
        leaf.attach([make("/x")])

    assert [table.routes for table in (top, left, right, leaf)] == [[], [], [], []]


def test_websocket_routes_have_their_own_tree() -> None:
    """
    They are no HTTP routes, and bring no HTTP method.
    """
    table = RouteTable(RouteGroup())

    table.attach([make("/x"), make("/x", WEBSOCKET)])

    assert [describe_route(route) for route in table.websocket_routes] == [f"{__name__}.handler (WEBSOCKET /x)"]
    assert len(table.routes) == 1
    assert WEBSOCKET not in table.methods
