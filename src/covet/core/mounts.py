"""
ASGI applications below a prefix: what they are told about their place, and their lifespans.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

from covet.core.lifespan import Step, make_context_step
from covet.core.route import Mount
from covet.exceptions import LifespanError
from covet.types import ASGIApp, Message, Scope

# Any: the application alone knows what it keeps there.
State = dict[str, Any]

# Seconds that a mounted application has to return after it has said that it is done.
_GRACE: Final = 1.0


class MountedApplications:
    """What an application keeps about those that are mounted in it, besides the routes to them."""

    def __init__(self) -> None:
        # What they have put into their state at start, by prefix.
        self._states: dict[str, State] = {}

    def make_steps(self, mounts: Iterable[Mount]) -> list[Step]:
        """Make the steps that run their lifespans; one that is mounted twice starts once."""
        self._states.clear()
        steps: list[Step] = []
        started: list[tuple[list[Mount], State]] = []
        for mount in mounts:
            if mount.route is not None:
                # Files have no lifespan.
                continue
            alike, state = next((pair for pair in started if pair[0][0].app is mount.app), ([], State()))
            alike.append(mount)
            if len(alike) == 1:
                started.append((alike, state))
                lifespan = MountedLifespan(mount.app, state, mounts=alike)
                steps.append(make_context_step(f"mount {mount.prefix or '/'}", lifespan))
            self._states[mount.prefix] = state
        return steps

    def begin_drain(self, mounts: Iterable[Mount], timeout: float) -> None:
        """
        Tell those that want to know, as servers do, that the server stops: their streams and sockets end.

        Args:
            mounts: All of them.
            timeout: Seconds that what is under way gets.
        """
        for mount in mounts:
            if mount.route is None and not mount.is_closed and hasattr(mount.app, "begin_drain"):
                mount.app.drain_timeout = timeout
                mount.app.begin_drain()

    def copy_state(self, mount: Mount) -> State | None:
        """Copy what an application put into its state, for one request; `None` if nothing was started."""
        state = self._states.get(mount.prefix)
        return None if state is None else state.copy()

    def make_scope(self, scope: Scope, root: str, path: str, mount: Mount) -> Scope:
        """
        Write the scope of a request for a mounted application.

        Args:
            scope: The scope that came.
            root: The prefix that this application is mounted under itself.
            path: The path below that prefix.
            mount: What answers.
        """
        state = self.copy_state(mount)
        return {
            **scope,
            # As the specification says, the path includes the root path.
            "path": root + path,
            "root_path": root + mount.prefix,
            "state": scope.get("state", {}) if state is None else state,
        }


class MountedLifespan:
    """
    The lifespan of a mounted ASGI application, driven by the protocol's messages.

    An application that knows no lifespan is left alone, as the specification says.

    Args:
        app: The application.
        state: What it may fill at start; each of its requests gets a copy.
        mounts: Where it is mounted: it is not started if all of them are closed by then.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any], *, mounts: Sequence[Mount] = ()) -> None:
        self._app = app
        self._state = state
        self._mounts = mounts
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._was_asked = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._state.clear()
        if self._mounts and all(mount.is_closed for mount in self._mounts):
            return
        self._task = asyncio.create_task(self._run(), name="covet-mounted-lifespan")
        try:
            await self._exchange("startup")
        except BaseException:
            await self._end()
            raise

    async def __aexit__(self, *exc_info: object) -> None:
        task = self._task
        try:
            if task is None or not self._was_asked:
                return
            if not task.done():
                await self._exchange("shutdown")
                # Some go on waiting for a message behind the last one.
                await asyncio.wait({task}, timeout=_GRACE)
            if task.done() and not task.cancelled():
                # What ended it, now or while the application ran, must not be lost.
                task.result()
        finally:
            await self._end()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        await self._app(scope, self._receive, self._outbox.put)

    async def _receive(self) -> Message:
        self._was_asked = True
        return await self._inbox.get()

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _exchange(self, event: str) -> None:
        """
        Send an event and wait for its answer.

        Raises:
            LifespanError: If the application says that it failed.
            Exception: What it raised in place of an answer.
        """
        task = self._task
        if task is None:
            return
        await self._inbox.put({"type": f"lifespan.{event}"})
        answer = asyncio.create_task(self._outbox.get())
        try:
            await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_answered = answer.done()
            answer.cancel()
        if not is_answered:
            # One that knows no lifespan raises, or returns, before it asks what there is.
            if self._was_asked:
                task.result()
            return
        message = answer.result()
        if message["type"] == f"lifespan.{event}.failed":
            raise LifespanError(message.get("message", "") or f"A mounted application failed its {event}.", step=event)
