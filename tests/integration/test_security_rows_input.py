"""
Rows 20 to 25 of docs/security.md, as they come off the wire: bodies, numbers, the limits of headers.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from covet import CovetPy, Request
from covet.parameters import Header
from covet.responses import JSONResponse
from covet.testing import ClientResponse, TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols
from tests.linearity import assert_quick


@dataclass
class Account:
    """A typed body."""

    role: str
    number: int = 0


def make_app() -> CovetPy:
    """Make an application that takes input from everywhere."""
    app = CovetPy()

    @app.post("/typed")
    async def typed(account: Account) -> Account:
        return account

    @app.post("/dict")
    async def as_dict(request: Request) -> JSONResponse:
        return JSONResponse({"type": type(await request.json()).__name__})

    @app.get("/path/{number:int}")
    async def in_path(number: int) -> int:
        return number

    @app.get("/plain-path/{number}")
    async def in_plain_path(number: int) -> int:
        return number

    @app.get("/query")
    async def in_query(number: int) -> int:
        return number

    @app.get("/header")
    async def in_header(x_number: Annotated[int, Header()]) -> int:
        return x_number

    @app.get("/headers")
    async def headers(request: Request) -> dict[str, int]:
        return {"count": len(request.headers)}

    return app


def call(protocol: WireProtocol, method: str, path: str, **options: Any) -> ClientResponse:
    """Send one request on a loop of its own, as a measured function has to."""
    client = TestClient(make_app(), protocol=protocol, raise_app_exceptions=False)
    return asyncio.run(client.request(method, path, **options))


def assert_quick_call(protocol: WireProtocol, method: str, path: str, **options: Any) -> None:
    """Fail if answering a request blocks the loop for more than 50 ms."""
    client = TestClient(make_app(), protocol=protocol, raise_app_exceptions=False)
    # Once before: what is compiled with the first request is not measured.
    asyncio.run(client.get("/query?number=1"))
    assert_quick(lambda: asyncio.run(client.request(method, path, **options)))


# ── JSON and numbers ─────────────────────────────────────────────────────────


@pytest.mark.row(20)
@on_both_protocols
@pytest.mark.parametrize("path", ["/typed", "/dict"])
@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 5000, "[" * 101 + "]" * 101, '{"role":' + "[" * 5000])
def test_row_020_deep_json_is_refused(protocol: WireProtocol, path: str, body: str) -> None:
    """Nesting beyond 100 is 400 and quickly so, for models and for plain JSON."""
    headers = {"content-type": "application/json"}

    response = call(protocol, "POST", path, content=body.encode(), headers=headers)

    assert_problem(response, 400, echo="[[[")
    assert_quick_call(protocol, "POST", path, content=body.encode(), headers=headers)


@pytest.mark.row(21)
@on_both_protocols
@pytest.mark.parametrize("path", ["/typed", "/dict"])
@pytest.mark.parametrize("number", ["9" * 100_000, "-" + "9" * 5000, "1" + "0" * 5000 + ".5e"])
def test_row_021_huge_number_in_json_is_refused(protocol: WireProtocol, path: str, number: str) -> None:
    """A number of more than 4,300 digits is 400, never 500, and quickly so."""
    options: dict[str, Any] = {
        "content": f'{{"role":"user","number":{number}}}'.encode(),
        "headers": {"content-type": "application/json"},
    }

    response = call(protocol, "POST", path, **options)

    assert_problem(response, 400, echo="99999")
    assert_quick_call(protocol, "POST", path, **options)


@pytest.mark.row(21)
@on_both_protocols
@pytest.mark.parametrize("text", ["9" * 20, "9" * 5000, "²", "１２", "1_0", "+5", "0x5", "1.0", " 5", "1e3"])
@pytest.mark.parametrize("template", ["/path/{}"])
async def test_row_021_odd_number_in_a_path_is_not_found(protocol: WireProtocol, template: str, text: str) -> None:
    """The converter takes at most 19 ASCII digits; everything else is another path."""
    response = await TestClient(make_app(), protocol=protocol).get(template.format(text))

    assert_problem(response, 404)


@pytest.mark.row(21)
@on_both_protocols
@pytest.mark.parametrize(
    ("text", "status"), [("9" * 5000, 400), *((text, 422) for text in ("²", "１２", "1_0", "0x5", "1.5", "1e3"))]
)
async def test_row_021_odd_number_elsewhere_is_a_validation_error(
    protocol: WireProtocol, text: str, status: int
) -> None:
    """In a typed path parameter, a query or a header the same texts are refused; too long ones are no number at all."""
    client = TestClient(make_app(), protocol=protocol)

    path = await client.get(f"/plain-path/{text}")
    query = await client.get("/query", params={"number": text})
    header = await client.get("/header", headers={"x-number": text.encode()})

    assert [path.status_code, query.status_code, header.status_code] == [status] * 3
    assert text not in path.text + query.text + header.text


@pytest.mark.row(22)
@on_both_protocols
@pytest.mark.parametrize("path", ["/typed", "/dict"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"role":"user","role":"admin"}',
        b'{"role":"user","number":NaN}',
        b'{"role":"user","number":Infinity}',
        b'{"role":"user","number":1e400}',
        b'{"role":"user"} {"role":"admin"}',
        b'\xef\xbb\xbf{"role":"user"}',
        b'{"role":"\xff"}',
    ],
)
async def test_row_022_ambiguous_json_is_refused(protocol: WireProtocol, path: str, body: bytes) -> None:
    """What two parsers would read in two ways is 400 for every kind of body."""
    response = await TestClient(make_app(), protocol=protocol).post(
        path, content=body, headers={"content-type": "application/json"}
    )

    assert_problem(response, 400, echo="admin")


@pytest.mark.row(22)
@on_both_protocols
async def test_row_022_lone_surrogate_is_refused(protocol: WireProtocol) -> None:
    """Half of a surrogate pair does not come in, so it cannot become a 500 on the way out."""
    response = await TestClient(make_app(), protocol=protocol).post(
        "/typed", content=b'{"role":"\\ud800"}', headers={"content-type": "application/json"}
    )

    assert_problem(response, 400)


# ── Headers ──────────────────────────────────────────────────────────────────


@pytest.mark.row(25)
@on_both_protocols
@pytest.mark.parametrize("is_known_host", [False, True])
async def test_row_025_many_equal_headers_are_refused(protocol: WireProtocol, is_known_host: bool) -> None:
    """10,000 headers of one name are 431 as soon as somebody looks at the headers."""
    client = TestClient(make_app(), protocol=protocol)
    if is_known_host:
        await client.get("/headers")

    response = await client.get("/headers", headers=[("x-many", "1")] * 10_000)

    assert_problem(response, 431)


@on_both_protocols
@pytest.mark.parametrize("is_known_host", [False, True])
async def test_large_headers_are_refused(protocol: WireProtocol, is_known_host: bool) -> None:
    """64 KiB in all is the limit, whatever the servers allow."""
    client = TestClient(make_app(), protocol=protocol)
    if is_known_host:
        await client.get("/headers")

    response = await client.get("/headers", headers=[(f"x-{number}", "v" * 1000) for number in range(70)])

    assert_problem(response, 431, echo="vvv")
