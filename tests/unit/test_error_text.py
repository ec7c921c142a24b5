"""
Tests of the words of errors.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from covet import exceptions
from covet.error_text import ErrorItem, describe_callable, name_callable, phrase_of, suggest


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("jsn", ["msgpack", "json"], "Did you mean 'json'? Available: json, msgpack."),
        ("xml", ["json"], "Available: json."),
        ("xml", [], "Available: none."),
    ],
)
def test_the_name_that_was_meant_is_suggested(name: str, known: list[str], text: str) -> None:
    """What is available is listed in any case."""
    assert suggest(name, known) == text


@pytest.mark.parametrize(
    ("status", "phrase"),
    [(404, "Not Found"), (413, "Content Too Large"), (422, "Unprocessable Content"), (599, "Error")],
)
def test_a_status_has_the_phrase_of_rfc_9110(status: int, phrase: str) -> None:
    """On every Python version; an unknown status has a plain one."""
    assert phrase_of(status) == phrase


def test_an_item_becomes_a_member_of_a_problem() -> None:
    """With all it knows."""
    item = ErrorItem("query", "/page", "must be at least 1", "greater_than_equal")

    assert item.to_dict() == {
        "source": "query",
        "pointer": "/page",
        "message": "must be at least 1",
        "type": "greater_than_equal",
    }


def test_the_error_tree_offers_them_too() -> None:
    """Who imports errors finds the words beside them."""
    assert (exceptions.ErrorItem, exceptions.suggest) == (ErrorItem, suggest)


class Kettle:
    """A callable object with a method."""

    def boil(self) -> None:
        """Boil."""

    def __call__(self) -> None:
        """Boil as well."""


def make_local() -> Callable[[], None]:
    """Make a function within a function."""

    def brew() -> None: ...

    return brew


@pytest.mark.parametrize(
    ("func", "short", "full"),
    [
        (make_local, "make_local", f"{__name__}.make_local"),
        (make_local(), "brew", f"{__name__}.make_local.<locals>.brew"),
        (Kettle, "Kettle", f"{__name__}.Kettle"),
        (Kettle(), "Kettle", f"{__name__}.Kettle"),
        (Kettle().boil, "Kettle.boil", f"{__name__}.Kettle.boil"),
        (partial(partial(print, "secret"), "more"), "print", "builtins.print"),
    ],
)
def test_every_callable_has_a_name(func: Callable[..., Any], short: str, full: str) -> None:
    """In short and in full, and never with what a partial has bound: it may be secret."""
    assert (name_callable(func), describe_callable(func)) == (short, full)
