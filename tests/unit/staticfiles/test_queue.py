"""Questions to the file system, asked together."""

import asyncio
import threading

import pytest

from covet.staticfiles.queue import MAX_TURNS, LookupQueue


class Slow:
    """Answers when it may, and notes what it was asked."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked: list[str] = []

    def look(self, key: str) -> str:
        """Wait, and answer with the question in capitals."""
        assert self.go_on.wait(10)
        self.asked.append(key)
        if key == "wrong":
            raise ValueError(key)
        return key.upper()


async def start(queue: LookupQueue[str, str], *keys: str) -> list[asyncio.Task[str]]:
    """Ask several questions, each in a task, and let all of them begin."""
    tasks = [asyncio.create_task(queue.ask(key)) for key in keys]
    await asyncio.sleep(0)
    return tasks


async def test_questions_that_gather_are_answered_in_one_turn() -> None:
    """The same one is asked once; each asker gets an answer that is no older than its question."""
    slow = Slow()
    queue = LookupQueue(slow.look)

    first = await start(queue, *["first"] * MAX_TURNS)
    later = await start(queue, "a", "b", "a", "first")
    slow.go_on.set()
    answers = await asyncio.gather(*first, *later)

    assert answers == ["FIRST"] * MAX_TURNS + ["A", "B", "A", "FIRST"]
    assert sorted(slow.asked) == sorted(["first"] * MAX_TURNS + ["a", "b", "first"])


async def test_error_is_for_who_asked() -> None:
    """The others of the turn get their answers."""
    slow = Slow()
    queue = LookupQueue(slow.look)
    slow.go_on.set()

    wrong, right = await asyncio.gather(queue.ask("wrong"), queue.ask("right"), return_exceptions=True)

    assert isinstance(wrong, ValueError)
    assert right == "RIGHT"


async def test_cancelled_question_disturbs_no_other() -> None:
    """Not even the same one."""
    slow = Slow()
    queue = LookupQueue(slow.look)

    busy = await start(queue, *["busy"] * MAX_TURNS)
    gone, stays = await start(queue, "a", "a")
    gone.cancel()
    slow.go_on.set()

    assert await stays == "A"
    assert await asyncio.gather(*busy) == ["BUSY"] * MAX_TURNS
    with pytest.raises(asyncio.CancelledError):
        await gone


def test_queue_outlives_an_event_loop() -> None:
    """As an application does in tests, one loop after the other."""
    queue = LookupQueue(str.upper)

    async def ask() -> str:
        return await queue.ask("a")

    assert [asyncio.run(ask()), asyncio.run(ask())] == ["A", "A"]
