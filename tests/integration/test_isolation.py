"""
Row 95 of docs/security.md: nothing of one request is seen in another, whatever is struck down beside it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import count

import pytest

from covet.testing import ClientResponse, TestClient
from tests.integration.striking import PATHS, Blow, Isolated, Striking
from tests.integration.wire import WireProtocol, on_both_protocols

OTHERS = 64
BLOWS: tuple[Blow, ...] = ("cancel", "timeout", "disconnect")


async def send(client: TestClient, path: str, token: str, *, query: str = "") -> ClientResponse:
    """Send a request that carries its token everywhere, in a body of pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for letter in token:
            await asyncio.sleep(0)
            yield letter.encode()

    headers = {"x-token": token, "cookie": f"token={token}"}
    return await client.post(f"{path}/{token}?token={token}{query}", content=pieces(), headers=headers)


class Battle:
    """
    Requests that go well, and among them requests that are struck down.

    Args:
        protocol: How the application is called.
        least: How many requests must go well before it ends.
    """

    def __init__(self, protocol: WireProtocol, least: int) -> None:
        self.isolated = Isolated()
        self.striking = Striking(self.isolated.app)
        self.client = TestClient(self.striking, protocol=protocol, raise_app_exceptions=False)
        self.least = least
        self.answered = 0
        self.is_over = False
        self.wrong: list[object] = []
        self._numbers = count(100_000)

    def make_token(self) -> str:
        """Make a token that no request had."""
        return str(next(self._numbers))

    async def go_well(self, number: int) -> None:
        """Send requests until the battle is over, and check each answer."""
        while not self.is_over:
            token = self.make_token()
            response = await send(self.client, PATHS[number % len(PATHS)], token, query="&defer")
            number += 1
            self.answered += 1
            owner = response.headers.get("x-owner", token)
            if response.status_code != 200 or set(response.json()) != {token} or owner != token:
                self.wrong.append((token, response.status_code, response.headers.get("x-owner"), response.text))

    async def be_struck(self, path: str, blow: Blow, at: int) -> bool:
        """
        Send a request that is struck down at one of its awaits.

        Returns:
            Whether it lived long enough for it.
        """
        token = self.make_token()
        call = asyncio.create_task(send(self.client, path, token))
        self.striking.marked[token] = (at, blow, call)
        await asyncio.wait({call})
        del self.striking.marked[token]
        if not call.cancelled() and call.exception() is None:
            response = call.result()
            # What is answered is its own, or says nothing of anybody.
            if response.status_code == 200 and set(response.json()) != {token}:
                self.wrong.append((blow, token, response.text))
        return token in self.striking.struck

    async def strike_everywhere(self, path: str, blow: Blow) -> int:
        """
        Strike one path at every await in one way.

        Returns:
            How many requests were struck.
        """
        at = 0
        while await self.be_struck(path, blow, at):
            at += 1
        assert at > 2, (path, blow)
        return at

    async def fight(self) -> int:
        """Run all of it; returns how many requests were struck."""
        others = [asyncio.create_task(self.go_well(number)) for number in range(OTHERS)]
        struck = 0
        try:
            while not struck or self.answered < self.least:
                strikes = (self.strike_everywhere(path, blow) for path in PATHS for blow in BLOWS)
                struck += sum(await asyncio.gather(*strikes))
        finally:
            self.is_over = True
            await asyncio.gather(*others)
        return struck


async def assert_isolated(protocol: WireProtocol, least: int, caplog: pytest.LogCaptureFixture) -> None:
    """Fail if one request saw anything of another, or one that was entered was not finished."""
    # Every request whose time is up is a record with its trace.
    caplog.set_level(logging.CRITICAL, "covet.errors")
    battle = Battle(protocol, least)

    struck = await battle.fight()

    watching = battle.isolated.watching
    assert battle.wrong == []
    assert battle.isolated.mismatches == []
    assert sorted(watching.entered) == sorted(watching.finished)
    assert struck > 100
    assert battle.answered >= least


@pytest.mark.row(95)
@on_both_protocols
async def test_row_095_nobody_sees_data_of_another(protocol: WireProtocol, caplog: pytest.LogCaptureFixture) -> None:
    """Cancelled, timed out or left at every await while 64 others run: no mismatch in thousands."""
    await assert_isolated(protocol, 1_500, caplog)


@pytest.mark.row(95)
@pytest.mark.campaign
@pytest.mark.timeout(3600)
@on_both_protocols
async def test_row_095_no_request_in_200_000_sees_data_of_another(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """The same, as often as the table asks for."""
    await assert_isolated(protocol, 200_000, caplog)
