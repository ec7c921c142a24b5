"""
Rows 20, 21, 22 and 24 of docs/security.md, with every reader of JSON that there is. Over both protocols.
"""

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from covet import CovetPy, Request, Response
from covet.parameters import Body, Cookie, Form, Header
from covet.responses import HTMLResponse, JSONResponse, PlainTextResponse
from covet.testing import ClientResponse, TestClient
from covet.validation import Constraints
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols

JSON = {"content-type": "application/json"}
# How each route reads its body: a model, a typed mapping, whatever there is, and the request's own method.
PATHS = ["/model", "/mapping", "/anything", "/request"]


@dataclass
class Holder:
    """A model that can hold anything."""

    value: Any = None


@dataclass
class Login:
    """What a form for logging in sends."""

    name: str
    password: Annotated[str, Constraints(max_length=1024)]


def make_app() -> CovetPy:
    """Make an application that reads JSON in every way."""
    app = CovetPy()

    @app.post("/model")
    async def model(holder: Holder) -> str:
        return type(holder.value).__name__

    @app.post("/mapping")
    async def mapping(body: Annotated[dict[str, Any], Body()]) -> str:
        return type(body["value"]).__name__

    @app.post("/anything")
    async def anything(body: Annotated[Any, Body()]) -> str:
        return type(body).__name__

    @app.post("/request")
    async def in_request(request: Request) -> str:
        return type(await request.json()).__name__

    return app


@pytest.fixture(params=["msgspec", "standard library"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Read and write with and without msgspec, as far as that is decided by the application's own parts."""
    if request.param != "msgspec":
        monkeypatch.setitem(sys.modules, "msgspec", None)
    yield request.param


async def post(protocol: WireProtocol, path: str, body: bytes | str) -> ClientResponse:
    """Send one body to a new application."""
    content = body.encode() if isinstance(body, str) else body
    client = TestClient(make_app(), protocol=protocol, raise_app_exceptions=False)
    return await client.post(path, content=content, headers=JSON)


# ── Depth ────────────────────────────────────────────────────────────────────


@pytest.mark.row(20)
@on_both_protocols
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 5_000,
        '{"value":' + "[" * 100 + "]" * 100 + "}",
        '{"value":' * 101 + "1" + "}" * 101,
        '{"other":' + '[{"a":' * 50 + "1" + "}]" * 50 + "}",
    ],
    ids=["brackets", "braces", "101", "101 objects", "mixed, in a field nobody asked for"],
)
async def test_row_020_every_reader_refuses_the_same_depth(
    protocol: WireProtocol, engine: str, path: str, body: str
) -> None:
    """More than 100 levels are 400, whatever reads them and wherever they stand."""
    response = await post(protocol, path, body)

    assert_problem(response, 400, echo="[[")


@pytest.mark.row(20)
@on_both_protocols
@pytest.mark.parametrize("path", PATHS)
async def test_row_020_every_reader_accepts_the_same_depth(protocol: WireProtocol, engine: str, path: str) -> None:
    """100 levels are read, and brackets within text are none."""
    deep = await post(protocol, path, '{"value":' + "[" * 99 + "]" * 99 + "}")
    text = await post(protocol, path, '{"value":"' + '[{\\"' * 1_000 + '"}')

    assert (deep.status_code, text.status_code) == (200, 200), deep.text + text.text


# ── Numbers ──────────────────────────────────────────────────────────────────


@pytest.mark.row(21)
@on_both_protocols
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("number", ["9" * 100_000, "-" + "9" * 4_301, "9" * 5_000 + "e1"])
async def test_row_021_every_reader_refuses_the_same_number(
    protocol: WireProtocol, engine: str, path: str, number: str
) -> None:
    """More than 4,300 digits are 400, and never a 500."""
    response = await post(protocol, path, f'{{"value":{number}}}')

    assert_problem(response, 400, echo="999")


@pytest.mark.row(21)
@on_both_protocols
@pytest.mark.parametrize("path", PATHS)
async def test_row_021_every_reader_accepts_the_same_number(protocol: WireProtocol, engine: str, path: str) -> None:
    """4,300 digits are read by all of them."""
    response = await post(protocol, path, f'{{"value":{"9" * 4_300}}}')

    assert (response.status_code, response.text) == (200, "int" if path in {"/model", "/mapping"} else "dict")


