"""
Tests of clients that leave: noticing it without losing a message, and ending the work for them.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

import pytest

from covet.core.disconnects import MAX_HELD, Inbox, is_done_soon, run_against
from covet.exceptions import ClientDisconnectedError
from covet.types import Message

DISCONNECT: Message = {"type": "http.disconnect"}


class Server:
    """
    The server's side of an exchange: messages are sent when the test says so.
    """

    def __init__(self, *messages: Message) -> None:
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        self.calls = 0
        self.send(*messages)

    def send(self, *messages: Message) -> None:
        """
        Let `receive` give further messages.
        """
        for message in messages:
            self.queue.put_nowait(message)

    async def receive(self) -> Message:
        """
        Wait for the next message, as ASGI's `receive` does.
        """
        self.calls += 1
        return await self.queue.get()


def body(content: bytes, *, more: bool = True) -> Message:
    """
    Make a message with a piece of the body.
    """
    return {"type": "http.request", "body": content, "more_body": more}


async def start(coroutine: Any) -> "asyncio.Task[Any]":
    """
    Start a task, and let it come to where it waits.
    """
    task: asyncio.Task[Any] = asyncio.ensure_future(coroutine)
    await settle()
    return task


async def settle() -> None:
    """
    Let every task come to where it waits.
    """
    for _ in range(10):
        await asyncio.sleep(0)


async def end(task: "asyncio.Task[Any]") -> None:
    """
    Cancel a task and wait for its end.
    """
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# ── run_against ──────────────────────────────────────────────────────────────


async def forever() -> None:
    """
    Wait for a client that stays.
    """
    await asyncio.Event().wait()


async def at_once() -> None:
    """
    See the client leave before anything else happens.
    """


async def test_the_call_that_ends_first_gives_its_result() -> None:
    """
    A client that stays changes nothing, and whoever waited for it is gone afterwards.
    """
    before = asyncio.all_tasks()

    result = await run_against(asyncio.sleep(0, "done"), forever)

    await settle()
    assert result == "done"
    assert asyncio.all_tasks() == before


async def test_a_call_that_never_waits_is_watched_by_nobody() -> None:
    """
    What is there already costs no task.
    """
    waited = []

    async def wait_left() -> None:
        waited.append(True)

    async def call() -> str:
        return "done"

    results = [await run_against(made, wait_left) for made in (call(), Ready())]
    await settle()

    assert (results, waited) == (["done", "ready"], [])


class Ready:
    """
    Something to be awaited that is no coroutine.
    """

    def __await__(self) -> Generator[Any, None, str]:
        """
        Give a result at once.
        """
        yield from ()
        return "ready"


async def test_an_error_of_the_call_comes_out_as_it_is() -> None:
    """
    It is the call's error, not one of the connection.
    """

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("a")

    with pytest.raises(KeyError):
        await run_against(fail(), forever)


async def test_a_client_that_leaves_first_ends_the_call() -> None:
    """
    The call is cancelled once, and the task is left as it was found.
    """
    cancelled = []

    async def call() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(ClientDisconnectedError, match=r"The client left\."):
        await run_against(call(), at_once)

    task = asyncio.current_task()
    assert task is not None
    assert (cancelled, task.cancelling()) == ([True], 0)
    await asyncio.sleep(0)  # no cancellation is left to strike here


async def test_an_error_that_the_cancellation_brings_about_comes_out() -> None:
    """
    What a call raises while it cleans up is its own word; the task is not left cancelled.
    """

    async def call() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("cleaning up")

    with pytest.raises(KeyError):
        await run_against(call(), at_once)

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_call_that_does_not_let_itself_be_cancelled_gives_its_result() -> None:
    """
    Whoever swallows a cancellation has decided so, and the next await is not struck in its stead.
    """

    async def call() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "all the same"

    result = await run_against(call(), at_once)

    task = asyncio.current_task()
    assert task is not None
    assert (result, task.cancelling()) == ("all the same", 0)
    await asyncio.sleep(0)


async def test_a_cancellation_from_outside_is_never_swallowed() -> None:
    """
    Cancelled by the server and by the client's leaving at once, the task ends as cancelled.
    """
    left = asyncio.Event()

    async def wait_left() -> None:
        await left.wait()

    outside = await start(run_against(forever(), wait_left))
    both = await start(run_against(forever(), wait_left))

    outside.cancel()
    await settle()
    left.set()
    both.cancel()
    await settle()

    assert (outside.cancelled(), both.cancelled()) == (True, True)


async def test_a_watcher_that_ends_because_it_is_cancelled_cancels_nothing() -> None:
    """
    By then the task is at something else.
    """

    async def wait_left() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await forever()

    assert await run_against(asyncio.sleep(0.001, "done"), wait_left) == "done"
    await settle()
    await asyncio.sleep(0)


async def test_a_watcher_that_fails_does_not_end_the_call(caplog: pytest.LogCaptureFixture) -> None:
    """
    Not knowing whether the client is there is no reason to stop, and asyncio reports nothing.
    """

    async def wait_left() -> None:
        raise RuntimeError("the protocol is broken")

    result = await run_against(asyncio.sleep(0.01, "done"), wait_left)

    assert result == "done"
    assert caplog.records == []


@pytest.mark.parametrize(("make", "expected"), [(partial(asyncio.sleep, 0), True), (forever, False)])
async def test_what_is_there_already_is_told_from_what_is_not(
    make: Callable[[], Awaitable[None]], *, expected: bool
) -> None:
    """
    Asking takes two turns of the loop, and leaves nothing waiting.
    """
    before = asyncio.all_tasks()

    assert await is_done_soon(make()) is expected

    await settle()
    assert asyncio.all_tasks() == before


# ── Inbox ────────────────────────────────────────────────────────────────────


async def test_the_body_comes_in_order_and_ends() -> None:
    """
    Each piece once, empty ones included, and `None` for as long as somebody asks.
    """
    inbox = Inbox(Server(body(b"a"), body(b""), body(b"b", more=False)).receive, is_complete=False)

    chunks = [await inbox.next_chunk() for _ in range(5)]

    assert chunks == [b"a", b"", b"b", None, None]


async def test_a_message_without_a_body_is_the_end() -> None:
    """
    `body` and `more_body` are optional in ASGI.
    """
    inbox = Inbox(Server({"type": "http.request"}).receive, is_complete=False)

    assert [await inbox.next_chunk(), await inbox.next_chunk()] == [b"", None]


async def test_a_body_that_was_read_before_is_not_asked_for() -> None:
    """
    The server would never answer.
    """
    server = Server()

    chunk = await Inbox(server.receive, is_complete=True).next_chunk()

    assert (chunk, server.calls) == (None, 0)


async def test_a_client_that_leaves_in_the_body_is_an_error() -> None:
    """
    What came before is given first; the error stays.
    """
    inbox = Inbox(Server(body(b"a"), DISCONNECT).receive, is_complete=False)

    first = await inbox.next_chunk()

    assert first == b"a"
    for _ in range(2):
        with pytest.raises(ClientDisconnectedError, match=r"The client left before the end of its request\."):
            await inbox.next_chunk()
    assert inbox.has_left


async def test_waiting_for_the_end_loses_nothing_of_the_body() -> None:
    """
    What the watcher takes off the wire is kept for the reader.
    """
    server = Server(body(b"a"), body(b"b"))
    inbox = Inbox(server.receive, is_complete=False)
    watcher = await start(inbox.wait_left())

    chunks = [await inbox.next_chunk(), await inbox.next_chunk()]
    server.send(body(b"c", more=False), DISCONNECT)
    await watcher

    assert [*chunks, await inbox.next_chunk(), await inbox.next_chunk()] == [b"a", b"b", b"c", None]
    assert inbox.has_left


async def test_reader_and_watcher_wait_for_one_message_together() -> None:
    """
    `receive` is called once at a time, whoever asks for it.
    """
    server = Server()
    inbox = Inbox(server.receive, is_complete=False)
    watcher = await start(inbox.wait_left())
    reader = await start(inbox.next_chunk())
    calls_while_waiting = server.calls

    server.send(body(b"a"))
    chunk = await reader

    assert (chunk, calls_while_waiting) == (b"a", 1)
    await end(watcher)
    await inbox.close()


class LonelyFuture:
    """
    What Granian's `receive` returns: it looks like a future, but calls back only who asked last.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._callback: Callable[[Any], object] | None = None
        self._message: Message | None = None
        self._asyncio_future_blocking = True

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """
        Tell whose it is.
        """
        return self._loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: object = None) -> None:
        """
        Forget whoever was to be called before.
        """
        self._callback = callback

    def done(self) -> bool:
        """
        Tell whether the message came.
        """
        return self._message is not None

    def result(self) -> Message | None:
        """
        Give the message, or say that it was given up.
        """
        if self._message is None:
            raise asyncio.CancelledError
        return self._message

    def cancel(self, msg: object = None) -> bool:
        """
        Give the message up.
        """
        if self._callback is not None:
            self._loop.call_soon(self._callback, self)
        return True

    def set_result(self, message: Message) -> None:
        """
        Let the message come.
        """
        self._message = message
        if self._callback is not None:
            self._loop.call_soon(self._callback, self)

    def __await__(self) -> Generator[Any, None, Message]:
        if self._message is None:
            yield self
        assert self._message is not None
        return self._message


