"""
Tests of the compiled routes.
"""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from covet import CovetPy
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
current: ContextVar[str] = ContextVar("current", default="none")


async def get(app: CovetPy, path: str, protocol: Any = "asgi") -> Any:
    """Send one GET."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        return await client.get(path)


@Protocols
async def test_sync_handlers_run_in_a_thread_unless_they_never_block(protocol: Any) -> None:
    """`non_blocking=True` keeps one on the event loop."""
    app = CovetPy()

    def where() -> bool:
        return threading.current_thread() is threading.main_thread()

    app.add_route("/thread", where, name="thread")
    app.add_route("/loop", where, name="loop", non_blocking=True)

    assert (await get(app, "/thread", protocol)).json() is False
    assert (await get(app, "/loop", protocol)).json() is True


@Protocols
async def test_a_timeout_cancels_the_handler(protocol: Any) -> None:
    """The client gets 504; a `TimeoutError` of the handler's own stays an error of the program."""
    log: list[str] = []
    app = CovetPy()

    @app.get("/slow", timeout=0.02)
    async def slow() -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise
        return ""

    @app.get("/own", timeout=5)
    async def own() -> str:
        raise TimeoutError("own")

    assert (await get(app, "/slow", protocol)).status_code == 504
    assert (await get(app, "/own", protocol)).status_code == 500
    assert log == ["cancelled"]


@Protocols
async def test_parameters_may_be_called_anything(protocol: Any) -> None:
    """The names of a handler never meet those of the generated source."""
    app = CovetPy()
    names = ("request", "result", "response", "values", "scope", "send", "body", "handler", "answer", "kind")

    @app.get("/{result}/{scope}")
    async def odd(
        result: str, scope: int, response: int = 1, values: int = 2, send: int = 3, *, body: int = 4,
        handler: int = 5, answer: int = 6, kind: int = 7, encode: int = 8, readers: int = 9,
    ) -> dict[str, Any]:  # fmt: skip
        return {"result": result, "scope": scope, "body": body, "kind": kind, "encode": encode, "readers": readers}

    response = await get(app, "/a/5?body=40", protocol)

    assert len(names) == 10
    assert response.json() == {"result": "a", "scope": 5, "body": 40, "kind": 7, "encode": 8, "readers": 9}


@Protocols
async def test_each_request_has_its_own_context(protocol: Any) -> None:
    """What one request sets no other sees."""
    app = CovetPy()

    @app.get("/")
    async def index(name: str) -> str:
        before = current.get()
        current.set(name)
        await asyncio.sleep(0.001)
        return f"{before} {current.get()}"

    async with TestClient(app, protocol=protocol) as client:
        answers = await asyncio.gather(*(client.get(f"/?name={number}") for number in range(20)))

    assert [answer.text for answer in answers] == [f"none {number}" for number in range(20)]


@Protocols
async def test_row_095_no_answer_carries_anothers_data(protocol: Any) -> None:
    """Errors, cancellations and departures among many requests at once mix nothing up."""
    app = CovetPy()

    @app.get("/quick/{number}")
    async def quick(number: int) -> dict[str, int]:
        for _ in range(number % 5):
            await asyncio.sleep(0)
        if number % 7 == 0:
            raise KeyError(number)
        return {"number": number}

    @app.get("/slow/{number}", timeout=0.05)
    async def slow(number: int) -> dict[str, int]:
        await asyncio.sleep(60)
        return {"number": number}

    wrong = 0
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:

        async def ask(number: int) -> None:
            nonlocal wrong
            task = asyncio.create_task(client.get(f"/{'slow' if number % 11 == 0 else 'quick'}/{number}"))
            if number % 13 == 0:
                for _ in range(number % 4):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return
            response = await task
            expected = 504 if number % 11 == 0 else 500 if number % 7 == 0 else 200
            wrong += response.status_code != expected
            wrong += expected == 200 and response.json() != {"number": number}

        for start in range(0, 1000, 100):
            await asyncio.gather(*(ask(number) for number in range(start, start + 100)))

    assert wrong == 0
