"""
Tests of `covet.database.silence`.
"""

import asyncio

import pytest

from covet.database import silence as module
from covet.database.silence import Silence
from tests.unit.database.databases import wait_until


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the module."""
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


async def fail() -> str:
    """Find nothing."""
    raise LookupError


async def test_a_database_that_answers_is_asked_by_everybody() -> None:
    """Nobody keeps anybody from it, and one that answers again is asked by everybody at once."""
    silence = Silence[str](print)
    assert silence.may_ask()
    assert not silence.is_on

    silence.begin()
    assert not silence.may_ask()
    silence.end()
    assert silence.may_ask()


async def test_a_silent_one_is_asked_by_one_at_a_time(clock: Clock) -> None:
    """And not again at once."""
    silence = Silence[str](print)
    may_answer = asyncio.Event()

    async def search() -> str:
        await may_answer.wait()
        return "found"

    silence.begin()
    assert not silence.may_ask()
    clock.now += 0.2
    assert silence.may_ask()
    asking = asyncio.create_task(silence.ask(search()))
    await asyncio.sleep(0)
    assert not silence.may_ask()
    may_answer.set()
    assert await asking == "found"
    assert not silence.may_ask()
    clock.now += 0.2
    assert silence.may_ask()


async def test_whoever_asked_in_vain_leaves_the_turn_to_the_next(clock: Clock) -> None:
    """What was wrong is told."""
    silence = Silence[str](print)
    silence.begin()

    with pytest.raises(LookupError):
        await silence.ask(fail())
    clock.now += 0.2

    assert silence.may_ask()


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_what_is_found_later_is_kept_for_the_next(is_cancelled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked has gone: after a moment, or since it was cancelled."""
    monkeypatch.setattr(module, "GRACE_SECONDS", 5 if is_cancelled else 0.01)
    kept: list[str] = []
    silence = Silence[str](kept.append)
    may_answer = asyncio.Event()

    async def search() -> str:
        await may_answer.wait()
        return "found"

    silence.begin()
    asking = asyncio.create_task(silence.ask(search()))
    if is_cancelled:
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    else:
        assert await asking is None
    assert kept == []
    may_answer.set()
    await wait_until(lambda: kept == ["found"])


async def test_what_fails_later_is_nobodys_and_what_is_stopped_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of it."""
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.01)
    kept: list[str] = []
    silence = Silence[str](kept.append)
    may_fail = asyncio.Event()

    async def search() -> str:
        await may_fail.wait()
        return await fail()

    silence.begin()
    assert await silence.ask(search()) is None
    may_fail.set()
    await wait_until(lambda: silence._task is None)
    may_fail.clear()
    assert await silence.ask(search()) is None
    await silence.stop()
    await silence.stop()

    assert kept == []
    assert silence._task is None
