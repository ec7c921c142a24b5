"""Tests of the place for what code of one's own has to say."""

import pytest

from covet.http.state import State, make_state


def test_state_takes_attributes() -> None:
    """Any, and says what it has none of."""
    state = make_state(None)

    state.user = "ada"

    assert isinstance(state, State)
    assert state.user == "ada"
    with pytest.raises(AttributeError, match="'State' object has no attribute 'age'"):
        _ = state.age


def test_state_begins_with_what_it_is_given() -> None:
    """A copy: what is changed in it stays in it."""
    given = {"pool": 1}

    state = make_state(given)
    state.pool = 2

    assert given == {"pool": 1}
