"""
The example of accounts in process, over both protocols: who is let in, who is led where, and who is kept out.
"""

import asyncio
import re
import sqlite3
import stat
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from covet.config import Sources
from covet.deployment import check_deployment
from covet.testing import ClientResponse, TestClient
from examples.accounts.app import AccountsSettings, make_app

SITE = "https://accounts.example"
PARTNER = "https://partner.example"
# What browsers say of a form of the site itself, and of one of another.
OWN = {"Origin": SITE, "Accept": "text/html,*/*;q=0.8"}
FOREIGN = {"Origin": "https://evil.example", "Accept": "text/html,*/*;q=0.8"}
PASSWORD = "correct horse battery"


def make_settings(directory: Path, environment: str = "testing", **security: object) -> AccountsSettings:
    """Make settings with keys, and an origin that may use the API."""
    keys = {"secret_key": "mKQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3e", "jwt_secret_key": "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"}
    return AccountsSettings(
        sources=Sources.none(),
        environment=environment,
        security={**keys, "cors_allow_origins": [PARTNER], **security},
        storage={"directory": directory},
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the accounts are kept."""
    return tmp_path / "accounts"


@pytest.fixture(params=["asgi", "rsgi"])
async def client(request: pytest.FixtureRequest, directory: Path) -> AsyncIterator[TestClient]:
    """A browser, as far as forms and cookies go; there are no accounts yet."""
    app = make_app(make_settings(directory))
    async with TestClient(app, protocol=request.param, base_url=SITE, headers=OWN) as client:
        yield client


async def register(client: TestClient, username: str) -> None:
    """Register an account, and be logged in to it, whoever was before."""
    client.cookies.clear()
    response = await client.post("/register", data={"username": username, "password": PASSWORD})
    assert (response.status_code, response.headers["location"]) == (303, "/account")


async def log_in(client: TestClient, username: str, password: str = PASSWORD, **fields: str) -> ClientResponse:
    """Send the form of the login page."""
    return await client.post("/login", data={"username": username, "password": password, **fields})


# Any: JSON.
async def create_tokens(client: TestClient, username: str) -> dict[str, Any]:
    """Log in as a program does."""
    response = await client.post("/api/tokens", json={"username": username, "password": PASSWORD})
    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store")
    pair: dict[str, Any] = response.json()
    return pair


async def create_key(client: TestClient, name: str = "laptop") -> str:
    """Make an API key on the page; it is shown there this once."""
    page = await client.post("/account/keys", data={"name": name})
    assert (page.status_code, page.headers["cache-control"]) == (201, "no-store")
    found = re.search(r'<output class="key">(accounts_[^<]+)</output>', page.text)
    assert found is not None
    return found[1]


async def ask(client: TestClient, path: str, *, token: str = "", key: str = "") -> ClientResponse:
    """Ask the API, as a program does."""
    credentials = {"Authorization": f"Bearer {token}"} if token else {"X-API-Key": key}
    return await client.get(path, headers={"Accept": "application/json", **credentials})


# ── Registering ──────────────────────────────────────────────────────────────


async def test_who_registers_is_logged_in_and_the_first_administrates(client: TestClient) -> None:
    """Everybody has a page of their own, and one of them the others' as well."""
    await register(client, "ada")
    first = [(await client.get(path)) for path in ("/", "/account", "/admin")]
    await register(client, "eve")
    second = [(await client.get(path)) for path in ("/", "/account", "/admin")]

    assert [page.status_code for page in first] == [200, 200, 200]
    assert [page.status_code for page in second] == [200, 200, 403]
    assert "Hello, ada!" in first[0].text
    assert "Hello, eve!" in second[0].text
    assert 'href="/admin"' not in second[1].text


async def test_form_comes_back_with_a_sentence_at_each_field(client: TestClient) -> None:
    """With the name that was typed, without the password, and tied together for screen readers."""
    page = await client.post("/register", data={"username": "Ada <b>", "password": "short"})

    fields = dict(re.findall(r'<input id="(\w+)"([^>]*)>', page.text))
    notes = {
        name: unescape(text) for name, text in re.findall(r'<p class="error" id="([\w-]+)">([^<]*)</p>', page.text)
    }
    assert page.status_code == 422
    assert notes == {
        "username-note": "Name may have a to z, digits, - and _.",
        "password-note": "Password must have at least 12 characters.",
    }
    assert 'value="Ada &lt;b&gt;"' in fields["username"]
    assert 'value=""' in fields["password"]
    for name, attributes in fields.items():
        assert 'aria-invalid="true"' in attributes
        assert f'aria-describedby="{name}-note"' in attributes
        assert f'<label for="{name}">' in page.text


async def test_name_is_given_once(client: TestClient) -> None:
    """And the account stays whose it was."""
    await register(client, "ada")
    client.cookies.clear()
    again = await client.post("/register", data={"username": "ada", "password": "another long password"})

    assert again.status_code == 422
    assert "Name is taken." in again.text
    assert (await log_in(client, "ada")).status_code == 303


async def test_accounts_and_sessions_outlast_the_process(directory: Path) -> None:
    """They are in files that nobody else on the machine may read, without the password."""
    async with TestClient(make_app(make_settings(directory)), base_url=SITE, headers=OWN) as before:
        await register(before, "ada")
        cookies = dict(before.cookies)
    async with TestClient(make_app(make_settings(directory)), base_url=SITE, cookies=cookies) as after:
        page = await after.get("/account")

    assert page.status_code == 200
    assert directory.stat().st_mode & 0o077 == 0
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in directory.iterdir())


