"""
Refreshing tokens once.
"""

import asyncio

import pytest

from covet.auth import OAuthTokens
from covet.auth.oauth import refreshes as module
from covet.auth.oauth.refreshes import Refreshes


class Service:
    """What gives tokens, counts, and fails when told to."""

    def __init__(self) -> None:
        self.count = 0
        self.failure: Exception | None = None

    async def ask(self) -> OAuthTokens:
        self.count += 1
        await asyncio.sleep(0.001)
        if self.failure is not None:
            raise self.failure
        return OAuthTokens(f"token {self.count}")


async def test_all_who_come_at_once_get_the_same() -> None:
    """And those who come a moment later with the old token; another token is another matter."""
    service, refreshes = Service(), Refreshes()
    found = await asyncio.gather(*(refreshes.run("old", service.ask) for _ in range(20)))
    later = await refreshes.run("old", service.ask)
    other = await refreshes.run("other", service.ask)

    assert {tokens.access_token for tokens in [*found, later]} == {"token 1"}
    assert other.access_token == "token 2"


async def test_what_has_failed_is_tried_again() -> None:
    """All who waited learn of the failure."""
    service, refreshes = Service(), Refreshes()
    service.failure = OSError("down")
    found = await asyncio.gather(*(refreshes.run("old", service.ask) for _ in range(3)), return_exceptions=True)
    assert [type(item) for item in found] == [OSError] * 3

    service.failure = None
    assert (await refreshes.run("old", service.ask)).access_token == "token 2"


async def test_who_leaves_does_not_end_what_others_wait_for() -> None:
    """A refresh is everybody's."""
    service, refreshes = Service(), Refreshes()
    leaving, staying = (asyncio.create_task(refreshes.run("old", service.ask)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert (await staying).access_token == "token 1"
    assert service.count == 1


async def test_what_is_over_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute, or when there are too many."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    monkeypatch.setattr(module, "_MAX_KEPT", 3)
    service, refreshes = Service(), Refreshes()
    for number in range(10):
        await refreshes.run(f"old {number}", service.ask)
    assert len(refreshes._running) <= 4
    now[0] += 60
    await refreshes.run("new", service.ask)
    assert len(refreshes._running) == 1
