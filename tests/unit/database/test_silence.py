"""
Tests of `covet.database.silence`.
"""

import pytest

from covet.database import silence as module
from covet.database.silence import Silence


def test_a_database_that_answers_is_asked_by_everybody() -> None:
    """Nobody keeps anybody from it."""
    silence = Silence()

    with silence.asking():
        assert silence.may_ask()
        assert not silence.is_on


def test_a_silent_one_is_asked_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not again at once."""
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    silence = Silence()
    silence.begin()

    assert not silence.may_ask()
    now += 0.2
    assert silence.may_ask()
    with silence.asking():
        now += 0.2
        assert not silence.may_ask()
    assert not silence.may_ask()
    now += 0.2
    assert silence.may_ask()


def test_whoever_asked_in_vain_leaves_the_turn_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled, too."""
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    silence = Silence()
    silence.begin()

    with pytest.raises(LookupError), silence.asking():
        raise LookupError
    now += 0.2

    assert silence.may_ask()


def test_one_that_answers_again_is_asked_by_everybody() -> None:
    """At once."""
    silence = Silence()
    silence.begin()

    with silence.asking():
        silence.end()
        assert silence.may_ask()