# ── Logging in and out ───────────────────────────────────────────────────────


async def test_login_leads_back(client: TestClient) -> None:
    """From a page that is for somebody, by the login page, to that page as it was asked for."""
    await register(client, "ada")
    client.cookies.clear()

    asked = await client.get("/account?tab=keys&page=2")
    form = await client.get(asked.headers["location"])
    target = re.search(r'name="next" value="([^"]*)"', form.text)
    assert target is not None
    back = await log_in(client, "ada", next=unescape(target[1]))

    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Faccount%3Ftab%3Dkeys%26page%3D2")
    assert (back.status_code, back.headers["location"]) == (303, "/account?tab=keys&page=2")
    assert (await client.get(back.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "\t//evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/account\r\nSet-Cookie: a=b",
    ],
)
async def test_login_leads_nowhere_else(client: TestClient, target: str) -> None:
    """What leads to another site, in whatever disguise, leads to the usual page."""
    await register(client, "ada")
    client.cookies.clear()

    back = await log_in(client, "ada", next=target)

    assert (back.status_code, back.headers["location"]) == (303, "/account")
    assert len(back.headers.get_list("set-cookie")) == 1


async def test_wrong_password_and_unknown_name_are_told_alike(client: TestClient) -> None:
    """Nobody learns who has an account; where the login would lead is not forgotten."""
    await register(client, "ada")
    client.cookies.clear()

    pages = [await log_in(client, name, "wrong password", next="/admin") for name in ("ada", "bob")]

    assert [page.status_code for page in pages] == [422, 422]
    for page in pages:
        assert '<p class="error alert" id="problem" role="alert">The name or the password is wrong.</p>' in page.text
        assert page.text.count('aria-describedby="problem"') == 2
        assert 'name="next" value="/admin"' in page.text
        assert "wrong password" not in page.text
    assert (await client.get("/account")).status_code == 303


async def test_logout_ends_the_session(client: TestClient) -> None:
    """Whoever kept its cookie has nothing; the page of a session that is over leads to the login."""
    await register(client, "ada")
    kept = dict(client.cookies)

    out = await client.post("/logout")
    late = await client.get("/account", cookies=kept)

    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert late.headers["location"] == "/login?next=%2Faccount"
    assert "Log in" in (await client.get("/")).text


async def test_account_waits_after_five_failures(client: TestClient) -> None:
    """However its name is written; then the right password is not looked at for a while."""
    await register(client, "ada")
    client.cookies.clear()
    failures = [
        (await log_in(client, name, "wrong password")).status_code for name in ("ada", "Ada", " ADA", "aDa.", "adA")
    ]
    other = await log_in(client, "ida")
    locked = await log_in(client, "ada")

    assert failures == [422] * 5
    assert other.status_code == 422
    assert locked.status_code == 429
    # A slow machine has begun to count the seconds down.
    assert 20 <= int(locked.headers["retry-after"]) <= 30
    assert "Too many attempts have failed. Try again later." in locked.text


async def test_attempts_are_limited(client: TestClient) -> None:
    """Ten a minute from one address, whatever the names, by form and API together; pages are no attempts."""
    statuses = [(await log_in(client, f"user{number}")).status_code for number in range(5)]
    credentials = {"username": "somebody", "password": PASSWORD}
    statuses += [(await client.post("/api/tokens", json=credentials)).status_code for _ in range(5)]
    page = await log_in(client, "ada")
    problem = await client.post("/api/tokens", json=credentials, headers={"Accept": "application/json"})

    assert statuses == [422] * 5 + [401] * 5
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert "<h1>Too Many Requests</h1>" in page.text
    assert 1 <= int(page.headers["retry-after"]) <= 62
    assert (problem.status_code, problem.headers["content-type"]) == (429, "application/problem+json")
    assert (await client.get("/login")).status_code == 200


# ── Other sites ──────────────────────────────────────────────────────────────


