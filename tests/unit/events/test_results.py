"""
Tests of what a publisher gets to know.
"""

from covet.events.event import Event
from covet.events.results import HandlerOutcome, PublishResult


def test_a_result_sorts_outcomes() -> None:
    """Values of what succeeded, failures of the rest; what was skipped is neither."""
    error = ValueError("x")
    outcomes = [
        HandlerOutcome("a", "succeeded", value=0),
        HandlerOutcome("b", "failed", error=error),
        HandlerOutcome("c", "cancelled"),
        HandlerOutcome("d", "skipped"),
    ]

    result = PublishResult(Event(), outcomes)

    assert result.values == [0]
    assert [outcome.handler for outcome in result.failures] == ["b", "c"]
    assert not result.is_ok
    assert not result.is_held
    assert not result.is_replay


def test_a_result_shows_what_became_of_it_and_nothing_of_the_event() -> None:
    """Its text is fit for a log."""

    class Login(Event):
        password: str

    event = Login(password="secret")

    text = repr(PublishResult(event, [HandlerOutcome("a", "succeeded"), HandlerOutcome("b", "failed")], "replayed"))

    assert text == f"<PublishResult of event.login {event.event_id}, replayed: 1 succeeded, 1 failed>"
    assert repr(PublishResult(event, state="held")).endswith(", held: no handler>")


def test_a_store_that_failed_is_no_success() -> None:
    """The publisher can see that the event was not kept."""
    result = PublishResult(Event(), store_error=OSError("full"))

    assert not result.is_ok
    assert result.failures == []
