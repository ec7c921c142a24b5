"""
Tests of asking a server for messages without losing any.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest

from covet.core.kept_receive import KeptReceive


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


async def _call(receive: Callable[[], Awaitable[str]]) -> str:
    return await receive()
