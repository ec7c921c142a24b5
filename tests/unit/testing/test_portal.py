"""
A loop in a thread.
"""

import asyncio
import threading

import pytest

from covet.testing.portal import Portal


def test_calls_share_one_loop_in_one_thread() -> None:
    """
    What one call starts on the loop, the next one finds there.
    """

    async def where() -> tuple[asyncio.AbstractEventLoop, int]:
        return asyncio.get_running_loop(), threading.get_ident()

    with Portal.open(hint="await it") as portal:
        first, second = portal.call(where), portal.call(where)

    assert first == second
    assert first[1] != threading.get_ident()


def test_an_error_comes_back() -> None:
    """
    What the coroutine raises is raised by the call.
    """

    async def fail() -> None:
        raise KeyError("inside")

    with Portal.open(hint="await it") as portal, pytest.raises(KeyError, match="inside"):
        portal.call(fail)


async def test_a_running_loop_is_not_stopped() -> None:
    """
    Where a loop runs, the portal says what to do instead of waiting.
    """
    with pytest.raises(RuntimeError, match="An event loop runs here already; await it"):
        Portal.open(hint="await it")


def test_a_closed_portal_says_so() -> None:
    """
    After `close` there is no loop, and closing again is fine.
    """
    portal = Portal.open(hint="await it")
    portal.close()
    portal.close()

    with pytest.raises(RuntimeError, match="This client is closed"):
        portal.call(lambda: asyncio.sleep(0))