async def test_reader_and_watcher_share_a_message_of_a_future_that_calls_back_one_of_them() -> None:
    """
    A stream that reads the request on Granian's ASGI waited for ever: the watcher alone was woken.
    """
    asked: list[LonelyFuture] = []

    def receive() -> LonelyFuture:
        asked.append(LonelyFuture())
        return asked[-1]

    inbox = Inbox(receive, is_complete=False)
    reader = await start(inbox.next_chunk())
    watcher = await start(inbox.wait_left())

    asked[0].set_result(body(b"a"))
    chunk = await asyncio.wait_for(reader, 5)

    await end(watcher)
    await inbox.close()
    assert (chunk, len(asked)) == (b"a", 2)


async def test_a_piece_is_never_lost_to_a_question() -> None:
    """
    Asked whether the client is there, a server is not told to forget the piece that it was asked for.
    """
    server = Server()
    inbox = Inbox(server.receive, is_complete=False)

    has_left = await inbox.poll()
    server.send(body(b"a", more=False))

    assert (has_left, await inbox.next_chunk(), server.calls) == (False, b"a", 1)


async def test_a_request_that_is_over_asks_for_nothing() -> None:
    """
    What still waits for the server ends; again is no error.
    """
    before = asyncio.all_tasks()
    inbox = Inbox(Server().receive, is_complete=False)
    await inbox.poll()

    await inbox.close()
    await inbox.close()

    await settle()
    assert asyncio.all_tasks() == before