async def test_forms_of_other_sites_are_refused(client: TestClient) -> None:
    """With a page that says so; nothing has happened."""
    await register(client, "ada")
    key = await create_key(client)
    fields = {"username": "ada", "password": PASSWORD, "name": "mine"}

    refused = [
        await client.post(path, data=fields, headers=FOREIGN)
        for path in ("/login", "/register", "/logout", "/account/keys", "/admin/ada/close")
    ]

    assert [page.status_code for page in refused] == [403] * 5
    assert all("Pages of other origins may not do this here." in page.text for page in refused)
    assert "mine" not in (await client.get("/account")).text
    assert (await ask(client, "/api/account", key=key)).json()["is_active"] is True


async def test_browser_that_says_nothing_needs_the_token_of_the_form(client: TestClient) -> None:
    """Every form has one, which is the session's."""
    await register(client, "ada")
    page = await client.get("/account")
    tokens = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)
    silent = {"Origin": None}

    without = await client.post("/account/keys", data={"name": "a"}, headers=silent)
    wrong = await client.post("/account/keys", data={"name": "b", "csrf_token": tokens[0][:-4]}, headers=silent)
    good = await client.post("/account/keys", data={"name": "c", "csrf_token": tokens[0]}, headers=silent)

    assert len(tokens) == page.text.count("<form method") + page.text.count('<form class="line" method')
    assert [without.status_code, wrong.status_code, good.status_code] == [403, 403, 201]


async def test_pages_of_one_other_origin_may_use_the_api(client: TestClient) -> None:
    """With the headers that they need, and without cookies; others may not."""
    question = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization,x-api-key"}
    allowed = await client.options("/api/account", headers={"Origin": PARTNER, **question})
    refused = await client.options("/api/account", headers={"Origin": "https://evil.example", **question})
    await register(client, "ada")
    token = (await create_tokens(client, "ada"))["access_token"]
    headers = {"Origin": PARTNER, "Authorization": f"Bearer {token}"}
    answer = await client.get("/api/account", headers=headers)

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, PARTNER)
    assert "access-control-allow-credentials" not in allowed.headers
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    assert (answer.headers["access-control-allow-origin"], answer.json()["username"]) == (PARTNER, "ada")


async def test_only_scripts_with_the_nonce_of_the_response_run(client: TestClient) -> None:
    """Another one each time, on error pages too; and there is nothing else in a page that the policy forbids."""
    nonces = set()
    for path in ("/", "/login", "/register", "/nowhere"):
        page = await client.get(path)
        policy = page.headers["content-security-policy"]
        [nonce] = re.findall(r'<script nonce="([^"]+)">', page.text)
        nonces.add(nonce)
        assert f"script-src 'nonce-{nonce}';" in policy
        assert "default-src 'none'; " in policy
        assert not re.search(r'<script>| style="| on\w+="|<style', page.text)
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert page.headers["x-content-type-options"] == "nosniff"

    assert len(nonces) == 4


# ── The API ──────────────────────────────────────────────────────────────────


async def test_tokens_are_rotated_and_a_stolen_one_ends_the_login(client: TestClient) -> None:
    """A refresh token is good once; who comes with it again ends all that came of it, and no other login."""
    await register(client, "ada")
    first, other = await create_tokens(client, "ada"), await create_tokens(client, "ada")

    second = (await client.post("/api/tokens/refresh", json={"refresh_token": first["refresh_token"]})).json()
    good = await ask(client, "/api/account", token=second["access_token"])
    stolen = await client.post("/api/tokens/refresh", json={"refresh_token": first["refresh_token"]})
    ended = await ask(client, "/api/account", token=second["access_token"])

    assert (first["token_type"], first["expires_in"]) == ("Bearer", 900)
    assert good.json() == {"username": "ada", "is_admin": True, "is_active": True}
    assert (stolen.status_code, ended.status_code) == (401, 401)
    assert (await ask(client, "/api/account", token=other["access_token"])).status_code == 200


async def test_revoked_login_is_over(client: TestClient) -> None:
    """Neither of its tokens is good afterwards."""
    await register(client, "ada")
    pair = await create_tokens(client, "ada")

    revoked = await client.post("/api/tokens/revoke", json={"refresh_token": pair["refresh_token"]})

    assert revoked.status_code == 204
    assert (await ask(client, "/api/account", token=pair["access_token"])).status_code == 401
    refreshed = await client.post("/api/tokens/refresh", json={"refresh_token": pair["refresh_token"]})
    assert refreshed.status_code == 401


