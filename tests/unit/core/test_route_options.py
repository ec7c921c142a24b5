"""
Tests of the options of a route; `test_route.py` has what becomes of them.
"""

import pytest

from covet.core.route_options import OPTION_NAMES, check_options, is_exception_key
from covet.exceptions import RouteError


def test_every_option_is_checked() -> None:
    """One that nobody looks at would be accepted whatever it is."""
    for name in OPTION_NAMES:
        with pytest.raises(RouteError, match=f"{name} must be"):
            check_options({name: object()}, route="GET /x")


def test_an_unknown_option_has_a_suggestion() -> None:
    """The text names the route."""
    with pytest.raises(RouteError) as caught:
        check_options({"time_out": 1}, route="GET /x")

    assert str(caught.value).startswith("GET /x: There is no option 'time_out'.\n  Did you mean 'timeout'?")


@pytest.mark.parametrize(
    ("key", "is_key"),
    [(404, True), (200, False), (True, False), (KeyError, True), (BaseException, False), ("a", False)],
)
def test_what_an_exception_handler_may_be_for(key: object, is_key: bool) -> None:
    """An error status or a class of exceptions."""
    assert is_exception_key(key) is is_key
