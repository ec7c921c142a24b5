"""
What stands in a request's head, as real servers pass it on: byte by byte, over every driver.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient, WireResponse

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]


@pytest.fixture(scope="module", params=SERVERS, ids="-".join)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application with each of them."""
    name, interface = request.param
    with serve("tests.e2e.wire_application:app", server=name, interface=interface, directory=ROOT) as server:
        yield server


def ask(server: ServerProcess, head: str) -> WireResponse:
    """Send a head as it is written, and see that the server answers the next request."""
    with WireClient(server.port) as client:
        client.send(head.encode("latin-1") + b"\r\n\r\n")
        response = client.receive(is_head=head.startswith("HEAD"))
    with WireClient(server.port) as client:
        assert client.ask("GET", "/pid").status == 200
    return response


@pytest.mark.row(51)
@pytest.mark.row(56)
@pytest.mark.parametrize(
    "host", ["h/?", "h/health?x=", "h#", "h\\@e", "a@b", "myapp.com@evil.com", "h:99999", "h:x", "a b", "é", "[::1", ""]
)
def test_row_051_host_that_is_none_is_refused(server: ServerProcess, host: str) -> None:
    """400, by the server or by the framework, without repeating it."""
    response = ask(server, f"GET /host HTTP/1.1\r\nHost: {host}")

    assert response.status == 400
    assert len(host) < 4 or host.encode("latin-1") not in response.body


@pytest.mark.row(53)
@pytest.mark.parametrize("hosts", [[], ["a", "a"], ["a", "b"], ["a", ""]])
def test_row_053_there_is_exactly_one_host(server: ServerProcess, hosts: list[str]) -> None:
    """None and two are 400, the same one twice included."""
    lines = ["GET /host HTTP/1.1", *(f"Host: {host}" for host in hosts)]

    response = ask(server, "\r\n".join(lines))

    assert response.status == 400


@pytest.mark.row(52)
@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://evil/host", 400),
        ("http://evil@a/host", 400),
        ("//evil/host", 404),
        ("///evil/host", 404),
        ("@evil", 400),
        ("evil:80", 400),
        ("*", 400),
    ],
)
def test_row_052_host_comes_from_the_header_only(
    server: ServerProcess, request: pytest.FixtureRequest, target: str, status: int
) -> None:
    """A target in absolute form, with an authority or with two slashes never moves the host."""
    response = ask(server, f"GET {target} HTTP/1.1\r\nHost: a")

    # Granian takes the absolute form apart, the others pass it on as it is.
    takes_apart = target.startswith("http://") and request.node.callspec.params["server"][0] == "granian"
    assert response.status == (200 if takes_apart else status)
    if response.status == 200:
        assert response.body == b"a http://a/host"
    assert b"evil" not in response.body
    assert "evil" not in (response.get("location") or "")


@pytest.mark.row(52)
def test_row_052_options_of_everything_is_answered(server: ServerProcess) -> None:
    """`OPTIONS *` asks about the server."""
    response = ask(server, "OPTIONS * HTTP/1.1\r\nHost: a")

    assert response.status == 204
    assert "OPTIONS" in (response.get("allow") or "")


@pytest.mark.row(58)
@pytest.mark.parametrize("name", ["X_Own", "x_own", "X.Own"])
def test_row_058_header_with_an_underscore_is_another_one(server: ServerProcess, name: str) -> None:
    """No server turns one into the other, and neither does the framework."""
    response = ask(server, f"GET /own HTTP/1.1\r\nHost: a\r\n{name}: admin")

    assert (response.status, response.body) == (200, b"None")


@pytest.mark.row(63)
@pytest.mark.parametrize(
    ("method", "statuses"),
    [("_DO_DELETE", {501}), ("__INIT__", {501}), ("get", {501, 200}), ("FOO", {501}), ("DELETE", {405})],
)
def test_row_063_methods_are_a_closed_set(server: ServerProcess, method: str, statuses: set[int]) -> None:
    """405 or 501; case matters, except to hypercorn, which writes every method in capitals."""
    response = ask(server, f"{method} /pid HTTP/1.1\r\nHost: a")

    assert response.status in statuses
    assert response.status != 200 or "Hypercorn" in server.log()


@pytest.mark.row(46)
@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/late", 500), ("/own", 200)])
def test_row_046_reason_is_the_servers_own(server: ServerProcess, path: str, status: int) -> None:
    """What stands behind the status is the phrase of HTTP, or nothing."""
    response = ask(server, f"GET {path} HTTP/1.1\r\nHost: a")

    assert response.status == status
    assert response.reason in {"", {404: "Not Found", 500: "Internal Server Error", 200: "OK"}[status]}


@pytest.mark.row(62)
@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/see/admin", "/see/admin"),
        ("/see/%61dmin", "/see/admin"),
        ("/see/a%2fb", "/see/a/b"),
        ("/see//admin", "/see//admin"),
        ("/see/x/../admin", "/see/x/../admin"),
        ("/see/./admin", "/see/./admin"),
        ("/see/%2e%2e/admin", "/see/../admin"),
        ("/see/%2561dmin", "/see/%61dmin"),
        ("/see/a+b", "/see/a+b"),
        ("/see/admin;x", "/see/admin;x"),
        ("/see/ADMIN", "/see/ADMIN"),
        ("/see/a%0ab", "/see/a\nb"),
        ("/see/a%00b", "/see/a\0b"),
        ("/see/%c3%a9", "/see/é"),
        ("/see/%ff", "/see/\ufffd"),
    ],
)
def test_row_062_middleware_and_handler_see_one_path(server: ServerProcess, path: str, seen: str) -> None:
    """A path is decoded once and never normalised, the same for every server."""
    response = ask(server, f"GET {path} HTTP/1.1\r\nHost: a")

    assert response.status == 200
    assert response.body.decode() == f"{seen}\n{seen}"