async def test_api_believes_no_cookie(client: TestClient) -> None:
    """So pages of other sites have nothing to send along; and it says what it does believe."""
    await register(client, "ada")

    answer = await client.get("/api/account", headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer, ApiKey header="X-API-Key"'


async def test_key_is_shown_once_and_may_less_than_its_owner(client: TestClient) -> None:
    """It is listed by its name, which is text and no markup, works until it is revoked, and never administrates."""
    await register(client, "ada")
    key = await create_key(client, "<script>alert(1)</script>")
    listed = (await client.get("/account")).text
    answers = [(await ask(client, path, key=key)).status_code for path in ("/api/account", "/api/accounts")]
    [action] = re.findall(r'action="(/account/keys/\w+/revoke)"', listed)
    revoked = await client.post(action)

    assert key not in listed
    assert "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>" in listed
    assert answers == [200, 403]
    assert revoked.headers["location"] == "/account"
    assert (await ask(client, "/api/account", key=key)).status_code == 401
    assert "You have none yet." in (await client.get("/account")).text


async def test_nobody_revokes_the_key_of_somebody_else(client: TestClient) -> None:
    """For others it is not there."""
    await register(client, "ada")
    key = await create_key(client)
    [action] = re.findall(r'action="(/account/keys/\w+/revoke)"', (await client.get("/account")).text)
    await register(client, "eve")

    refused = await client.post(action)

    assert refused.status_code == 404
    assert (await ask(client, "/api/account", key=key)).status_code == 200


# ── The administrator ────────────────────────────────────────────────────────


async def test_closed_account_is_closed_at_once(client: TestClient) -> None:
    """Its session, its token, its key and its password are good for nothing, until it is opened again."""
    await register(client, "ada")
    ada = dict(client.cookies)
    await register(client, "eve")
    eve, key = dict(client.cookies), await create_key(client)
    token = (await create_tokens(client, "eve"))["access_token"]
    client.cookies.clear()

    async def list_doors() -> list[int]:
        return [
            (await client.get("/account", cookies=eve)).status_code,
            (await ask(client, "/api/account", token=token)).status_code,
            (await ask(client, "/api/account", key=key)).status_code,
            (await log_in(client, "eve")).status_code,
        ]

    closed = await client.post("/admin/eve/close", cookies=ada)
    while_closed = await list_doors()
    shown = (await client.get("/admin", cookies=ada)).text
    await client.post("/admin/eve/open", cookies=ada)
    opened = await list_doors()

    assert closed.status_code == 303
    assert while_closed == [303, 401, 401, 422]
    assert re.search(r"<strong>eve</strong>\s+<small>closed</small>", shown)
    # The session is gone for good; the rest was never lost.
    assert opened == [303, 200, 200, 303]


async def test_files_are_their_owners_alone(client: TestClient, directory: Path) -> None:
    """They have hashes, whatever the folder allows."""
    await register(client, "ada")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir() if path.is_file()}
    assert modes["accounts.db"] == 0o600
    assert set(modes.values()) == {0o600}


async def test_guard_asks_who_somebody_is_now(client: TestClient, directory: Path) -> None:
    """A token says what its owner was; who administrates no longer is refused, whatever it says."""
    await register(client, "ada")
    token = (await create_tokens(client, "ada"))["access_token"]
    before = (await ask(client, "/api/accounts", token=token)).json()
    with sqlite3.connect(directory / "accounts.db") as connection:
        connection.execute("UPDATE accounts SET is_admin = 0")
    connection.close()

    after = [await ask(client, "/api/accounts", token=token), await client.get("/admin")]

    assert before == [{"username": "ada", "is_admin": True, "is_active": True}]
    assert [answer.status_code for answer in after] == [403, 403]


async def test_administrator_stays(client: TestClient) -> None:
    """Nobody locks themselves out; others may not close anything, and strangers are led to the login."""
    await register(client, "ada")
    await client.post("/admin/ada/close")
    ada = await client.get("/admin")
    await register(client, "eve")
    eve = await client.post("/admin/ada/close")
    client.cookies.clear()
    stranger = await client.post("/admin/ada/close")

    assert (ada.status_code, eve.status_code) == (200, 403)
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/login")


# ── Deploying ────────────────────────────────────────────────────────────────


def find_problems(settings: AccountsSettings) -> list[tuple[str, str]]:
    """Check an application for strangers, but for what the machine of the tests is like."""
    found = asyncio.run(check_deployment(make_app(settings)))
    return [(problem.id, problem.severity) for problem in found if problem.id not in {"D308", "D314"}]


def test_what_is_left_to_configure_is_what_the_readme_says(directory: Path) -> None:
    """Who serves it has to say under which name, and where TLS ends; then nothing is left."""
    bare = make_settings(directory, "production")
    configured = make_settings(
        directory, "production", allowed_hosts=["accounts.example"], trusted_proxies=["10.0.0.0/8"]
    )

    assert find_problems(bare) == [("D109", "warning"), ("D117", "warning"), ("D301", "warning"), ("D303", "error")]
    assert find_problems(configured) == []
