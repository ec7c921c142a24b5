"""
Tests of the markers for `Annotated`.
"""

import dataclasses

import pytest

import covet
from covet.parameters import Body, Cookie, Form, FromState, Header, Parameter, Path, Query, State


@pytest.mark.parametrize(
    ("marker", "source"),
    [
        (Body, "body"),
        (Cookie, "cookie"),
        (Form, "form"),
        (FromState, "state"),
        (Header, "header"),
        (Path, "path"),
        (Query, "query"),
    ],
)
def test_each_marker_names_its_source(marker: type[Parameter], source: str) -> None:
    """An instance and the class itself may stand in `Annotated`."""
    assert marker.source == source
    assert marker().source == source


def test_a_marker_is_found_in_the_package() -> None:
    """`State` of the package is the marker, not the place for attributes."""
    assert covet.State is State is FromState
    assert covet.Query is Query


def test_a_marker_cannot_be_changed() -> None:
    """Routes share it."""
    marker = Query(ge=1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        marker.ge = 2  # type: ignore[misc]


def test_an_unknown_option_is_refused() -> None:
    """A typing mistake is no silent default."""
    with pytest.raises(TypeError, match="minimum"):
        Query(minimum=1)  # type: ignore[call-arg]


def test_options_are_given_by_name() -> None:
    """`Query(1)` could mean anything."""
    with pytest.raises(TypeError):
        Query(1)  # type: ignore[call-arg, arg-type]