@pytest.mark.row(21)
@on_both_protocols
@pytest.mark.parametrize("digits", [20, 4_301, 100_000])
async def test_row_021_huge_number_elsewhere_is_refused(protocol: WireProtocol, digits: int) -> None:
    """In a path, a query, a header, a cookie and a form a number of any length is a 4xx."""
    app = CovetPy()
    seen: list[int] = []

    @app.get("/converter/{number:int}")
    async def converter(number: int) -> None:
        seen.append(number)

    @app.get("/header")
    async def in_header(number: Annotated[int, Header()]) -> None:
        seen.append(number)

    @app.get("/typed/{number}")
    async def typed(number: int) -> None:
        seen.append(number)

    @app.get("/in-query")
    async def in_query(number: int) -> None:
        seen.append(number)

    @app.get("/in-cookie")
    async def in_cookie(number: Annotated[int, Cookie()]) -> None:
        seen.append(number)

    @app.post("/in-form")
    async def in_form(number: Annotated[int, Form()]) -> None:
        seen.append(number)

    text = "9" * digits
    client = TestClient(app, protocol=protocol)
    answers = [
        await client.get(f"/converter/{text}"),
        await client.get("/header", headers={"number": text}),
        await client.get(f"/typed/{text}"),
        await client.get(f"/in-query?number={text}"),
        await client.get("/in-cookie", headers={"cookie": f"number={text}"}),
        await client.post("/in-form", data={"number": text}),
    ]

    if digits == 20:
        # Python reads it, so only the converter, which has 64 bits, refuses it.
        assert [answer.status_code for answer in answers] == [404, 204, 204, 204, 204, 204]
        assert seen == [int(text)] * 5
        return
    assert [answer.status_code for answer in answers if not 400 <= answer.status_code < 500] == []
    # Three nines may stand in the number that an error is found by in the log.
    assert not any("9" * 20 in answer.text for answer in answers)
    assert seen == []


# ── Two readings ─────────────────────────────────────────────────────────────


@pytest.mark.row(22)
@on_both_protocols
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        '{"value":"user","value":"admin"}',
        '{"value":"user","v\\u0061lue":"admin"}',
        '{"value":{"role":"user","role":"admin"}}',
        '{"value":[{"role":"user","role":"admin"}]}',
        '{"value":1,"other":"user","other":"admin"}',
        '{"value":NaN}',
        '{"value":-Infinity}',
        '{"value":1e400}',
        '{"value":-1e400}',
        '{"value":[1e999]}',
        '{"value":"\\ud800"}',
        '{"\\udfff":1,"value":1}',
        '{"value":1}\x00',
        '{"value":1}{}',
        "{'value':1}",
        '{"value":1,}',
        '{"value":01}',
        '{"value":"a\nb"}',
        '/**/{"value":1}',
        "",
    ],
)
async def test_row_022_every_reader_refuses_what_can_be_read_twice(
    protocol: WireProtocol, engine: str, path: str, body: str
) -> None:
    """Duplicate keys at any depth and spelling, NaN, infinities, half a pair and all that is not JSON are 400."""
    response = await post(protocol, path, body)

    assert_problem(response, 400, echo="admin")


@pytest.mark.row(22)
@on_both_protocols
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/msgpack"])
@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda text: text, 200),
        (lambda text: {"value": text}, 200),
        (lambda text: {text: 1}, 200),
        (lambda text: [text], 200),
        (lambda text: Holder(text), 200),
        (lambda text: ({"value": text}, 201), 201),
        (lambda text: Response(text), 200),
        (lambda text: Response({"value": text}), 200),
        (lambda text: JSONResponse(text), 200),
        (lambda text: PlainTextResponse(text), 200),
        (lambda text: HTMLResponse(text), 200),
        (lambda text: iter([text]), 200),
    ],
    ids=[
        "text", "value", "key", "list", "model", "answer", "response", "response of a dict", "json", "plain", "html",
        "stream",
    ],
)  # fmt: skip
async def test_row_022_lone_surrogate_never_raises_on_its_way_out(
    protocol: WireProtocol, accept: str, make: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever carries half a pair is answered, with U+FFFD or a question mark in its place."""
    app = CovetPy()

    @app.get("/")
    async def answer() -> Any:
        return make("a\ud800b")

    response = await TestClient(app, protocol=protocol).get("/", headers={"accept": accept})

    assert response.status_code == status
    assert b"a" in response.content
    assert error_records(caplog) == []


# ── Passwords ────────────────────────────────────────────────────────────────


@pytest.mark.row(24)
@on_both_protocols
@pytest.mark.parametrize(("size", "status"), [(1_024, 204), (1_025, 422), (1_000_000, 422), (1_100_000, 413)])
async def test_row_024_long_password_never_reaches_its_hash(
    protocol: WireProtocol, size: int, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A login that limits its password is not called with a longer one, which is neither echoed nor logged."""
    app = CovetPy()
    hashed: list[int] = []

    @app.post("/login")
    async def login(login: Login) -> None:
        hashed.append(len(login.password))

    with caplog.at_level(logging.DEBUG):
        response = await TestClient(app, protocol=protocol).post("/login", json={"name": "a", "password": "p" * size})

    assert response.status_code == status
    assert hashed == ([size] if status == 204 else [])
    assert "pppp" not in response.text + caplog.text
