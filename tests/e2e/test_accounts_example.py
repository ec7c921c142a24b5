"""
The accounts as they are served: a real server, a real HTTP client, a real browser, in the clear and over TLS.
"""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from covet.security import generate_token
from tests.e2e.browser import CHROMIUM, serve_page
from tests.e2e.certificates import Certificate, make_certificate
from tests.e2e.devtools import Page, open_browser
from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
PATIENCE = 20.0

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


class Site(NamedTuple):
    """The accounts as they are served, and a page of the one other origin that may use the API."""

    server: ServerProcess
    url: str
    partner: str


def start(
    directory: Path, env: Mapping[str, str] | None = None, *, interface: str | None = None, workers: int = 1
) -> ServerProcess:
    """Prepare a server as the README starts it, from another directory."""
    keys = {f"COVET_SECURITY__{name}": generate_token() for name in ("SECRET_KEY", "JWT_SECRET_KEY")}
    return serve(
        "examples.accounts.app:make_app",
        directory=directory,
        env={"PYTHONPATH": str(ROOT), **keys, **(env or {})},
        arguments=["--factory"],
        interface=interface,
        workers=workers,
    )


@pytest.fixture(params=["rsgi", "asgi"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The site on this machine, as while it is developed; there are no accounts yet."""
    with serve_page("<!doctype html><title>The partner</title>") as partner:
        env = {"COVET_SECURITY__CORS_ALLOW_ORIGINS": partner.removesuffix("/page.html")}
        with start(tmp_path, env, interface=request.param) as server:
            yield Site(server, f"http://localhost:{server.port}", partner)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A browser that has been nowhere yet."""
    with open_browser(tmp_path / "profile") as page:
        yield page


def go(page: Page, url: str) -> None:
    """Open an address, and wait until it is there."""
    page.go(url)
    page.wait_for(f"document.readyState == 'complete' && location.href.startsWith({url.partition('?')[0]!r})")


def arrive(page: Page, path: str) -> None:
    """Wait until the browser is at a path, and the page's own script has run."""
    page.wait_for(f"location.pathname == {path!r} && document.readyState == 'complete'")


def fill_in(page: Page, path: str, username: str, *, password: str = PASSWORD) -> None:
    """Fill in the form of the page that is open, send it, and wait for where it leads."""
    page.type("#username", username)
    page.type("#password", password)
    page.click("form.card > button")
    arrive(page, path)


def register(page: Page, url: str, username: str = "ada") -> None:
    """Register an account."""
    go(page, f"{url}/register")
    fill_in(page, "/account", username)


def ask(site: Site, key: str) -> httpx2.Response:
    """Ask the API with a key, as a program does."""
    return httpx2.get(f"{site.server.url}/api/account", headers={"X-API-Key": key}, timeout=PATIENCE)


# ── People ───────────────────────────────────────────────────────────────────


def test_person_registers_makes_a_key_and_logs_out(site: Site, page: Page) -> None:
    """The key works for a program until it is revoked; who has logged out is led to the login."""
    register(page, site.url)
    page.type("#name", "laptop")
    page.click("form.line > button")
    key = page.read("output.key")
    known = ask(site, key)
    page.click("[aria-label='Revoke laptop']")
    page.wait_for("document.body.innerText.includes('You have none yet.')")
    revoked = ask(site, key)
    page.click("header form button")
    arrive(page, "/")
    page.go(f"{site.url}/account")
    arrive(page, "/login")

    assert known.json() == {"username": "ada", "is_admin": True, "is_active": True}
    assert revoked.status_code == 401
    assert page.complaints == []
    assert {request.partition("//")[2].partition("/")[0] for request in page.requests} == {
        f"localhost:{site.server.port}"
    }


@pytest.mark.parametrize("has_scripts", [True, False])
def test_login_leads_back_with_and_without_scripts(site: Site, page: Page, has_scripts: bool) -> None:
    """To the page that was asked for, with its query; without scripts a password is just not shown."""
    register(page, site.url)
    page.click("header form button")
    arrive(page, "/")
    page.allow_scripts(has_scripts)

    page.go(f"{site.url}/account?tab=keys")
    arrive(page, "/login")
    shows = page.evaluate("!!document.querySelector('[aria-label=\"Show the password\"]')")
    fill_in(page, "/login", "ada", password="wrong password")
    told = page.read("[role=alert]")
    fill_in(page, "/account", "ada")

    assert shows is has_scripts
    assert told == "The name or the password is wrong."
    assert page.evaluate("location.search") == "?tab=keys"
    assert page.read("h1") == "Your account"


@pytest.mark.parametrize("target", ["https%3A%2F%2Fevil.example%2F", "%2F%5Cevil.example"])
def test_login_leads_nowhere_else(site: Site, page: Page, target: str) -> None:
    """As the browser reads it: whatever the link of somebody else says, the login ends on the usual page."""
    register(page, site.url)
    page.click("header form button")
    arrive(page, "/")

    go(page, f"{site.url}/login?next={target}")
    fill_in(page, "/account", "ada")

    assert page.evaluate("location.origin") == site.url
    assert not any("evil" in request.partition("?")[0] for request in page.requests)


# ── Other sites ──────────────────────────────────────────────────────────────

CALL = """
(async () => {
  const call = async (path, options) => {
    try {
      const response = await fetch("API" + path, options);
      return [response.status, await response.json()];
    } catch (error) {
      return [0, error.name];
    }
  };
  const headers = {"Content-Type": "application/json"};
  const body = JSON.stringify({username: "ada", password: "correct horse battery"});
  const [status, pair] = await call("/api/tokens", {method: "POST", headers, body});
  const bearer = {Authorization: "Bearer " + pair.access_token};
  return {
    status,
    account: await call("/api/account", {headers: bearer}),
    missing: await call("/api/nothing", {headers: bearer}),
    withCookies: await call("/api/account", {credentials: "include"}),
  };
})()
"""


def test_page_of_the_one_other_origin_uses_the_api(site: Site, page: Page) -> None:
    """After the browser has asked whether it may; it reads errors as well, and cookies do not travel."""
    register(page, site.url)
    go(page, site.partner)
    api = f"http://localhost:{site.server.port}"

    result: dict[str, Any] = page.evaluate(CALL.replace("API", api))

    assert result["status"] == 201
    assert result["account"] == [200, {"username": "ada", "is_admin": True, "is_active": True}]
    assert result["missing"][0] == 404
    assert result["withCookies"] == [0, "TypeError"]
    assert f"OPTIONS {api}/api/tokens" in page.preflights
    assert f"OPTIONS {api}/api/account" in page.preflights


def test_page_of_another_origin_does_not(site: Site, page: Page) -> None:
    """The preflight is refused, so the request itself is never sent, and nothing can be read."""
    register(page, site.url)
    api = f"http://localhost:{site.server.port}"
    with serve_page("<!doctype html><title>A stranger</title>") as stranger:
        go(page, stranger)
        result: dict[str, Any] = page.evaluate(CALL.replace("API", api))

    assert result["status"] == 0
    assert result["account"] == result["missing"] == result["withCookies"] == [0, "TypeError"]
    assert f"OPTIONS {api}/api/tokens" in page.preflights
    assert any("has been blocked by CORS policy" in complaint for complaint in page.complaints)


FORM = """<!doctype html><title>A trap</title>
<form method="post" action="TARGET"><input name="name" value="mine"><button>Win</button></form>
"""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_form_of_another_site_is_refused(site: Site, page: Page, host: str) -> None:
    """Of another port of the same host, whose forms bring the cookie, and of another host."""
    register(page, site.url)
    with serve_page(FORM.replace("TARGET", f"{site.url}/account/keys")) as trap:
        go(page, trap.replace("127.0.0.1", host))
        page.click("button")
        refusal = page.read("main p:not(.status)")
    go(page, f"{site.url}/account")

    assert refusal == "Pages of other sites may not do this here."
    assert "You have none yet." in page.read("main")


# ── Scripts ──────────────────────────────────────────────────────────────────

INJECT = """
(() => {
  const script = document.createElement("script");
  script.nonce = NONCE;
  script.textContent = "window.hasRun = true";
  document.body.append(script);
  return window.hasRun === true;
})()
"""


def test_script_runs_with_the_nonce_of_its_page_alone(site: Site, page: Page) -> None:
    """Without one, with another one, or as a handler in an attribute it is blocked, and the console says so."""
    go(page, f"{site.url}/login")
    page.click("[aria-label='Show the password']")
    shown = page.evaluate("document.querySelector('#password').type")

    without = page.evaluate(INJECT.replace("NONCE", "''"))
    other = page.evaluate(INJECT.replace("NONCE", "'bm90IHRoaXMgb25l'"))
    page.evaluate("document.querySelector('h1').setAttribute('onclick', 'window.hasRun = true')")
    page.click("h1")
    attribute = page.evaluate("window.hasRun === true")
    own = page.evaluate(INJECT.replace("NONCE", "document.querySelector('script').nonce"))

    assert shown == "text"
    assert (without, other, attribute, own) == (False, False, False, True)
    assert len([text for text in page.complaints if "Content Security Policy" in text]) == 3


# ── Cookies, in the clear and over TLS ───────────────────────────────────────


def test_cookie_on_this_machine(site: Site, page: Page) -> None:
    """No script sees it, and no form of another site brings it; it needs no TLS, for there is none."""
    register(page, site.url)

    [cookie] = page.list_cookies().values()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == ("session", True, "Lax", False)
    assert page.evaluate("document.cookie") == ""


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """A certificate that only this test believes."""
    return make_certificate(tmp_path)


def test_production_over_tls(tmp_path: Path, certificate: Certificate) -> None:
    """The cookie is one of this host over TLS alone, and gone after the logout; a login ends where it began."""
    env = {
        "COVET_ENV": "production",
        "COVET_SECURITY__ALLOWED_HOSTS": "localhost",
        "COVET_SERVER__TLS_CERTIFICATE": str(certificate.path),
        "COVET_SERVER__TLS_KEY": str(certificate.key_path),
    }
    with start(tmp_path, env) as server, open_browser(tmp_path / "profile", flags=[certificate.flag]) as page:
        url = f"https://localhost:{server.port}"
        register(page, url)
        [cookie] = page.list_cookies().values()
        visible = page.evaluate("document.cookie")
        page.click("header form button")
        arrive(page, "/")
        page.go(f"{url}/account")
        arrive(page, "/login")
        fill_in(page, "/account", "ada")
        renewed = page.list_cookies()["__Host-session"]
        context = ssl.create_default_context(cafile=str(certificate.path))
        answer = httpx2.get(f"{url}/login", verify=context, timeout=PATIENCE)
        wrong_host = httpx2.get(f"{url}/login", verify=context, timeout=PATIENCE, headers={"Host": "evil.example"})

    assert (cookie["name"], cookie["domain"], cookie["path"]) == ("__Host-session", "localhost", "/")
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
    assert visible == ""
    assert renewed["value"] != cookie["value"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["set-cookie"].startswith("__Host-session=")
    assert wrong_host.status_code == 400


# ── Several workers ──────────────────────────────────────────────────────────


def test_workers_know_the_same_accounts_sessions_tokens_and_attempts(tmp_path: Path) -> None:
    """Whichever of them is asked: each request comes over a connection of its own."""
    with start(tmp_path, workers=2) as server:
        origin = {"Origin": f"http://localhost:{server.port}", "Connection": "close"}
        with httpx2.Client(base_url=f"http://localhost:{server.port}", headers=origin, timeout=PATIENCE) as client:
            ada = {"username": "ada", "password": PASSWORD}
            registered = client.post("/register", data=ada)
            pages = {client.get("/account").status_code for _ in range(20)}
            refresh = client.post("/api/tokens", json=ada).json()["refresh_token"]
            refreshed = [
                client.post("/api/tokens/refresh", json={"refresh_token": refresh}).status_code for _ in range(4)
            ]
            attempts = [client.post("/api/tokens", json=ada).status_code for _ in range(6)]
        workers = len(server.worker_pids())

    assert workers == 2
    assert registered.status_code == 303
    assert pages == {200}
    assert refreshed == [200, 401, 401, 401]
    assert attempts == [201] * 4 + [429] * 2


# ── The looks ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit(site: Site, page: Page, scheme: Any, width: int) -> None:
    """On a phone and on a desk nothing sticks out, every field has a label, and every text can be read."""
    page.look_like(width=width, height=900, scheme=scheme)
    paths = ["/", "/login", "/register", "/nowhere"]
    seen = [look(page, f"{site.url}{path}", width) for path in paths]
    register(page, site.url, "a-very-long-name-of-32-characters"[:32])
    page.type("#name", "a very long name of forty characters, 40"[:40])
    page.click("form.line > button")
    page.read("output.key")
    seen += [look(page, f"{site.url}{path}", width) for path in ("/account", "/admin", "/")]

    assert seen == [(True, [], True)] * 7


def look(page: Page, url: str, width: int) -> tuple[bool, list[str], bool]:
    """Look at a page: whether it fits, which fields have no label, whether all texts stand out."""
    go(page, url)
    return (
        page.evaluate("document.documentElement.scrollWidth") <= width,
        page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden])')]"
            ".filter((input) => !input.labels.length).map((input) => input.name)"
        ),
        page.evaluate(CONTRAST) >= 4.5,
    )


# The least contrast between a text and what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
(() => {
  const luminance = (color) => {
    const [red, green, blue] = color.match(/[\\d.]+/g).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return element.parentElement && color.endsWith(", 0)") ? ground(element.parentElement) : color;
  };
  const texts = [...document.querySelectorAll("h1, h2, p, a, label, button, strong, small, input, output")];
  return Math.min(...texts.map((element) => {
    const colors = [getComputedStyle(element).color, ground(element)].map(luminance);
    const [dark, light] = colors.sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  }));
})()
"""
