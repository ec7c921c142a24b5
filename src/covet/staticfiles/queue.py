"""
Questions to the file system, asked together: one turn of a thread answers all that have gathered meanwhile.

PERF: a turn of a thread costs several times what is done in it, so one for each request would cost more than all the
rest of the answer (benchmarks/static.py, small file). No answer is older than its question: nothing is kept.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from typing import Final, Generic, TypeVar

from covet.threads import run_in_thread

KeyT = TypeVar("KeyT", bound=Hashable)
AnswerT = TypeVar("AnswerT")

# Turns at once: with one alone, a disk that does not answer would stop everything behind it.
MAX_TURNS: Final = 2


class LookupQueue(Generic[KeyT, AnswerT]):
    """
    Answer questions in a thread, several in one turn; the same question only once per turn.

    Args:
        look: Answers one question. It may block.

    Example:
        >>> queue = LookupQueue(len)
        >>> await asyncio.gather(queue.ask("a"), queue.ask("bb"), queue.ask("bb"))
        [1, 2, 2]
    """

    __slots__ = ("_look", "_loop", "_turns", "_waiting")

    def __init__(self, look: Callable[[KeyT], AnswerT]) -> None:
        self._look = look
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[KeyT, list[asyncio.Future[AnswerT]]] = {}
        self._turns: set[asyncio.Task[None]] = set()

    async def ask(self, key: KeyT) -> AnswerT:
        """
        Answer a question, with what is so after it was asked.

        Raises:
            Exception: What answering it raised.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # A loop that has ended answers nobody any more.
            self._loop, self._waiting, self._turns = loop, {}, set()
        # Each has a future of its own: a cancelled request must not cancel the others.
        future: asyncio.Future[AnswerT] = loop.create_future()
        self._waiting.setdefault(key, []).append(future)
        if len(self._turns) < MAX_TURNS:
            self._begin(loop)
        return await future

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, {}
        turn = loop.create_task(self._take_turn(batch), name="covet-static-lookup")
        self._turns.add(turn)
        turn.add_done_callback(self._end)

    def _end(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        if self._waiting and self._loop is not None:
            self._begin(self._loop)

    async def _take_turn(self, batch: dict[KeyT, list[asyncio.Future[AnswerT]]]) -> None:
        try:
            answers = await run_in_thread(self._look_at_all, tuple(batch))
        except BaseException as exc:
            # The loop ends, or has no thread to give.
            for futures in batch.values():
                _fail(futures, exc)
            raise
        for futures, answer in zip(batch.values(), answers, strict=True):
            if isinstance(answer, Exception):
                _fail(futures, answer)
                continue
            for future in futures:
                if not future.done():
                    future.set_result(answer)

    def _look_at_all(self, keys: Iterable[KeyT]) -> list[AnswerT | Exception]:
        answers: list[AnswerT | Exception] = []
        for key in keys:
            try:
                answers.append(self._look(key))
            except Exception as exc:  # noqa: BLE001 - whoever asked gets it
                answers.append(exc)
        return answers


def _fail(futures: Iterable["asyncio.Future[AnswerT]"], exc: BaseException) -> None:
    for future in futures:
        if future.done():
            continue
        if isinstance(exc, asyncio.CancelledError):
            future.cancel()
        else:
            future.set_exception(exc)
