"""
What routes say about who may call them is checked where it is written.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.core.controller import Controller, get
from covet.core.route_security import find_security, is_security
from covet.core.routing import CovetRouter
from covet.exceptions import RouteError


@pytest.mark.parametrize("value", [[], ["key"], ("key",), [{"key": ["a"], "other": []}], [{}, "key"]])
def test_lists_of_names_and_scopes_are_requirements(value: object) -> None:
    """
    An empty one says that anybody may call.
    """
    assert is_security(value)


@pytest.mark.parametrize("value", ["key", None, [7], [""], [{"key": "a"}], [{"key": [7]}], [{7: []}], {"key": []}])
def test_other_values_are_none(value: object) -> None:
    """
    A text would be taken for its letters.
    """
    assert not is_security(value)


@pytest.mark.parametrize(
    ("levels", "found"),
    [([], None), ([None, None], None), ([["a"], None], ("a",)), ([["a"], ["b"]], ("b",)), ([["a"], []], ())],
)
def test_the_nearest_level_counts(levels: list[list[str] | None], found: object) -> None:
    """
    That which says anything.
    """
    assert find_security(levels) == found


MESSAGE = "security must be a list of names of security schemes, or of mappings from names to scopes, got 'key'."


def declare_route(wrong: Any) -> None:
    """Declare a route with it."""

    async def show() -> None: ...

    CovetPy().add_route("/", show, security=wrong)


def declare_router(wrong: Any) -> None:
    """Make a router with it."""
    CovetRouter(security=wrong)


def declare_inclusion(wrong: Any) -> None:
    """Include a router with it."""
    CovetPy().include_router(CovetRouter(), security=wrong)


def declare_controller(wrong: Any) -> None:
    """Add a controller with it."""

    class Users(Controller):
        security = wrong

        @get("/")
        async def show(self) -> None: ...

    CovetPy().add_controller(Users)


@pytest.mark.parametrize("declare", [declare_route, declare_router, declare_inclusion, declare_controller])
def test_a_wrong_value_is_refused_everywhere(declare: Any) -> None:
    """
    With the same words.
    """
    with pytest.raises(RouteError) as caught:
        declare("key")

    assert MESSAGE in str(caught.value)


def test_a_route_keeps_what_it_was_told() -> None:
    """
    And finds what holds for it.
    """
    router = CovetRouter(security=["outer"])

    async def show() -> None: ...

    own = router.add_route("/own", show, security=["own"])
    inherited = router.add_route("/inherited", show)
    bare = CovetRouter().add_route("/", show)

    assert (own.security, own.all_security) == (("own",), ("own",))
    assert (inherited.security, inherited.all_security) == (None, ("outer",))
    assert bare.all_security is None
