"""
Tests of the news that the server stops.
"""

import asyncio

from covet.core.drain_signal import DrainSignal


async def test_everybody_who_waits_is_woken() -> None:
    """Those who wait, and those who come later."""
    signal = DrainSignal()
    waiting = [asyncio.create_task(signal.wait()) for _ in range(2)]
    await asyncio.sleep(0)

    signal.set()

    await asyncio.gather(*waiting, signal.wait())
    assert signal.is_set


async def test_waiter_that_was_cancelled_does_not_matter() -> None:
    """Nothing is set on a future that is done."""
    signal = DrainSignal()
    waiting = asyncio.create_task(signal.wait())
    await asyncio.sleep(0)
    waiting.cancel()

    signal.set()
    await asyncio.wait({waiting})

    assert waiting.cancelled()


def test_callbacks_are_called_once_and_in_order() -> None:
    """The second time there is no news."""
    signal, called = DrainSignal(), list[str]()
    signal.call(lambda: called.append("first"))
    signal.call(lambda: called.append("second"))

    signal.set()
    signal.set()

    assert called == ["first", "second"]


def test_callback_that_comes_late_is_called_at_once() -> None:
    """Whoever begins during the drain learns of it."""
    signal, called = DrainSignal(), list[str]()
    signal.set()

    forget = signal.call(lambda: called.append("late"))
    forget()

    assert called == ["late"]


def test_callback_that_was_taken_back_is_not_called() -> None:
    """A stream that has ended is nobody's business any more."""
    signal, called = DrainSignal(), list[str]()
    forget = signal.call(lambda: called.append("never"))

    forget()
    signal.set()

    assert called == []


def test_news_are_taken_back_for_another_start() -> None:
    """An application may start again after a stop."""
    signal = DrainSignal()
    signal.set()

    signal.reset()

    assert not signal.is_set
