"""
Rows 59 and 60 of docs/security.md: by which address a client is counted. Over both protocols.
"""

from ipaddress import IPv6Address
from typing import Any

import pytest

from covet import CovetPy
from covet.middleware import ProxyHeadersMiddleware, RateLimitMiddleware
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

LIMIT = 20


def make_app(*middleware: object) -> CovetPy:
    """Make an application with a limit, and other middleware."""
    app = CovetPy(middleware=[*middleware, RateLimitMiddleware(LIMIT, 3600)])

    @app.get("/")
    async def index() -> str:
        return "hello"

    return app


async def count_allowed(client: TestClient, headers: list[dict[str, str]]) -> int:
    """Send a request with each of some headers, and count those that were answered."""
    responses = [await client.get("/", headers=given) for given in headers]
    for response in responses:
        if response.status_code != 200:
            assert_problem(response, 429)
    return sum(response.status_code == 200 for response in responses)


@on_both_protocols
@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "Forwarded"])
async def test_row_059_no_client_says_itself_what_it_is_counted_by(protocol: WireProtocol, name: str) -> None:
    """A thousand requests, another address in each: the limit holds."""
    client = TestClient(make_app(), protocol=protocol)
    prefix = "for=" if name == "Forwarded" else ""

    allowed = await count_allowed(client, [{name: f"{prefix}203.0.113.{n % 250}"} for n in range(1000)])

    assert allowed == LIMIT


@on_both_protocols
async def test_row_059_headers_of_a_proxy_are_read_from_the_right(protocol: WireProtocol) -> None:
    """What a client writes on the left is no address of its own; behind the proxy each client has its limit."""
    app = make_app(ProxyHeadersMiddleware(["10.0.0.0/8"]))
    proxy = TestClient(app, protocol=protocol, client=("10.0.0.1", 5))
    stranger = TestClient(app, protocol=protocol, client=("192.0.2.1", 5))

    spoofed = await count_allowed(
        proxy, [{"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.7"} for n in range(2 * LIMIT)]
    )
    another = await count_allowed(proxy, [{"X-Forwarded-For": "198.51.100.8"}] * (LIMIT + 1))
    outside = await count_allowed(stranger, [{"X-Forwarded-For": f"198.51.100.{n}"} for n in range(2 * LIMIT)])

    assert (spoofed, another, outside) == (LIMIT, LIMIT, LIMIT)


@on_both_protocols
async def test_row_060_an_ipv4_address_in_ipv6_is_the_same_client(protocol: WireProtocol) -> None:
    """Whichever socket it came through; and another IPv4 address is another client."""
    app = make_app()
    allowed: list[int] = []
    for host in ("1.2.3.4", "::ffff:1.2.3.4", "::FFFF:102:304", "::ffff:1.2.3.5"):
        client = TestClient(app, protocol=protocol, client=(host, 5))
        allowed.append(await count_allowed(client, [{}] * LIMIT))

    assert allowed == [LIMIT, 0, 0, LIMIT]


@on_both_protocols
async def test_row_060_all_addresses_of_a_network_are_one_client(protocol: WireProtocol) -> None:
    """Whoever has one IPv6 address has 2**64 of them."""
    app = make_app()
    first = int(IPv6Address("2001:db8:0:7::"))
    statuses: list[Any] = []
    for number in range(300):
        host = str(IPv6Address(first + number * 0x1234_5678_9ABC))
        statuses.append((await TestClient(app, protocol=protocol, client=(host, 5)).get("/")).status_code)
    neighbour = await TestClient(app, protocol=protocol, client=("2001:db8:0:8::1", 5)).get("/")

    assert statuses.count(200) == LIMIT
    assert neighbour.status_code == 200
