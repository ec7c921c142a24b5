"""
Tests of asking a server for messages without losing any.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest

from covet.core import kept_receive
from covet.core.kept_receive import KeptReceive
from covet.http.websocket_errors import WebSocketMessageError


class Granian:
    """
    Give futures, as Granian does, and note how many were asked for.
    """

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[str]] = []

    def receive(self) -> Awaitable[str]:
        """
        Ask for a message.
        """
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]


async def wait_shortly(receive: Callable[[], Awaitable[str]]) -> None:
    """
    Give up a wait for a message.
    """
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting


async def test_what_comes_after_a_wait_was_given_up_is_for_the_next_one() -> None:
    """
    The server is asked once, and its answer kept.
    """
    server = Granian()
    receive = KeptReceive(server.receive)

    await wait_shortly(receive)
    await wait_shortly(receive)
    server.asked[0].set_result("first")
    first = await receive()
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)
    server.asked[1].set_result("second")

    assert (first, await waiting) == ("first", "second")
    assert len(server.asked) == 2


async def test_what_comes_in_the_moment_of_the_cancellation_is_kept() -> None:
    """
    The message is there, and the task that waits for it is cancelled before it runs again.
    """
    server = Granian()
    receive = KeptReceive(server.receive)
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)

    server.asked[0].set_result("there")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert await receive() == "there"


async def test_an_error_of_the_server_is_raised() -> None:
    """
    Where it is waited for, and once.
    """
    server = Granian()
    receive = KeptReceive(server.receive)
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)

    server.asked[0].set_exception(RuntimeError("RSGI transport is closed"))

    with pytest.raises(RuntimeError, match="transport is closed"):
        await waiting
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)
    server.asked[1].set_result("more")
    assert await waiting == "more"


async def test_cancel_ends_the_wait() -> None:
    """
    Whoever waits is cancelled, and the server not asked any more; again, or without a wait, it does nothing.
    """
    server = Granian()
    receive = KeptReceive(server.receive)
    receive.cancel()
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)

    receive.cancel()
    receive.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert server.asked[0].cancelled()


async def test_a_cancellation_says_why() -> None:
    """
    Its message goes on; the drain of a server is told from others by it.
    """
    receive = KeptReceive(Granian().receive)
    waiting = asyncio.ensure_future(_call(receive))
    await asyncio.sleep(0)

    waiting.cancel("the server stops")

    with pytest.raises(asyncio.CancelledError, match="the server stops"):
        await waiting


async def test_the_next_one_waits_in_its_own_context() -> None:
    """
    Not in that of the task that gave up.
    """
    variable: ContextVar[str] = ContextVar("variable", default="none")
    server = Granian()
    receive = KeptReceive(server.receive)

    async def wait(value: str) -> tuple[str, str]:
        variable.set(value)
        return await receive(), variable.get()

    first = asyncio.ensure_future(wait("first"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    second = asyncio.ensure_future(wait("second"))
    await asyncio.sleep(0)
    server.asked[0].set_result("there")

    assert await second == ("there", "second")


async def test_both_of_asyncio_and_of_python_can_wait() -> None:
    """
    A task written in Python knows futures by the same marks.
    """
    server = Granian()
    receive = KeptReceive(server.receive)
    # Any: it is no part of asyncio's public names.
    make_task: Any = asyncio.tasks._PyTask  # type: ignore[attr-defined]

    waiting = make_task(_call(receive))
    await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    waiting = make_task(_call(receive))
    await asyncio.sleep(0)
    server.asked[0].set_result("there")

    assert await waiting == "there"


async def test_a_coroutine_is_awaited_where_it_is() -> None:
    """
    Other servers give coroutines, which lose nothing.
    """
    messages: asyncio.Queue[str] = asyncio.Queue()
    receive = KeptReceive(messages.get)

    await wait_shortly(receive)
    messages.put_nowait("there")

    assert await receive() == "there"


def measure(message: str) -> tuple[bool, int]:
    """
    Take one word for the end.
    """
    return message == "end", len(message)


async def settle() -> None:
    """
    Let others run.
    """
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_read_ahead_comes_in_its_order() -> None:
    """
    The end is seen before it is asked for, and comes last.
    """
    server = Granian()
    receive = KeptReceive(server.receive, measure)

    for number, message in enumerate(("one", "two", "end")):
        assert receive.check(1) is None
        server.asked[number].set_result(message)
        await settle()
    seen = receive.check(1)

    assert [seen, await receive(), await receive(), await receive()] == ["end", "one", "two", "end"]
    assert len(server.asked) == 3


async def test_whoever_waits_gets_what_was_asked_for_ahead() -> None:
    """
    Nothing is asked for twice, and a wait that is given up loses nothing.
    """
    server = Granian()
    receive = KeptReceive(server.receive, measure)
    receive.read_ahead()
    waiting = asyncio.ensure_future(_call(receive))
    await settle()
    receive.read_ahead()
    server.asked[0].set_result("one")
    first = await waiting

    await wait_shortly(receive)
    receive.read_ahead()
    server.asked[1].set_result("two")
    await settle()
    server.asked[2].set_result("three")
    await settle()

    assert [first, await receive(), await receive()] == ["one", "two", "three"]
    assert len(server.asked) == 4


async def test_an_error_is_an_end_that_is_seen() -> None:
    """
    It is raised for whoever asks.
    """
    server = Granian()
    receive = KeptReceive(server.receive, measure)
    receive.read_ahead()
    server.asked[0].set_exception(RuntimeError("closed"))
    await settle()

    assert isinstance(receive.check(1), RuntimeError)
    with pytest.raises(RuntimeError, match="closed"):
        await receive()


async def test_a_coroutine_is_read_ahead_too() -> None:
    """
    In a task of its own, which ends when nobody asks any more.
    """
    messages: asyncio.Queue[str] = asyncio.Queue()
    receive = KeptReceive(messages.get, measure)
    receive.read_ahead()
    messages.put_nowait("one")
    messages.put_nowait("end")
    await settle()
    seen = receive.check(1)
    first = await receive()
    receive.read_ahead()
    receive.release()
    await settle()

    assert (seen, first, asyncio.all_tasks()) == ("end", "one", {asyncio.current_task()})


@pytest.mark.row(70)
@pytest.mark.parametrize("name", ["MAX_BLIND", "BLIND_SECONDS"])
async def test_row_070_what_is_read_ahead_has_a_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Behind it nobody sees the end, so that not much is sent any more; to receive makes room.
    """
    monkeypatch.setattr(kept_receive, "MAX_AHEAD", 2_000)
    server = Granian()
    receive = KeptReceive(server.receive, measure)
    receive.read_ahead()
    while not receive.is_full:
        server.asked[-1].set_result("x" * 400)
        await settle()
    asked = len(server.asked)

    receive.check(1)
    monkeypatch.setattr(kept_receive, name, 0)
    with pytest.raises(WebSocketMessageError, match="Too many messages came that were not received") as caught:
        receive.check(1)
    await receive()
    await settle()

    assert caught.value.code == 1008
    assert (asked, receive.is_full, receive.check(1), len(server.asked)) == (4, False, None, 5)


async def _call(receive: Callable[[], Awaitable[str]]) -> str:
    return await receive()
