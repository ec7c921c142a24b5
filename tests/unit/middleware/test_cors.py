"""
`CORSMiddleware` over both protocols: who is allowed, and on which responses it is said.
"""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet import Request, Response
from covet.middleware import CORSMiddleware
from tests.linearity import assert_linear
from tests.unit.middleware.cors_client import ALLOW_ORIGIN, SITE, Protocol, cors_names, make_client, preflight

# ── Who is allowed ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("options", [{}, {"allow_origins": None}, {"allow_origins": []}, {"allow_origins": ()}])
async def test_no_origin_is_allowed_by_default(protocol: Protocol, options: dict[str, Any]) -> None:
    """
    Nothing, `None` and an empty list all mean that no origin is allowed; `[]` never means `*`.
    """
    client = make_client(protocol, **options)

    simple = await client.get("/", headers={"Origin": SITE})
    asked = await client.options("/", headers=preflight())

    assert (simple.status_code, simple.text) == (200, "hello")
    assert cors_names(simple.headers) == set()
    assert asked.status_code == 403
    assert cors_names(asked.headers) == set()


async def test_listed_origin_is_echoed(protocol: Protocol) -> None:
    """
    A listed origin gets itself as the one that is allowed, and nothing that was not asked for.
    """
    client = make_client(protocol, allow_origins=["https://other.example", SITE])

    response = await client.get("/", headers={"Origin": SITE})

    assert response.headers.get_list(ALLOW_ORIGIN) == [SITE]
    assert response.headers["vary"] == "Origin"
    assert cors_names(response.headers) == {ALLOW_ORIGIN}


@pytest.mark.row(65)
@pytest.mark.parametrize(
    "origin",
    [
        "https://aXexample.com",
        "https://a.example.com.evil",
        "https://evil.com/a.example.com",
        "https://evil.com?https://a.example.com",
        "https://a.example.com@evil.com",
        "https://b.a.example.com",
        "https://example.com",
        "https://a.example.com:8443",
        "https://a.example.com/",
        "http://a.example.com",
        "a.example.com",
        "null",
        "*",
        "",
        " ",
        "https://a.example.com https://evil.com",
        "https://a.example.com, https://evil.com",
        "https://*.example.com",
    ],
)
async def test_row_065_other_origin_is_refused(protocol: Protocol, origin: str) -> None:
    """
    An origin is compared whole: no look-alike, prefix, suffix, other port or scheme passes for a listed one.
    """
    client = make_client(protocol, allow_origins=["https://a.example.com"])

    simple = await client.get("/", headers={"Origin": origin})
    asked = await client.options("/", headers=preflight(origin))

    assert simple.status_code == 200
    assert asked.status_code == 403
    assert cors_names(simple.headers) | cors_names(asked.headers) == set()
    assert simple.headers["vary"] == "Origin"
    assert "Origin" in asked.headers["vary"]


@pytest.mark.parametrize("origin", ["https://A.EXAMPLE.com", "HTTPS://a.example.com"])
async def test_case_of_scheme_and_host_is_no_difference(protocol: Protocol, origin: str) -> None:
    """
    Scheme and host compare without case, on both sides; the answer repeats what came.
    """
    client = make_client(protocol, allow_origins=["https://a.Example.com"])

    response = await client.get("/", headers={"Origin": origin})

    assert response.headers[ALLOW_ORIGIN] == origin


async def test_two_origin_headers_are_no_origin(protocol: Protocol) -> None:
    """
    A request with two origins, each of them listed, comes from none.
    """
    client = make_client(protocol, allow_origins=[SITE])

    response = await client.get("/", headers=[("Origin", SITE), ("Origin", SITE)])

    assert ALLOW_ORIGIN not in response.headers


