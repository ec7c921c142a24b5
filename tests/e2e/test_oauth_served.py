"""
Logins with another service, under real servers: a browser, the application and the service are three processes' affair.
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
TARGET = "tests.e2e.oauth_application:app"


@pytest.fixture(scope="module")
def service() -> Iterator[ServerProcess]:
    """Run the service that one logs in at."""
    with serve("tests.e2e.oidc_provider:app", directory=ROOT) as server:
        yield server


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value))
def shop(request: pytest.FixtureRequest, service: ServerProcess) -> Iterator[str]:
    """Serve the application in every way there is; gives its address."""
    name, interface = request.param
    with serve(TARGET, server=name, interface=interface, directory=ROOT, env={"OIDC_URL": service.url}) as server:
        yield server.url


def open_browser(url: str) -> httpx2.AsyncClient:
    """Open a browser: it keeps cookies, and goes where it is sent."""
    return httpx2.AsyncClient(base_url=url, follow_redirects=True)


async def test_a_browser_logs_in_and_out(shop: str) -> None:
    """Through the service and back, twice."""
    async with open_browser(shop) as browser:
        before = await browser.get("/me")
        back = await browser.get("/auth/ada/login?next=/me")
        token = await browser.get("/token")
        out = await browser.post("/auth/ada/logout")
        after = await browser.get("/me")

    assert (before.status_code, after.status_code) == (401, 401)
    assert back.json() == {"id": "ada:u-1", "name": "Ada", "method": "ada"}
    assert [answer.status_code for answer in back.history] == [303, 302, 303]
    assert len(token.text.split(".")) == 3
    assert [answer.status_code for answer in out.history] == [303, 302]
    assert (out.text, str(out.url)) == ("bye", f"{shop}/bye")


async def test_many_browsers_log_in_at_once(shop: str) -> None:
    """And each is who they are."""

    async def log_in(number: int) -> tuple[str, str]:
        name = ("ada", "grace")[number % 2]
        async with open_browser(shop) as browser:
            return name, (await browser.get(f"/auth/{name}/login?next=/me")).json()["name"]

    found = await asyncio.gather(*map(log_in, range(20)))

    assert set(found) == {("ada", "Ada"), ("grace", "Grace")}


@pytest.mark.row(68)
async def test_row_068_nobody_is_logged_in_by_somebody_elses_way_back(shop: str) -> None:
    """A page that has it followed gets 400, and the victim stays who they are."""
    async with open_browser(shop) as attacker, open_browser(shop) as victim:
        there = await attacker.get("/auth/ada/login", follow_redirects=False)
        way_back = (await attacker.get(there.headers["location"], follow_redirects=False)).headers["location"]
        await victim.get("/auth/grace/login?next=/me")
        trapped = await victim.get(way_back)
        me = await victim.get("/me")

    assert trapped.status_code == 400
    assert me.json()["name"] == "Grace"


async def test_a_service_that_is_slow_makes_nobody_else_wait(shop: str) -> None:
    """503 for who comes back, and answers for all others meanwhile."""
    async with open_browser(shop) as browser, open_browser(shop) as other:
        login = asyncio.create_task(browser.get("/auth/slow/login?next=/me", timeout=20))
        await asyncio.sleep(0.5)
        begin = time.monotonic()
        answers = [await other.get("/ok") for _ in range(10)]
        seconds = time.monotonic() - begin
        is_waiting = not login.done()
        back = await login

    assert is_waiting
    assert seconds < 1
    assert {answer.text for answer in answers} == {"ok"}
    assert back.status_code == 503


async def test_a_service_that_is_gone_is_told_to_the_log() -> None:
    """503 for the client, a line in the log, and the application goes on."""
    with serve("tests.e2e.oidc_provider:app", directory=ROOT) as service:
        pass
    async with (
        serve(TARGET, directory=ROOT, env={"OIDC_URL": service.url}) as server,
        open_browser(server.url) as browser,
    ):
        response = await browser.get("/auth/ada/login")
        ok = await browser.get("/ok")
        log = server.log()

    assert (response.status_code, ok.text) == (503, "ok")
    assert f"The login provider at {service.url}/sends-iss/.well-known/openid-configuration gave no answer" in log
