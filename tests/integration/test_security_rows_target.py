"""
Rows 51 to 53, 56 and 61 to 64 of docs/security.md: what a request's head may decide. Over both protocols.
"""

import os
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covet import CovetPy, Request, Response
from covet.core import controller
from covet.core.middleware import CallNext
from covet.responses import RedirectResponse
from covet.testing import ClientResponse, TestClient
from tests.integration.wire import PROTOCOLS, AnyTarget, WireProtocol, assert_problem, error_records, on_both_protocols

IS_CAMPAIGN = os.environ.get("HYPOTHESIS_PROFILE") == "campaign"
POLICIES: tuple[Literal["redirect", "ignore", "strict"], ...] = ("redirect", "ignore", "strict")


class Watched:
    """
    An application with a guard by path, and a note of what it and the handlers saw.

    Args:
        protocol: How it is called.
        policy: What it does about a slash at the end.
        is_guarded: Whether the guard refuses, instead of looking on.
    """

    def __init__(
        self,
        protocol: WireProtocol,
        policy: Literal["redirect", "ignore", "strict"] = "redirect",
        *,
        is_guarded: bool = True,
    ) -> None:
        self.app = CovetPy(trailing_slash=policy)
        self.seen: list[str] = []
        self.ran: list[tuple[str, str]] = []
        self.is_guarded = is_guarded
        self.client = AnyTarget(self.app, protocol=protocol)
        self.app.middleware(self.guard)
        for path in ("/admin", "/admin/", "/admin/users/", "/admin/{name}/edit", "/admin/files/{rest:path}"):
            self.app.add_route(path, self.run)
        for path in ("/open", "/open/{rest:path}", "/{page}", "/{page}/admin"):
            self.app.add_route(path, self.run)

    async def guard(self, request: Request, call_next: CallNext) -> Response:
        """Refuse what is for administrators, by the path that the request shows."""
        self.seen.append(request.path)
        if self.is_guarded and request.path.startswith("/admin"):
            return Response("guarded", 403)
        return await call_next(request)

    async def run(self, request: Request) -> str:
        """Note that a handler ran."""
        assert request.route is not None
        self.ran.append((request.path, request.route.path))
        return "ran"

    async def get(self, path: str, **options: Any) -> ClientResponse:
        """Send one request, with nothing noted of those before."""
        self.seen.clear()
        self.ran.clear()
        return await self.client.get(path, **options)


# ── The host ─────────────────────────────────────────────────────────────────

HOSTS = [
    "h/?", "h/health?x=", "h#", "h\\@e", "a@b", "myapp.com@evil.com", "h?x", "h/", "/", "?", "#", "@", "h:80:80", "h:",
    "h:x", "h:99999", "h:-1", ":80", "[::1", "::1", "[::1]x", "[evil.com]", "a b", "a\tb", "a,b", "a;b", "http://h",
    "h%2f", "h%00", "*", ".", "..h", "é.com", "h\xa0", "<h>", '"h"', "a" * 300, "",
]  # fmt: skip


@pytest.mark.row(51)
@on_both_protocols
@pytest.mark.parametrize("is_known", [False, True], ids=["first", "after a good one"])
@pytest.mark.parametrize("host", HOSTS)
async def test_row_051_host_that_is_none_is_refused(protocol: WireProtocol, host: str, is_known: bool) -> None:
    """It is 400 whatever is asked for, so that no URL is ever built from it, and it is not repeated."""
    watched = Watched(protocol, is_guarded=False)
    if is_known:
        await watched.get("/open")

    response = await watched.get("/admin/x/edit", headers={"host": host.encode("latin-1")})

    assert_problem(response, 400, echo=host if len(host) > 3 else "")
    assert watched.ran == []
    assert watched.seen == ["/admin/x/edit"]


@pytest.mark.row(51)
@on_both_protocols
@pytest.mark.parametrize("host", ["testserver", "example.com:8443", "[::1]:80", "my_service"])
async def test_row_051_path_is_that_of_the_target(protocol: WireProtocol, host: str) -> None:
    """A middleware that asks the URL for its path sees what the router sees, for every host that is one."""
    app = CovetPy()

    @app.get("/admin/{name}")
    async def show(request: Request) -> list[str]:
        return [request.path, request.url.path, request.url.host or ""]

    response = await TestClient(app, protocol=protocol).get("/admin/x?/health", headers={"host": host})

    assert response.json() == ["/admin/x", "/admin/x", urlsplit(f"//{host}").hostname]


