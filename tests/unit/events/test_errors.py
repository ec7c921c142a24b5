"""
Tests of the errors of events: they keep their data, and say what to do.
"""

import pytest

from covet.events.errors import (
    AmbiguousEventTypeError,
    EventDefinitionError,
    EventDepthError,
    EventError,
    EventHistoryError,
    EventStoreError,
    SubscriptionError,
)
from covet.exceptions import ConfigurationError, CovetError


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (EventError, (CovetError,)),
        (EventDefinitionError, (EventError, ConfigurationError, TypeError)),
        (AmbiguousEventTypeError, (EventError, ConfigurationError)),
        (SubscriptionError, (EventError, ConfigurationError)),
        (EventHistoryError, (EventError, ConfigurationError, ValueError)),
        (EventDepthError, (EventError, RecursionError)),
        (EventStoreError, (EventError,)),
    ],
)
def test_errors_stand_in_the_tree(error: type, bases: tuple[type, ...]) -> None:
    """Whoever catches the general one, or what the standard library would raise, catches it."""
    assert issubclass(error, bases[0])
    assert all(issubclass(error, base) for base in bases)


def test_depth_keeps_the_whole_chain_and_shows_its_end() -> None:
    """The chain is there for programs, and its last links for people."""
    error = EventDepthError([f"step.n{number}" for number in range(9)], 8)

    assert len(error.chain) == 9
    assert error.limit == 8
    assert "9 deep, and 8 is the limit: ... -> step.n5 -> step.n6 -> step.n7 -> step.n8." in str(error)
