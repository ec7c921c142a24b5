"""
Tests of mounted ASGI applications: their place, their state and their lifespans.
"""

import asyncio
from typing import Any

import pytest

from covet import CovetPy
from covet.core import CovetRouter, mounts
from covet.core.mounts import MountedApplications, MountedLifespan
from covet.core.route import Mount
from covet.exceptions import ConfigurationError, LifespanError
from covet.testing import TestClient
from covet.types import Message, Receive, Scope, Send

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Application:
    """
    An ASGI application that lives as it is told to, and notes each event.
    """

    def __init__(self, *, fails: str = "", message: str = "", after: str = "returns") -> None:
        self.events: list[str] = []
        self.scopes: list[Scope] = []
        self._fails = fails
        self._message = message
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Take part in the lifespan; answer a request with nothing.
        """
        self.scopes.append(scope)
        if scope["type"] != "lifespan":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        for event in ("startup", "shutdown"):
            message = await receive()
            self.events.append(message["type"])
            if self._fails == event:
                await send({"type": f"lifespan.{event}.failed", "message": self._message})
                return
            await send({"type": f"lifespan.{event}.complete"})
        if self._after == "waits":
            await receive()
        if self._after == "raises":
            raise RuntimeError("behind the last word")


async def run(application: Any) -> dict[str, Any]:
    """
    Run an application's lifespan from start to stop, and give what it put into its state.
    """
    state: dict[str, Any] = {}
    async with MountedLifespan(application, state):
        pass
    return state


# ── The lifespan ─────────────────────────────────────────────────────────────


async def test_start_and_stop_reach_the_application() -> None:
    """
    One lifespan scope as the specification has it, and one message each.
    """
    application = Application()

    await run(application)

    assert application.events == ["lifespan.startup", "lifespan.shutdown"]
    assert application.scopes[0]["type"] == "lifespan"
    assert application.scopes[0]["asgi"] == {"version": "3.0", "spec_version": "2.0"}


async def test_what_an_earlier_start_left_in_the_state_is_gone() -> None:
    """
    Started again, an application finds its state empty.
    """
    seen: list[dict[str, Any]] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope["state"]))
        scope["state"]["pool"] = "a pool"
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})

    lifespan = MountedLifespan(application, {})
    for _ in range(2):
        async with lifespan:
            pass

    assert seen == [{}, {}]


async def raise_at_once(scope: Scope, _receive: Receive, _send: Send) -> None:
    """
    Know no lifespan, and say so as most frameworks do.
    """
    raise AssertionError(scope["type"])


async def return_at_once(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """
    Know no lifespan, and take no notice.
    """


@pytest.mark.parametrize("application", [raise_at_once, return_at_once])
async def test_an_application_without_a_lifespan_is_left_alone(application: Any) -> None:
    """
    The specification allows it either to raise or to return before it asks what there is.
    """
    assert await run(application) == {}


@pytest.mark.parametrize(
    ("event", "message", "expected"),
    [
        ("startup", "no database", "no database"),
        ("startup", "", "A mounted application failed its startup."),
        ("shutdown", "the pool is stuck", "the pool is stuck"),
        ("shutdown", "", "A mounted application failed its shutdown."),
    ],
)
async def test_a_failure_is_an_error_that_names_its_step(event: str, message: str, expected: str) -> None:
    """
    The application's own words, or ours where it has none.
    """
    with pytest.raises(LifespanError) as caught:
        await run(Application(fails=event, message=message))

    assert (str(caught.value), caught.value.step) == (expected, event)


async def test_what_is_raised_in_place_of_an_answer_comes_out() -> None:
    """
    An application that has asked what there is has a lifespan, and failed it.
    """

    async def application(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        raise KeyError("setting")

    with pytest.raises(KeyError, match="setting"):
        await run(application)


async def test_an_application_that_died_meanwhile_is_told_at_the_stop() -> None:
    """
    An error while the application ran is never lost.
    """

    async def application(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise RuntimeError("the watcher died")

    with pytest.raises(RuntimeError, match="the watcher died"):
        await run(application)


async def test_an_application_that_returned_meanwhile_is_stopped_already() -> None:
    """
    One that has nothing to do at the stop may return after its start.
    """

    async def application(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})

    assert await run(application) == {}


async def test_an_error_behind_the_last_word_comes_out() -> None:
    """
    What an application raises after it said that it stopped is its failure all the same.
    """
    with pytest.raises(RuntimeError, match="behind the last word"):
        await run(Application(after="raises"))


async def test_an_application_that_never_returns_holds_no_stop_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    One that asks for a third message, as a plain loop does, is ended after its grace.
    """
    monkeypatch.setattr(mounts, "_GRACE", 0.01)
    application = Application(after="waits")

    async with asyncio.timeout(5):
        await run(application)

    assert application.events == ["lifespan.startup", "lifespan.shutdown"]


