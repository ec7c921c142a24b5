"""
Rows 25 to 33 and 58 of docs/security.md: headers and cookies that come off the wire. Over both protocols.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from covet import CovetPy, Request, Response
from covet.parameters import Cookie, Header
from covet.testing import ClientResponse, TestClient
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols
from tests.linearity import assert_linear, assert_quick


def make_app() -> CovetPy:
    """Make an application that reads every header it is asked for."""
    app = CovetPy()

    @app.get("/header")
    async def header(request: Request) -> dict[str, Any]:
        name = request.query_params["name"]
        return {"value": request.headers.get(name), "list": request.headers.get_list(name)}

    @app.post("/negotiated")
    async def negotiated(request: Request) -> dict[str, Any]:
        return {"body": await request.json(), "form": request.headers.get("content-type", "")[:20]}

    @app.post("/form")
    async def form(request: Request) -> dict[str, int]:
        return {"fields": len(await request.form())}

    @app.get("/cookies")
    async def cookies(request: Request, host_sid: Annotated[str, Cookie(alias="__Host-sid")] = "none") -> list[Any]:
        return [dict(request.cookies), host_sid]

    @app.get("/user")
    async def user(x_user: Annotated[str, Header()] = "nobody") -> str:
        return x_user

    return app


def make_call(protocol: WireProtocol, method: str, path: str) -> Callable[[dict[str, Any]], ClientResponse]:
    """Make a function that sends a request with given options, on a loop of its own, as a measured one has to."""
    client = TestClient(make_app(), protocol=protocol, raise_app_exceptions=False)

    def call(options: dict[str, Any]) -> ClientResponse:
        return asyncio.run(client.request(method, path, **options))

    # What is compiled with the first request is not measured.
    call({})
    return call


# ── Many and long ones ───────────────────────────────────────────────────────


@pytest.mark.row(25)
@on_both_protocols
def test_row_025_repeated_header_is_joined_in_linear_time(protocol: WireProtocol) -> None:
    """As many as are allowed, 100 in all and 64 KiB, are joined; reading them takes less than 50 ms."""
    call = make_call(protocol, "GET", "/header?name=x-many")
    headers = [("x-many", "v" * 600)] * 95

    response = call({"headers": headers})

    assert response.json()["value"] == ", ".join(["v" * 600] * 95)
    assert len(response.json()["list"]) == 95
    assert_quick(call, {"headers": headers})


@pytest.mark.row(25)
@on_both_protocols
@pytest.mark.parametrize("count", [100, 10_000])
def test_row_025_too_many_are_refused_in_linear_time(protocol: WireProtocol, count: int) -> None:
    """One header's name 100 times, or 10,000 times in a scope, is 431 and never joined."""
    call = make_call(protocol, "GET", "/header?name=x-many")
    headers = [("x-many", "value")] * count

    assert_problem(call({"headers": headers}), 431, echo="value")
    assert_quick(call, {"headers": headers})