async def test_a_watcher_that_is_given_up_leaves_the_reader_waiting() -> None:
    """
    The message under way is the reader's still.
    """
    server = Server()
    inbox = Inbox(server.receive, is_complete=False)
    watcher = await start(inbox.wait_left())
    reader = await start(inbox.next_chunk())

    await end(watcher)
    server.send(body(b"a"))

    assert await reader == b"a"
    assert server.calls == 1


async def test_a_message_that_comes_as_its_waiter_is_cancelled_is_kept() -> None:
    """
    The race between the message and the cancellation costs nothing of the body.
    """
    server = Server()
    inbox = Inbox(server.receive, is_complete=False)
    watcher = await start(inbox.wait_left())

    server.send(body(b"a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await end(watcher)

    assert await asyncio.wait_for(inbox.next_chunk(), 5) == b"a"


async def test_reading_ahead_has_a_limit() -> None:
    """
    A watcher takes no more off the wire than a socket's buffer holds, until the reader takes some of it.
    """
    server = Server(body(b"x" * MAX_HELD), body(b"y"), body(b"z", more=False), DISCONNECT)
    inbox = Inbox(server.receive, is_complete=False)
    watcher = await start(inbox.wait_left())
    calls_when_full = server.calls

    first = await inbox.next_chunk()
    await settle()

    assert (calls_when_full, first) == (1, b"x" * MAX_HELD)
    assert watcher.done()
    assert [await inbox.next_chunk(), await inbox.next_chunk(), await inbox.next_chunk()] == [b"y", b"z", None]


async def test_polling_tells_what_the_server_knows_already() -> None:
    """
    It never waits for the client, takes nothing of the body, and remembers.
    """
    server = Server()
    inbox = Inbox(server.receive, is_complete=False)

    silent = await inbox.poll()
    server.send(body(b"a"))
    in_the_body = await inbox.poll()
    server.send(DISCONNECT)
    left = [await inbox.poll(), await inbox.poll()]

    assert (silent, in_the_body, left) == (False, False, [True, True])
    assert await inbox.next_chunk() == b"a"


async def test_polling_leaves_a_full_inbox_alone() -> None:
    """
    It does not read past the limit either.
    """
    server = Server(body(b"x" * MAX_HELD), DISCONNECT)
    inbox = Inbox(server.receive, is_complete=False)

    assert not await inbox.poll()
    assert server.calls == 1
    assert len(await inbox.next_chunk() or b"") == MAX_HELD
    assert await inbox.poll()


async def test_polling_does_not_take_a_readers_call_away() -> None:
    """
    A poll while somebody waits shares the call under way, and leaves it.
    """
    server = Server()
    inbox = Inbox(server.receive, is_complete=False)
    reader = await start(inbox.next_chunk())

    has_left = await inbox.poll()
    server.send(body(b"a"))

    assert (has_left, await reader, server.calls) == (False, b"a", 1)


async def test_an_error_of_the_server_comes_out_where_it_is_waited_for() -> None:
    """
    A `receive` that fails is no end of the body.
    """

    async def receive() -> Message:
        raise RuntimeError("the server broke")

    inbox = Inbox(receive, is_complete=False)

    for call in (inbox.next_chunk, inbox.wait_left, inbox.poll):
        with pytest.raises(RuntimeError, match="the server broke"):
            await call()
