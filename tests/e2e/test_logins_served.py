"""
Logins by a real client, of a real server with two workers that share users and sessions.
"""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
ADA = {"username": "ada", "password": "correct horse"}
ROUNDS = 5
Interfaces = pytest.mark.parametrize("interface", ["rsgi", "asgi"])


def serve_logins(folder: Path, interface: str, **env: str) -> ServerProcess:
    """Serve the application with two workers."""
    env = {"LOGIN_FOLDER": str(folder), **env}
    return serve("tests.e2e.login_application:app", interface=interface, workers=2, env=env, directory=ROOT)


def open_client(server: ServerProcess) -> httpx2.AsyncClient:
    """Open a client with cookies of its own."""
    return httpx2.AsyncClient(base_url=server.url, timeout=30)


async def show(client: httpx2.AsyncClient, **options: Any) -> tuple[bool, list[str]]:
    """Ask who the client is taken for, and what its session has."""
    seen = (await client.get("/me", **options)).json()
    return seen["known"], seen["kept"]


@Interfaces
async def test_a_login_from_its_beginning_to_its_ends(tmp_path: Path, interface: str) -> None:
    """Registered once, logged in under a new id, rotated, logged out; an old cookie is good for nothing."""
    async with serve_logins(tmp_path, interface) as server, open_client(server) as client:
        registered = [(await client.post("/register", json=ADA)).status_code for _ in range(2)]
        refused = (await client.post("/login", json=ADA | {"password": "wrong horse"})).status_code
        await client.post("/keep/cart")
        visitor = dict(client.cookies)
        await client.post("/login", json=ADA)
        inside, first = await show(client), dict(client.cookies)
        await client.post("/rotate")
        rotated, second = await show(client), dict(client.cookies)
        await client.post("/logout")
        outside = await show(client)
        async with open_client(server) as thief:
            stolen = [
                await show(thief, headers={"cookie": f"session={old['session']}"}) for old in (visitor, first, second)
            ]

    assert (registered, refused) == ([204, 409], 401)
    assert (inside, rotated, outside) == ((True, ["cart"]), (True, ["cart"]), (False, []))
    assert len({cookies["session"] for cookies in (visitor, first, second)}) == 3
    assert stolen == [(False, [])] * 3


@Interfaces
async def test_all_sessions_of_a_user_end_at_once(tmp_path: Path, interface: str) -> None:
    """Those of others do not, and the user may log in again."""
    async with (
        serve_logins(tmp_path, interface) as server,
        open_client(server) as one,
        open_client(server) as two,
        open_client(server) as other,
    ):
        for client, account in ((one, ADA), (two, ADA), (other, ADA | {"username": "eve"})):
            await client.post("/register", json=account)
            await client.post("/login", json=account)
        before = [(await show(client))[0] for client in (one, two, other)]
        ended = (await one.post("/everywhere")).json()
        after = [(await show(client))[0] for client in (one, two, other)]
        await two.post("/login", json=ADA)
        again = (await show(two))[0]

    assert (before, ended, after, again) == ([True] * 3, 2, [False, False, True], True)


@Interfaces
async def test_a_session_that_is_not_used_expires(tmp_path: Path, interface: str) -> None:
    """On the server, whatever the browser keeps."""
    async with serve_logins(tmp_path, interface, LOGIN_IDLE="1") as server, open_client(server) as client:
        await client.post("/register", json=ADA)
        await client.post("/login", json=ADA)
        cookie = f"session={client.cookies['session']}"
        await asyncio.sleep(1.5)
        async with open_client(server) as replay:
            assert await show(replay, headers={"cookie": cookie}) == (False, [])


@Interfaces
async def test_requests_at_once_lose_nothing_and_bring_nothing_back(tmp_path: Path, interface: str) -> None:
    """What each keeps is there, in whatever worker it ran; after a logout nothing is, however late they save."""
    names = [f"k{number:02}" for number in range(12)]
    async with serve_logins(tmp_path, interface) as server, open_client(server) as client:
        await client.post("/register", json=ADA)
        for _ in range(ROUNDS):
            await client.post("/login", json=ADA)
            cookie = {"cookie": f"session={client.cookies['session']}"}
            # Clients of their own: connections to both workers, and nobody's cookies change on the way.
            async with open_client(server) as rivals:
                await asyncio.gather(*(rivals.post(f"/keep/{name}", headers=cookie) for name in names))
                together = await show(rivals, headers=cookie)
                slow = [asyncio.create_task(rivals.post(f"/keep/late{number}", headers=cookie)) for number in range(6)]
                await asyncio.sleep(0.01)
                await client.post("/logout")
                await asyncio.gather(*slow)
                after = await show(rivals, headers=cookie)

            assert together == (True, names)
            assert after == (False, [])