@pytest.mark.row(56)
@on_both_protocols
@pytest.mark.parametrize("character", list("/?#@\\:,;%<>\"'"))
async def test_row_056_host_has_no_other_part_of_a_url(protocol: WireProtocol, character: str) -> None:
    """A character that ends a host, or begins what follows it, is 400 wherever it stands."""
    client = Watched(protocol).client
    hosts = [
        f"myapp.com{character}evil.com",
        f"{character}evil.com",
        f"myapp.com{character}x",
        f"a:1{character}evil.com",
    ]

    for host in hosts:
        assert_problem(await client.get("/open", headers={"host": host}), 400, echo="evil")


@pytest.mark.row(53)
@on_both_protocols
@pytest.mark.parametrize("hosts", [[], [""], ["a", "a"], ["a", "b"], ["a", ""], ["", "a"], ["a", "a", "a"], ["a, b"]])
@pytest.mark.parametrize("path", ["/open", "/nowhere", "/open/"])
async def test_row_053_there_is_exactly_one_host(protocol: WireProtocol, hosts: list[str], path: str) -> None:
    """None, an empty one and two of them are 400, whatever the path, before and after a good one was seen."""
    watched = Watched(protocol)
    headers: Any = [("host", host) for host in hosts] if hosts else {"host": None}

    first = await watched.get(path, headers=headers)
    await watched.get("/open", headers={"host": "a"})
    second = await watched.get(path, headers=headers)

    assert_problem(first, 400)
    assert_problem(second, 400)


@pytest.mark.row(52)
@on_both_protocols
@pytest.mark.parametrize("target", ["@evil", "evil", "evil:80", "*", "?x", "", "//evil/x", "///evil", "/\\evil/x"])
async def test_row_052_target_never_moves_the_authority(protocol: WireProtocol, target: str) -> None:
    """A target that is no path is 400; one with two slashes is a path, and the URL's host is that of the header."""
    app = CovetPy()

    @app.get("/{rest:path}")
    async def show(request: Request) -> list[str]:
        return [request.url.host or "", str(request.url)]

    response = await AnyTarget(app, protocol=protocol).get(target)

    if target.startswith("/"):
        host, url = response.json()
        assert host == "testserver"
        assert urlsplit(url).hostname == "testserver"
    else:
        assert_problem(response, 400, echo="evil")


@pytest.mark.row(52)
@on_both_protocols
async def test_row_052_options_of_everything_is_about_the_server(protocol: WireProtocol) -> None:
    """`OPTIONS *` names methods and no host."""
    response = await TestClient(Watched(protocol).app, protocol=protocol).options("*")

    assert response.status_code == 204
    assert "testserver" not in str(response.headers.raw)


# ── Headers that change nothing ──────────────────────────────────────────────

INTERNAL = [
    "x-middleware-subrequest", "x-middleware-next", "x-middleware-rewrite", "x-middleware-override-headers",
    "x-covet-test", "x-covet-skip", "x-covet-internal", "covet-test", "covet.test", "x-real-ip", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "x-forwarded-path", "forwarded", "x-original-url",
    "x-rewrite-url", "x-original-uri", "x-http-method-override", "x-method-override", "x-http-method", "x-host",
    "x-script-name", "x-path-info", "x-sendfile", "x-accel-redirect", "root-path", "script-name", "path-info",
    "remote-addr", "remote-user", "x-remote-user", "x-user", "x-auth-user", "x-debug", "debug", "via",
]  # fmt: skip


@pytest.mark.row(61)
@on_both_protocols
@pytest.mark.parametrize("name", INTERNAL)
@pytest.mark.parametrize("value", ["1", "/open", "DELETE", "127.0.0.1", "middleware:middleware:middleware"])
async def test_row_061_no_header_changes_the_way_of_a_request(protocol: WireProtocol, name: str, value: str) -> None:
    """The guard fires, and what an open route shows of its request is the same with the header as without."""
    watched = Watched(protocol)

    @watched.app.post("/shown")
    async def show(request: Request) -> list[object]:
        return [request.method, request.path, str(request.url), request.client, request.root_path]

    guarded = await watched.get("/admin/x/edit", headers={name: value})
    plain = await watched.client.post("/shown?q=1")
    with_header = await watched.client.post("/shown?q=1", headers={name: value})

    assert (guarded.status_code, watched.ran) == (403, [])
    assert with_header.json() == plain.json()
    assert with_header.headers == plain.headers