async def test_a_start_that_is_cancelled_ends_the_application() -> None:
    """
    No task is left behind by a start that nobody waits for any more.
    """
    ended = []

    async def application(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    task = asyncio.ensure_future(run(application))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


# ── The state and the scope ──────────────────────────────────────────────────


async def test_each_request_has_a_copy_of_the_state() -> None:
    """
    An application mounted twice starts once, and has one state at both places; another has its own.
    """
    kept = MountedApplications()
    names = iter("ab")

    def make() -> Any:
        name = next(names)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"]["name"] = name
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})

        return application

    twice, once = make(), make()
    first, second, third = Mount("/1", twice), Mount("/2", twice), Mount("/3", once)
    steps = kept.make_steps([first, second, third])
    for _, begin, _ in steps:
        await begin()

    copy = kept.copy_state(first)
    assert copy == {"name": "a"}
    copy["name"] = "changed"
    states = [kept.copy_state(mount) for mount in (first, second, third)]
    for _, _, stop in steps:
        assert stop is not None
        await stop()

    assert [name for name, _, _ in steps] == ["mount /1", "mount /3"]
    assert states == [{"name": "a"}, {"name": "a"}, {"name": "b"}]


def test_without_a_start_there_is_no_state() -> None:
    """
    What the server put there is left as it was.
    """
    kept, mount = MountedApplications(), Mount("/sub", return_at_once)

    scope = kept.make_scope({"type": "http", "state": {"server": 1}}, "", "/sub/x", mount)

    assert kept.copy_state(mount) is None
    assert scope["state"] == {"server": 1}


@pytest.mark.parametrize(
    ("root", "prefix", "path"), [("", "/sub", "/sub/x"), ("/base", "/sub", "/base/sub/x"), ("/base", "", "/base/sub/x")]
)
def test_the_scope_says_where_the_application_stands(root: str, prefix: str, path: str) -> None:
    """
    The root path grows by the prefix, and the path includes it; the scope that came is not changed.
    """
    came: Scope = {"type": "http", "path": path, "root_path": root, "headers": []}
    before = dict(came)

    scope = MountedApplications().make_scope(came, root, "/sub/x", Mount(prefix, return_at_once))

    assert (scope["path"], scope["root_path"]) == (path, root + prefix)
    assert came == before


# ── In an application ────────────────────────────────────────────────────────


@Protocols
async def test_a_mount_that_fails_stops_what_was_started(protocol: Any) -> None:
    """
    The applications that had started are stopped, and the error names the one that failed.
    """
    app, good, bad = CovetPy(), Application(), Application(fails="startup", message="no database")
    app.mount("/good-long", good)
    app.mount("/bad", bad)

    with pytest.raises(LifespanError, match="no database") as caught:
        async with TestClient(app, protocol=protocol):
            pass

    assert good.events == ["lifespan.startup", "lifespan.shutdown"]
    assert caught.value.__notes__ == ["while starting: mount /bad"]


async def test_failures_of_several_mounts_are_one_group() -> None:
    """
    Each is stopped whatever the others do, and each failure says which one it was.
    """
    app = CovetPy()
    app.mount("/a", Application(fails="shutdown", message="first"))
    app.mount("/b", Application(after="raises"))
    await app.startup()

    with pytest.raises(ExceptionGroup) as caught:
        await app.shutdown()

    assert {(str(exc), exc.__notes__[0]) for exc in caught.value.exceptions} == {
        ("first", "while stopping: mount /a"),
        ("behind the last word", "while stopping: mount /b"),
    }


@pytest.mark.parametrize("way", ["application", "router", "included"])
async def test_what_comes_too_late_to_be_started_is_refused(way: str) -> None:
    """
    Its lifespan would never run: the error says so, and nothing is mounted.
    """
    app, included = CovetPy(), CovetRouter()
    app.include_router(included, "/in")
    target: Any = {"application": app, "router": app.router, "included": included}[way]

    async with TestClient(app) as client:
        with pytest.raises(ConfigurationError) as caught:
            target.mount("/late", Application())
        response = await client.get("/in/late" if way == "included" else "/late")

    path = "/in/late" if way == "included" else "/late"
    assert str(caught.value) == (
        f"What is mounted at {path!r} comes too late: the application is ready, and would not run it.\n"
        "  Declare it before the application starts."
    )
    assert response.status_code == 404


async def test_between_two_lives_an_application_may_be_mounted() -> None:
    """
    After the stop it is early again: the next start runs its lifespan.
    """
    app, late = CovetPy(), Application()
    async with TestClient(app):
        pass
    app.mount("/late", late)

    async with TestClient(app) as client:
        response = await client.get("/late")

    assert response.status_code == 204
    assert late.events == ["lifespan.startup", "lifespan.shutdown"]


async def test_a_message_that_nobody_waits_for_is_no_answer() -> None:
    """
    What an application sends before it is asked counts as the answer to its start.
    """
    sent: list[Message] = []

    async def application(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.complete"})
        await receive()
        sent.append(await receive())
        await send({"type": "lifespan.shutdown.complete"})

    await run(application)

    assert sent == [{"type": "lifespan.shutdown"}]
