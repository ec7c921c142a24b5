"""
Tasks that outlive their application.
"""

import asyncio

import pytest

from covet.testing import (
    TestClient,
)
from covet.testing.rsgi_fakes import RSGIHTTPProtocol, RSGIScope
from covet.types import Receive, Scope, Send
from tests.unit.testing.apps import Both, Protocol, answer


async def test_tasks_that_the_application_forgot_are_named(protocol: Protocol) -> None:
    """
    A task that outlives the shutdown is a warning that names it, and it is cancelled; the test's own are let be.
    """
    started: list[asyncio.Task[None]] = []

    async def forgotten() -> None:
        await asyncio.sleep(60)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        started.append(asyncio.create_task(forgotten(), name="cleaner"))
        await answer(send)

    async def rsgi(scope: RSGIScope, protocol: RSGIHTTPProtocol) -> None:
        started.append(asyncio.create_task(forgotten(), name="cleaner"))
        protocol.response_empty(200, [])

    with pytest.warns(ResourceWarning, match=r"left 1 tasks running after its shutdown: cleaner \(.*forgotten\)"):
        async with TestClient(Both(asgi, rsgi), protocol=protocol) as client:
            own = asyncio.create_task(asyncio.sleep(60))
            await client.get("/")

    assert started[0].cancelled()
    assert not own.done()
    own.cancel()
