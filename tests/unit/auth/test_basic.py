"""
A name and a password with each request.
"""

from base64 import b64encode
from typing import Any

import pytest

from covet import CovetPy
from covet.auth import BasicAuthProvider, Lockout, Principal, requires
from covet.middleware import AuthenticationMiddleware
from covet.testing import TestClient
from tests.unit.auth.logins import make_users


async def make_app() -> CovetPy:
    """Make an application with Basic."""
    users, hasher, _ = await make_users()
    provider = BasicAuthProvider(users, realm="shop", hasher=hasher, lockout=Lockout(max_failures=4))
    app = CovetPy(middleware=[AuthenticationMiddleware(provider=provider)])

    @app.get("/", middleware=[requires()])
    async def index(principal: Principal) -> str:
        return f"{principal.method} {principal.id}"

    return app


def write(text: bytes) -> dict[str, str]:
    """Write credentials."""
    return {"Authorization": f"Basic {b64encode(text).decode()}"}


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_a_name_and_a_password_let_in(protocol: Any) -> None:
    """Others are refused with a challenge, as are absent ones, and after some of them nobody is looked at."""
    challenge = 'Basic realm="shop", charset="UTF-8"'
    async with TestClient(await make_app(), protocol=protocol) as client:
        good = await client.get("/", headers=write(b"ada:correct horse"))
        absent = await client.get("/")
        bad = [await client.get("/", headers=write(b"ada:wrong horse")) for _ in range(5)]

    assert good.text == "basic 7"
    assert (absent.status_code, absent.headers["www-authenticate"]) == (401, challenge)
    assert [response.status_code for response in bad] == [401, 401, 401, 401, 429]
    assert bad[0].headers["www-authenticate"] == challenge
    assert bad[4].headers["retry-after"] == "30"


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic !!!!", "Basic YWRh", "Basic YWRhOg==", "Basic /w==", "Basic " + "QUFB" * 4000, "Basic YQo6Yg==",
     "Basic YWRhOmNvcnJlY3QgaG9yc2V=", "Basic YWRhOmNvcnJlY3QgaG9yc2U"],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused(header: str) -> None:
    """No base64, no colon, no password, no UTF-8, too long, a line break in the name, another spelling."""
    async with TestClient(await make_app()) as client:
        response = await client.get("/", headers={"Authorization": header})
    assert response.status_code in {401, 431}