async def test_null_matches_only_where_it_is_listed(protocol: Protocol) -> None:
    """
    `null`, which sandboxed frames and local files send, is an origin like any other: allowed if listed.
    """
    client = make_client(protocol, allow_origins=["null"])

    listed = await client.get("/", headers={"Origin": "null"})
    other = await client.get("/", headers={"Origin": SITE})

    assert listed.headers[ALLOW_ORIGIN] == "null"
    assert ALLOW_ORIGIN not in other.headers


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:5173", "chrome-extension://abcdef", "http://my_box"],
)
async def test_origins_of_every_kind_can_be_listed(protocol: Protocol, origin: str) -> None:
    """
    Ports, addresses, extensions and names of one label are origins too.
    """
    client = make_client(protocol, allow_origins=[origin])

    response = await client.get("/", headers={"Origin": origin})

    assert response.headers[ALLOW_ORIGIN] == origin


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset])
async def test_origins_may_come_in_any_collection(kind: type) -> None:
    """
    Lists, tuples and sets are taken.
    """
    client = make_client("asgi", allow_origins=kind([SITE]))

    response = await client.get("/", headers={"Origin": SITE})

    assert response.headers[ALLOW_ORIGIN] == SITE


# ── A wildcard label ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("origin", ["https://a.example.com", "https://PR-7.example.com", "https://x_1.example.com"])
async def test_wildcard_stands_for_one_label(protocol: Protocol, origin: str) -> None:
    """
    `https://*.example.com` allows every host with one label more.
    """
    client = make_client(protocol, allow_origins=["https://*.example.com"])

    response = await client.get("/", headers={"Origin": origin})

    assert response.headers[ALLOW_ORIGIN] == origin
    assert response.headers["vary"] == "Origin"


@pytest.mark.row(54)
@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "https://.example.com",
        "https://evilexample.com",
        "https://a.b.example.com",
        "https://a.example.com.evil",
        "https://evil.com/.example.com",
        "https://evil.com#.example.com",
        "https://user@a.example.com",
        "https://a%2e.example.com",
        "https://*.example.com",
        "https://a.example.com:8443",
        "http://a.example.com",
        "https://" + "a" * 64 + ".example.com",
        "null",
    ],
)
async def test_row_054_wildcard_is_matched_by_labels(protocol: Protocol, origin: str) -> None:
    """
    A wildcard allows one valid label and nothing else: not the domain itself, no deeper host, no look-alike.
    """
    client = make_client(protocol, allow_origins=["https://*.example.com"])

    response = await client.get("/", headers={"Origin": origin})

    assert ALLOW_ORIGIN not in response.headers


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_what_a_wildcard_allows_is_below_the_domain(text: str) -> None:
    """
    Whatever is sent, what a wildcard allows is one label of letters, digits, hyphens and underscores.
    """
    middleware = CORSMiddleware(allow_origins=["https://*.example.com"])

    for origin in (text, f"https://{text}", f"https://{text}.example.com", f"https://{text}example.com"):
        response = middleware.process_response(Request(headers={"Origin": origin}), Response())

        allowed = re.fullmatch(r"(?i)https://[a-z0-9_-]{1,63}\.example\.com", origin) is not None
        assert (ALLOW_ORIGIN in response.headers) is allowed


def test_long_origin_costs_linear_time() -> None:
    """
    An origin of any length is refused in linear time.
    """
    middleware = CORSMiddleware(allow_origins=["https://*.example.com"])

    def refuse(origin: str) -> None:
        middleware.process_response(Request(headers={"Origin": origin}), Response())

    assert_linear(refuse, lambda size: "https://" + "a." * size, size=1_000)


# ── Every origin ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("headers", [{}, {"Origin": SITE}, {"Origin": "null"}])
async def test_star_is_the_same_for_everybody(protocol: Protocol, headers: dict[str, str]) -> None:
    """
    `["*"]` answers `*` to everybody, without `Vary`: a cache may keep one response for all.
    """
    client = make_client(protocol, allow_origins=["*"])

    response = await client.get("/", headers=headers)

    assert response.headers.get_list(ALLOW_ORIGIN) == ["*"]
    assert "vary" not in response.headers