# ── The path of the middleware and the path of the router ────────────────────

SPELLINGS = [
    "//admin", "/%61dmin", "/admin;x", "/admin/", "/ADMIN", "/admin%0a", "/x/../admin", "/a+b", "/./admin", "/admin%2f",
    "/admin/../open", "/open/..%2fadmin", "/%2561dmin", "/admin%00", "/admin?x", "/admin#x", "/admin//", "/ａdmin",
    "/open/%2e%2e/admin", "\\admin", "/\\admin", "/admin\\users", "/admin%5cusers/", "/admin%20", "/%c0%afadmin",
    "/admin.json", "/adm%69n/x/edit", "/admin%2fx%2fedit", "/admin/%2e%2e/edit", "/admin/x%2fedit", "/Admin/users/",
]  # fmt: skip
PIECES = [
    "/", "/", "//", "\\", "admin", "admin", "Admin", "ADMIN", "%61dmin", "adm%69n", "%2561dmin", "ａdmin", ";x", "%3b",
    "%2f", "%2F", "%5c", "..", ".", "%2e", "%2E%2e", "%00", "%0a", "%0d", "%09", "+", "%20", "%ff", "%c0%af", "%",
    "%zz", "x", "open", "users", "users/", "edit", "/edit", "files/", "?x", "#x", "@evil", "*", ":", "evil.com", "é",
    "%E2%80%AE",
]  # fmt: skip
paths = st.lists(st.sampled_from(PIECES), max_size=9).map(lambda pieces: "/" + "".join(pieces))


@pytest.mark.row(62)
@on_both_protocols
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("path", SPELLINGS)
async def test_row_062_guard_sees_the_path_that_the_router_sees(
    protocol: WireProtocol, policy: Literal["redirect", "ignore", "strict"], path: str
) -> None:
    """No spelling of a guarded path reaches its handler, and none reaches it unseen where nothing is guarded."""
    watched, unguarded = Watched(protocol, policy), Watched(protocol, policy, is_guarded=False)

    await watched.get(path)
    await unguarded.get(path)

    assert [route for _, route in watched.ran if route.startswith("/admin")] == []
    assert all(ran.startswith("/admin") for ran, route in unguarded.ran if route.startswith("/admin"))
    assert [ran for ran, _ in unguarded.ran] in ([], unguarded.seen)


@pytest.mark.row(62)
@on_both_protocols
@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/users/", "/%61dmin/x/edit", "/admin/files/a/b"])
async def test_row_062_handlers_behind_the_guard_do_run(protocol: WireProtocol, path: str) -> None:
    """Without the guard they answer: the test above and the search below are not empty."""
    watched = Watched(protocol, is_guarded=False)

    response = await watched.get(path)

    assert response.text == "ran"
    assert watched.ran[0][1].startswith("/admin")


@pytest.mark.row(62)
@pytest.mark.row(64)
@pytest.mark.timeout(7200 if IS_CAMPAIGN else 60)
@settings(max_examples=100_000 if IS_CAMPAIGN else 150, suppress_health_check=list(HealthCheck))
@given(path=paths)
async def test_row_062_no_path_runs_a_guarded_handler(path: str) -> None:
    """Whatever is asked for: the guard saw what the handler saw, and a redirect stays on this host."""
    for protocol in PROTOCOLS:
        for policy in POLICIES:
            watched = _SHARED[protocol, policy]

            response = await watched.get(path)

            assert [route for _, route in watched.ran if route.startswith("/admin")] == []
            assert [ran for ran, _ in watched.ran] in ([], watched.seen)
            assert stays_here(response)


# Made once: making an application takes much longer than a request.
_SHARED = {(protocol, policy): Watched(protocol, policy) for protocol in PROTOCOLS for policy in POLICIES}


def stays_here(response: ClientResponse) -> bool:
    """Tell whether a browser that follows a redirect, if it is one, stays on the host."""
    location = response.headers.get("location")
    if location is None:
        return True
    # Browsers drop tabs and line breaks, and read a backslash as a slash (WHATWG URL §4.4).
    read = "".join(letter for letter in location if letter not in "\t\r\n").replace("\\", "/").strip()
    return urlsplit(urljoin("http://testserver/a/b", read))[:2] == ("http", "testserver")


