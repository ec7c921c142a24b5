"""
What happens to the files, told to every page that is open.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal

from covet.broadcasting import MemoryBroadcaster
from covet.responses import ServerSentEvent

# How long news may gather before a page is told.
INTERVAL = 0.1
MAX_SUBJECTS = 100
CHANNEL = "news"

State = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """
    How far an upload has come.
    """

    id: int
    name: str
    size: int
    received: int = 0
    state: State = "running"


class Feed:
    """
    The latest news of each subject, numbered.

    Older news of a subject is of no use, so nothing queues up for a page that reads slowly, and one that comes back
    gets what is newer than the last number it has seen. One that has seen nothing, or was away for too long, is told
    to start afresh.
    """

    def __init__(self) -> None:
        # They go on rising when the process is started again, and are small enough for JavaScript.
        self._last = self._forgotten = time.time_ns() // 1_000_000
        self._news: dict[str, tuple[int, ServerSentEvent]] = {}
        # Nobody reads the messages: they wake those who wait for news.
        self._broadcaster = MemoryBroadcaster(queue_size=1, when_full="drop_oldest")

    async def publish(self, subject: str, event: str, data: object) -> None:
        """
        Tell the latest news of a subject.
        """
        self._last += 1
        self._news.pop(subject, None)
        self._news[subject] = self._last, ServerSentEvent(data, event=event, id=str(self._last))
        if len(self._news) > MAX_SUBJECTS:
            self._forgotten, _ = self._news.pop(next(iter(self._news)))
        await self._broadcaster.publish(CHANNEL, "")

    async def follow(self, seen: int) -> AsyncIterator[ServerSentEvent]:
        """
        Give all news after a number, and then what comes.
        """
        async with self._broadcaster.subscribe(CHANNEL) as signals:
            if not self._forgotten <= seen <= self._last:
                seen = self._forgotten
                yield ServerSentEvent("", event="reset", id=str(seen))
            waiting = aiter(signals)
            while True:
                for number, event in [news for news in self._news.values() if news[0] > seen]:
                    yield event
                    seen = number
                await asyncio.sleep(INTERVAL)
                await anext(waiting)

    @asynccontextmanager
    async def report(self, name: str, size: int) -> AsyncIterator["Report"]:
        """
        Tell of an upload, from its beginning to its end.
        """
        report = Report(self, Upload(id=self._last + 1, name=name, size=size))
        await report.tell("running")
        try:
            yield report
        except BaseException:
            await report.tell("failed")
            raise
        await report.tell("done")


class Report:
    """
    What is told of one upload.
    """

    def __init__(self, feed: Feed, upload: Upload) -> None:
        self._feed = feed
        self._upload = upload

    async def advance(self, count: int) -> None:
        """
        Count further bytes.
        """
        self._upload = replace(self._upload, received=self._upload.received + count)
        await self.tell("running")

    async def tell(self, state: State) -> None:
        """
        Tell how it stands.
        """
        self._upload = replace(self._upload, state=state)
        await self._feed.publish(f"upload {self._upload.id}", "upload", self._upload)