async def test_star_answers_preflights(protocol: Protocol) -> None:
    """
    `["*"]` allows the preflight of any page.
    """
    client = make_client(protocol, allow_origins=["*"])

    response = await client.options("/items", headers=preflight(method="POST", headers="content-type"))

    assert response.status_code == 204
    assert response.headers[ALLOW_ORIGIN] == "*"
    assert response.headers["vary"] == "Access-Control-Request-Method, Access-Control-Request-Headers"


# ── On every response ────────────────────────────────────────────────────────


@pytest.mark.row(66)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/stream", 200),
        ("POST", "/items", 422),
        ("OPTIONS", "/items", 204),
        ("GET", "/items/", 308),
        ("GET", "/gone", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/items", 405),
        ("GET", "/limited", 429),
        ("GET", "/broken", 500),
        ("GET", "/proxied", 200),
    ],
)
async def test_row_066_every_response_allows_exactly_once(
    protocol: Protocol, method: str, path: str, status: int
) -> None:
    """
    Success, redirect, refusal and crash carry one `Access-Control-Allow-Origin` each, and `Vary: Origin`.
    """
    client = make_client(protocol, allow_origins=[SITE])
    content = b"{}" if method == "POST" else b""

    response = await client.request(
        method,
        path,
        headers={"Origin": SITE, "Content-Type": "application/json"},
        content=content,
        follow_redirects=False,
    )

    assert response.status_code == status
    assert response.headers.get_list(ALLOW_ORIGIN) == [SITE]
    assert "Origin" in response.headers["vary"].split(", ")


@pytest.mark.parametrize("path", ["/", "/nowhere", "/broken"])
async def test_response_without_origin_varies_too(protocol: Protocol, path: str) -> None:
    """
    A response to a request without an origin tells caches not to hand it to a page.
    """
    client = make_client(protocol, allow_origins=[SITE])

    response = await client.get(path)

    assert response.headers["vary"] == "Origin"
    assert ALLOW_ORIGIN not in response.headers


async def test_vary_of_the_inside_is_kept(protocol: Protocol) -> None:
    """
    `Origin` joins what the inside varies by.
    """
    client = make_client(protocol, allow_origins=[SITE])

    response = await client.get("/proxied")

    assert response.headers["vary"] == "Accept-Encoding, Origin"


async def test_permission_of_the_inside_is_replaced(protocol: Protocol) -> None:
    """
    What a handler passes on from another service grants neither origins nor credentials.
    """
    client = make_client(protocol, allow_origins=[SITE])

    allowed = await client.get("/proxied", headers={"Origin": SITE})
    refused = await client.get("/proxied", headers={"Origin": "https://evil.example"})

    assert allowed.headers[ALLOW_ORIGIN] == SITE
    assert "access-control-allow-credentials" not in allowed.headers
    assert ALLOW_ORIGIN not in refused.headers
    assert "access-control-allow-credentials" not in refused.headers


@pytest.mark.parametrize("origins", [[SITE], ["*"]])
async def test_exposed_headers_are_listed(protocol: Protocol, origins: list[str]) -> None:
    """
    Pages learn which headers they may read, on responses that they may read, in place of the inside's list.
    """
    client = make_client(protocol, allow_origins=origins, expose_headers=["X-Total", "X-Page"])

    response = await client.get("/proxied", headers={"Origin": SITE})

    assert response.headers.get_list("access-control-expose-headers") == ["X-Total, X-Page"]


async def test_credentials_are_allowed_to_listed_origins_only(protocol: Protocol) -> None:
    """
    `allow_credentials=True` is said to origins that are listed, and to no other.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_credentials=True)

    listed = await client.get("/", headers={"Origin": SITE})
    asked = await client.options("/", headers=preflight())
    other = await client.get("/", headers={"Origin": "https://evil.example"})

    assert listed.headers["access-control-allow-credentials"] == "true"
    assert asked.headers["access-control-allow-credentials"] == "true"
    assert cors_names(other.headers) == set()