# ── Methods ──────────────────────────────────────────────────────────────────


class Items:
    """A controller with methods that nobody routed."""

    path = "/items"

    @controller.get("")
    async def get(self) -> str:
        """Answer GET."""
        return "got"

    async def delete(self) -> str:
        """Never answer anything."""
        raise AssertionError

    _DO_DELETE = delete


@pytest.mark.row(63)
@on_both_protocols
@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("_DO_DELETE", 501), ("__INIT__", 501), ("__init__", 501), ("__class__", 501), ("get", 501), ("Get", 501),
        ("gET", 501), ("delete", 501), ("DELETE", 405), ("POST", 405), ("TRACE", 405), ("CONNECT", 405), ("FOO", 501),
        ("GET2", 501), ("*", 501), ("WEBSOCKET", 501), ("ALL", 501), ("ANY", 501),
    ],
)  # fmt: skip
async def test_row_063_method_is_never_an_attribute(
    protocol: WireProtocol, method: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Methods are a closed set in which case matters: a controller's other methods cannot be called by name."""
    app = CovetPy()
    app.router.add_controller(Items)
    client = TestClient(app, protocol=protocol)

    response = await client.request(method, "/items")
    elsewhere = await client.request(method, "/nowhere")

    assert_problem(response, status)
    assert elsewhere.status_code == (501 if status == 501 else 404)
    # What a client gets wrong is no error of the application.
    assert error_records(caplog) == []


# ── Redirects ────────────────────────────────────────────────────────────────

NEXT = [
    "//evil.com", "//evil.com/..", "///evil.com", "/\\evil.com", "\\/evil.com", "\\\\evil.com", "/\t/evil.com",
    "/%09/evil.com", "/%0a/evil.com", "/%2f/evil.com", "/%5cevil.com", "https:evil.com", "https:/evil.com",
    "https://evil.com", "http:///evil.com", "javascript:alert(1)", "data:text/html,x", "@evil.com", "evil.com", "",
    "/.//evil.com", "/..//evil.com", "/%2e%2e//evil.com", "/x\r\nset-cookie: a=b", "/x\nset-cookie: a=b", "/x\0",
    " //evil.com", "\x01//evil.com", "https://testserver@evil.com", "https://testserver.evil.com",
    "//testserver@evil.com",
]  # fmt: skip


@pytest.mark.row(64)
@on_both_protocols
@pytest.mark.parametrize("target", NEXT)
async def test_row_064_redirect_to_what_the_client_names_stays_here(protocol: WireProtocol, target: str) -> None:
    """A handler that redirects to `?next=` leads nobody away: what could is an error, and injects nothing."""
    app = CovetPy()

    @app.get("/login")
    async def login(request: Request) -> Response:
        return RedirectResponse(request.query_params["next"])

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)
    response = await client.get("/login", params={"next": target})

    assert_problem(response, 500, echo="evil")
    assert "location" not in response.headers
    assert "set-cookie" not in response.headers


@pytest.mark.row(64)
@on_both_protocols
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "path",
    ["//evil.com", "//evil.com/", "//evil.com/..", "//evil.com/%2e%2e/", "/\\evil.com", "/\\evil.com/", "/%5cevil.com/",
     "/%09/evil.com", "/%09/evil.com/", "/%0d%0aset-cookie:a=b/", "///evil.com//", "/.//evil.com/", "/%2f/evil.com/",
     "/open/?next=//evil.com", "/open//evil.com//"],
)  # fmt: skip
async def test_row_064_other_spelling_of_a_path_stays_here(
    protocol: WireProtocol, policy: Literal["redirect", "ignore", "strict"], path: str
) -> None:
    """The redirect to the path with or without its last slash never names another host."""
    app = CovetPy(trailing_slash=policy)

    @app.get("/{first}/{second}/")
    @app.get("/{first}/{second}/{third}")
    @app.get("/{first}")
    async def show() -> str:
        return "shown"

    client = TestClient(app, protocol=protocol)

    assert stays_here(await client.get(path))
    assert stays_here(await client.get(path.rstrip("/")))
