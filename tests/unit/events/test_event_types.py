"""
Tests of the spelling of event types and patterns.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.events.errors import EventDefinitionError, SubscriptionError
from covet.events.event_types import check_event_type, check_pattern, derive_event_type, matches_pattern


@pytest.mark.parametrize("value", ["user.created", "user.email.changed_2", "a.b"])
def test_types_are_words_with_dots(value: str) -> None:
    """What fits is given back."""
    assert check_event_type(value, "X") == value


@pytest.mark.parametrize(
    "value",
    ["user", "User.created", "user.", ".created", "user..created", "user.*", "user created", "", 7, None, "1.a"],
)
def test_other_types_are_refused_with_a_proposal(value: object) -> None:
    """The text has the value, the rule and a type that would do."""
    with pytest.raises(EventDefinitionError) as caught:
        check_event_type(value, "UserCreated")

    assert f"UserCreated.event_type is {value!r}, which is no event type." in str(caught.value)
    assert "words in lower case with dots between, such as 'user.created'." in str(caught.value)


@pytest.mark.parametrize(
    ("name", "event_type"),
    [
        ("UserCreatedEvent", "user.created"),
        ("UserCreated", "user.created"),
        ("PasswordResetRequested", "password.reset_requested"),
        ("HTTPRequestSent", "http.request_sent"),
        ("Order2Shipped", "order2.shipped"),
        ("Ping", "event.ping"),
        ("Event", "event.event"),
        ("_Private", "event.private"),
        ("E_", "event.e"),
        ("Ü", "event.event"),
    ],
)
def test_names_make_types(name: str, event_type: str) -> None:
    """The first word, a dot, the others."""
    assert derive_event_type(name) == event_type


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True))
def test_every_name_makes_a_type(name: str) -> None:
    """Whatever a class is called, it has a type that keeps the rule."""
    derived = derive_event_type(name)

    assert check_event_type(derived, name) == derived
    assert matches_pattern(f"{derived.partition('.')[0]}.*", derived)


@pytest.mark.parametrize("pattern", ["*", "user.*", "user.email.*", "user.created"])
def test_patterns_are_types_beginnings_and_all(pattern: str) -> None:
    """What fits is given back."""
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize("pattern", ["*.created", "user*", "user.*.x", "user.**", "**", ".*", "", "User.*", "user"])
def test_other_patterns_are_refused(pattern: str) -> None:
    """The text has the pattern, and the three forms."""
    with pytest.raises(SubscriptionError) as caught:
        check_pattern(pattern)

    assert f"{pattern!r} is no pattern of event types." in str(caught.value)
    assert "Write a type ('user.created'), the beginning of one ('user.*'), or '*' for all events." in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "event_type", "matches"),
    [
        ("*", "user.created", True),
        ("user.*", "user.created", True),
        ("user.*", "user.email.changed", True),
        ("user.*", "users.created", False),
        ("user.email.*", "user.email", False),
        ("user.created", "user.created", True),
        ("user.created", "user.created.twice", False),
    ],
)
def test_star_is_one_or_more_words(pattern: str, event_type: str, matches: bool) -> None:
    """A word is compared whole."""
    assert matches_pattern(pattern, event_type) is matches