LONG: dict[str, tuple[str, Callable[[int], str]]] = {
    "parameters": ("accept", lambda size: 'text/html;a="' + "=;" * (size // 2)),
    "commas": ("accept", lambda size: "," * size),
    "ranges": ("accept", lambda size: "text/html;q=0.1," * (size // 16)),
    "weights": ("accept", lambda size: "a/b;" + "q=0;" * (size // 4)),
    "quotes": ("accept", lambda size: '"' * size),
    "spaces": ("accept", lambda size: "a" + " " * (size - 2) + "b"),
    "type": ("content-type", lambda size: 'application/json;a="' + "\\" * size),
    "type's parameters": ("content-type", lambda size: "application/json" + ";a" * (size // 2)),
}


@pytest.mark.row(26)
@on_both_protocols
@pytest.mark.parametrize(
    ("what", "short", "long"),
    [
        ("parameters", 200, 200),
        ("commas", 200, 200),
        ("ranges", 406, 200),
        ("weights", 406, 200),
        ("quotes", 200, 200),
        ("spaces", 200, 200),
        ("type", 400, 400),
        ("type's parameters", 400, 400),
    ],
)
def test_row_026_what_is_accepted_is_read_in_linear_time(
    protocol: WireProtocol, what: str, short: int, long: int
) -> None:
    """Twice the `Accept` or `Content-Type` is twice the work, up to 8 KiB and beyond, and never a 500."""
    name, make = LONG[what]
    call = make_call(protocol, "POST", "/negotiated")

    def send(size: int) -> ClientResponse:
        return call({"content": b"1", "headers": {"content-type": "application/json", name: make(size)}})

    # Beyond 8 KiB an `Accept` is ignored.
    assert [send(size).status_code for size in (800, 8_000, 60_000)] == [short, short, long]
    assert_linear(send, lambda size: size, size=900)
    assert_quick(send, 60_000)


@pytest.mark.row(26)
@on_both_protocols
@pytest.mark.parametrize(
    "accept", ["text/html," * 1_000, "image/png;q=0.1," * 600, "application/msgpack;a=" + "b" * 8_200]
)
async def test_row_026_long_accept_is_ignored(protocol: WireProtocol, accept: str) -> None:
    """More than 8 KiB of wishes are none: the answer is JSON, as without the header."""
    client = TestClient(make_app(), protocol=protocol)

    response = await client.get("/header?name=host", headers={"accept": accept})

    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")


FORMS: dict[str, Callable[[int], str]] = {
    "escapes": lambda size: 'application/x-www-form-urlencoded; !="' + "\\" * size,
    "quotes": lambda size: 'application/x-www-form-urlencoded; a="' + '\\"' * (size // 2) + '"',
    "parameters": lambda size: "application/x-www-form-urlencoded" + ";" * size,
    "boundary": lambda size: 'multipart/form-data; boundary="' + '\\"' * (size // 2),
    "beside a boundary": lambda size: 'multipart/form-data; boundary=b; a="' + "\\x" * (size // 2) + '"',
    "spaces": lambda size: "multipart/form-data; boundary=b" + " \t" * (size // 2) + "x",
}


@pytest.mark.row(7)
@on_both_protocols
@pytest.mark.parametrize("what", FORMS)
def test_row_007_the_type_of_a_form_is_read_in_linear_time(protocol: WireProtocol, what: str) -> None:
    """Twice the `Content-Type` is twice the work, as far as one is read, and beyond it is refused at once."""
    call = make_call(protocol, "POST", "/form")

    def send(size: int) -> ClientResponse:
        return call({"content": b"a=1", "headers": {"content-type": FORMS[what](size)}})

    # 64 of these are just read: longer than 8 KiB is a 400.
    assert_linear(send, lambda size: size, size=120)
    assert_quick(send, 60_000)
    assert (send(7_900).status_code < 500, send(60_000).status_code) == (True, 400)


@pytest.mark.row(26)
@on_both_protocols
@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded;" * 1_500, 'a/b;c="' + "\\" * 60_000])
def test_row_026_long_type_of_a_form_is_refused(protocol: WireProtocol, content_type: str) -> None:
    """A type of more than 8 KiB is a 400, soon."""
    call = make_call(protocol, "POST", "/form")
    options = {"content": b"a=1", "headers": {"content-type": content_type}}

    assert call(options).status_code == 400
    assert_quick(call, options)


@pytest.mark.row(27)
@on_both_protocols
@pytest.mark.parametrize("unit", ["*,", "gzip;q=0.1,", "*;q=0,", "gzip, *;q=0.5, ", ","])
def test_row_027_encodings_are_read_in_linear_time(protocol: WireProtocol, unit: str) -> None:
    """60 KB of wildcards change nothing where nobody offers an encoding, and block for less than 50 ms."""
    assert_ignored(protocol, "accept-encoding", unit)


@pytest.mark.row(33)
@on_both_protocols
@pytest.mark.parametrize("name", ["if-none-match", "if-match", "if-range", "range"])
@pytest.mark.parametrize("unit", ['W/"a",', "W/", '"', "*,", "0-0,"])
def test_row_033_tags_and_ranges_are_read_in_linear_time(protocol: WireProtocol, name: str, unit: str) -> None:
    """60 KB of tags change nothing where nothing has one, and block for less than 50 ms."""
    assert_ignored(protocol, name, unit)


def assert_ignored(protocol: WireProtocol, name: str, unit: str) -> None:
    """Fail if a long header changes an answer, or takes long."""
    call = make_call(protocol, "GET", "/header?name=x-none")
    options = {"headers": {name: unit * (60_000 // len(unit))}}

    assert call(options).json() == {"value": None, "list": []}
    assert_quick(call, options)


# ── Cookies ──────────────────────────────────────────────────────────────────


@pytest.mark.row(29)
@on_both_protocols
@pytest.mark.parametrize("unit", ["\\", '\\"', "\\1", '"', "a", ";", "=", "; a=b"])
def test_row_029_cookies_are_read_in_linear_time(protocol: WireProtocol, unit: str) -> None:
    """Twice the header is twice the work, and all of 8 KiB block for less than 50 ms."""
    call = make_call(protocol, "GET", "/cookies")

    def send(size: int) -> ClientResponse:
        return call({"headers": {"cookie": 'a="' + unit * (size // len(unit))}})

    # 400 cookies are too many; all others are one or a hundred.
    assert send(400).status_code == (431 if unit == ";" else 200)
    assert_linear(send, lambda size: size, size=450)
    assert_quick(send, 8_000)


@pytest.mark.row(29)
@on_both_protocols
@pytest.mark.parametrize("size", [20_000, 60_000])
async def test_row_029_too_long_cookies_are_refused(protocol: WireProtocol, size: int) -> None:
    """More than 8 KiB are 431, whoever asks for them."""
    client = TestClient(make_app(), protocol=protocol)

    assert_problem(await client.get("/cookies", headers={"cookie": 'a="' + "\\" * size}), 431, echo="\\\\\\")


@pytest.mark.row(30)
@on_both_protocols
@pytest.mark.parametrize(("count", "status"), [(10, 200), (150, 200), (4_000, 431)])
@pytest.mark.parametrize("bad", ["=v", "a b=c", "é=1", 'a="b', "@", "=", "a=\\x"])
async def test_row_030_bad_cookies_are_one_line_at_most(
    protocol: WireProtocol, count: int, status: int, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    """However many are invalid: one record, of debugging, and no 500."""
    header = "; ".join([bad] * count).encode()
    with caplog.at_level(logging.DEBUG, "covet"):
        response = await TestClient(make_app(), protocol=protocol).get("/cookies", headers={"cookie": header})

    # RSGI shows no header that is not ASCII.
    assert response.status_code == (200 if protocol == "rsgi" and not bad.isascii() else status)
    assert len([record for record in caplog.records if record.name.startswith("covet")]) <= 1
    assert error_records(caplog) == []


@pytest.mark.row(31)
@on_both_protocols
@pytest.mark.parametrize(
    "cookie",
    ["=__Host-sid=bad", " =__Host-sid=bad", "; =__Host-sid=bad", "a=b; =__Host-sid=bad", "==__Host-sid=bad",
     '="__Host-sid=bad"', "a=b,__Host-sid=bad", "\t=__Host-sid=bad", "__host-sid=bad", "__Host-sid",
     "__Host-sid ;=bad"],
)  # fmt: skip
async def test_row_031_nameless_cookie_gets_no_name(protocol: WireProtocol, cookie: str) -> None:
    """No spelling of a cookie without a name is read as one with the prefix that only this host can set."""
    response = await TestClient(make_app(), protocol=protocol).get("/cookies", headers={"cookie": cookie})

    seen, bound = response.json()
    assert "__Host-sid" not in seen
    assert bound == "none"


INJECTED = ["; HttpOnly; Domain=evil", "\r\nset-cookie: x=y", "\r", "\n", "\0", "\x7f", ";", "é", "\u2028", "\x1b"]


@pytest.mark.row(32)
@on_both_protocols
@pytest.mark.parametrize(
    ("method", "argument"),
    [
        *(("set_cookie", argument) for argument in ("name", "value", "path", "domain", "samesite")),
        *(("delete_cookie", argument) for argument in ("name", "path", "domain", "samesite")),
    ],
)
@pytest.mark.parametrize("injected", INJECTED)
async def test_row_032_every_argument_is_checked_when_it_is_set(
    protocol: WireProtocol, method: str, argument: str, injected: str
) -> None:
    """`ValueError` where the cookie is set, for every argument that is text: the client sees a 500 without it."""
    app = CovetPy()
    errors: list[Exception] = []
    good = {"name": "a", "value": "b", "path": "/", "domain": "a.test", "samesite": "lax"}

    @app.get("/")
    async def index() -> Response:
        response = Response("ok")
        arguments = {**good, argument: good[argument] + injected}
        if method == "delete_cookie":
            del arguments["value"]
        try:
            getattr(response, method)(**arguments)
        except ValueError as exc:
            errors.append(exc)
            raise
        return response

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert_problem(response, 500, echo="evil")
    assert "set-cookie" not in response.headers
    assert len(errors) == 1


# ── Names ────────────────────────────────────────────────────────────────────


@pytest.mark.row(58)
@on_both_protocols
@pytest.mark.parametrize("name", ["X_User", "x_user", "X_USER", "x.user", "xuser"])
async def test_row_058_header_with_an_underscore_is_another_one(protocol: WireProtocol, name: str) -> None:
    """It answers no look-up by the name with a hyphen, in a parameter or in the mapping, and adds nothing to it."""
    client = TestClient(make_app(), protocol=protocol)

    alone = await client.get("/user", headers={name: "admin"})
    beside = await client.get("/user", headers=[(name, "admin"), ("x-user", "ada"), (name, "root")])
    mapping = await client.get("/header?name=x-user", headers={name: "admin"})
    own = await client.get(f"/header?name={name}", headers={name: "admin"})

    assert (alone.text, beside.text) == ("nobody", "ada")
    assert mapping.json() == {"value": None, "list": []}
    assert own.json() == {"value": "admin", "list": ["admin"]}


@pytest.mark.row(58)
@on_both_protocols
@pytest.mark.parametrize("name", ["X_Forwarded_For", "X_Forwarded_Host", "X_Forwarded_Proto", "Content_Length"])
async def test_row_058_framing_and_origin_have_one_spelling(protocol: WireProtocol, name: str) -> None:
    """What looks like the header of a proxy or a length is none."""
    app = CovetPy()

    @app.post("/")
    async def show(request: Request) -> list[Any]:
        body = await request.body()
        hyphened = name.replace("_", "-")
        return [request.headers.get(hyphened) == "1", request.client, str(request.url), len(body)]

    client = TestClient(app, protocol=protocol)

    plain = await client.post("/", content=b"abc")
    spelled = await client.post("/", content=b"abc", headers={name: "1"})

    assert spelled.json() == plain.json()
