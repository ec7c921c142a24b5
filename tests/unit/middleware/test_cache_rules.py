"""
Tests of what a cache may keep, and give to whom.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from operator import mul
from types import SimpleNamespace

import pytest

from covet.auth.principal import ANONYMOUS, Principal
from covet.http.dates import format_http_date
from covet.http.request import Request
from covet.http.response_headers import MutableHeaders
from covet.middleware.cache_rules import (
    STATUSES,
    find_lifetime,
    is_for_one_page,
    is_shareable,
    join_vary,
    read_vary,
    read_wishes,
)
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Cookie",
        "Proxy-Authorization",
        "X-API-Key",
        "ApiKey",
        "X-Auth-Token",
        "X-Token",
        "X-CSRF-Token",
        "X-Session-Id",
        "X-Access-Key",
        "X-Amz-Security-Token",
        "X-Hub-Signature-256",
        "CF-Access-JWT-Assertion",
        "X-Amzn-OIDC-Data",
        "X-Forwarded-Client-Cert",
        "SSL-Client-Cert",
        "X-Forwarded-User",
        "X-Remote-User",
        "Remote-User",
        "X-User",
        "X-User-Id",
        "X-Forwarded-Email",
        "X-Tenant",
        "X-Tenant-ID",
        "X-Account-Id",
        "Range",
        "If-Range",
        "Upgrade",
        "Transfer-Encoding",
    ],
)
@pytest.mark.row(81)
def test_who_says_who_asks_is_answered_alone(name: str) -> None:
    """
    By whatever header; so is who wants a part.
    """
    assert not read_wishes(Request(headers={"Accept": "*/*", name: "x", "X-Other": "y"})).is_shared
    assert not read_wishes(Request(headers={name: ""})).is_shared


@pytest.mark.parametrize(
    ("gateway", "names"),
    [
        ("oauth2-proxy", "X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups X-Forwarded-Preferred-Username"),
        ("Authelia", "Remote-User Remote-Name Remote-Groups Remote-Email"),
        ("authentik", "X-authentik-username X-authentik-groups X-authentik-email X-authentik-uid"),
        ("Kong", "X-Consumer-ID X-Consumer-Username X-Consumer-Custom-ID X-Userinfo X-Credential-Identifier"),
        ("APISIX", "X-Consumer-Username X-Userinfo X-ID-Token"),
        ("Azure", "X-MS-CLIENT-PRINCIPAL X-MS-CLIENT-PRINCIPAL-ID X-MS-CLIENT-PRINCIPAL-NAME X-MS-TOKEN-AAD-ID-TOKEN"),
        ("Google", "X-Goog-Authenticated-User-Email X-Goog-IAP-JWT-Assertion"),
        ("Cloudflare", "Cf-Access-Authenticated-User-Email Cf-Access-Client-Id"),
        ("AWS", "X-Amzn-Oidc-Identity X-Amzn-Oidc-Data"),
        ("Tailscale", "Tailscale-User-Login Tailscale-User-Name"),
        ("nginx", "X-SSL-Client-DN X-SSL-Client-S-DN X-SSL-Client-CN X-Client-Cert"),
        ("ingress-nginx", "Ssl-Client-Subject-Dn Ssl-Client-Issuer-Dn Ssl-Client-Cert"),
        ("Grafana", "X-WEBAUTH-USER X-Grafana-User X-Grafana-Org-Id"),
        (
            "by hand",
            "X-User-Name X-Username X-Customer-Id X-Organization-Id X-Organisation X-Client-Name X-Tenant",
        ),
    ],
)
@pytest.mark.row(81)
def test_whom_a_gateway_names_is_answered_alone(gateway: str, names: str) -> None:
    """
    Each header by itself says who asks: most gateways can be told to send one alone.
    """
    shared = [name for name in names.split() if read_wishes(Request(headers={name: "ada"})).is_shared]

    assert shared == [], gateway


@pytest.mark.parametrize(
    "name",
    [
        "Accept",
        "Accept-Language",
        "User-Agent",
        "Referer",
        "Sec-Fetch-User",
        "Sec-Fetch-Site",
        "Sec-CH-UA",
        "Upgrade-Insecure-Requests",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Request-ID",
        "X-Requested-With",
        "Traceparent",
        "If-None-Match",
        "If-Modified-Since",
        "Priority",
        "Accept-Ranges",
        "DNT",
        "Sec-GPC",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Dest",
        "Sec-CH-UA-Mobile",
        "Sec-CH-UA-Platform",
        "Sec-CH-Prefers-Color-Scheme",
        "Save-Data",
        "X-Original-User-Agent",
        "CF-Connecting-IP",
        "X-Client-IP",
        "X-Amz-Cf-Id",
        "Via",
    ],
)
def test_what_every_browser_sends_is_no_credential(name: str) -> None:
    """
    Otherwise nothing would ever be kept.
    """
    wishes = read_wishes(Request(headers={name: "x"}))

    assert (wishes.is_shared, wishes.may_read) == (True, True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Cache-Control": "no-store"}, (False, True)),
        ({"Cache-Control": "no-cache"}, (True, False)),
        ({"Cache-Control": "max-age=0"}, (True, False)),
        ({"Cache-Control": "max-age=soon"}, (True, False)),
        ({"Cache-Control": "max-age=10"}, (True, True)),
        ({"Cache-Control": "max-stale"}, (True, True)),
        ({"Pragma": "no-cache"}, (True, False)),
        ({"Pragma": "x"}, (True, True)),
        ({"Pragma": "no-cache", "Cache-Control": "max-age=10"}, (True, True)),
        ({"Content-Length": "0"}, (True, True)),
        ({"Content-Length": "5"}, (False, True)),
    ],
)
def test_wishes_are_read(headers: dict[str, str], expected: tuple[bool, bool]) -> None:
    """
    What a client says of caches counts (RFC 9111 §5.2.1).
    """
    wishes = read_wishes(Request(headers=headers))

    assert (wishes.is_shared, wishes.may_read) == expected


def test_how_old_and_how_fresh_is_said() -> None:
    """
    In seconds.
    """
    wishes = read_wishes(Request(headers={"Cache-Control": "max-age=10, min-fresh=5"}))

    assert (wishes.max_age, wishes.min_fresh) == (10, 5)


@pytest.mark.parametrize(
    ("user", "is_shared"),
    [
        (None, True),
        (ANONYMOUS, True),
        (Principal("ada"), False),
        ("ada", False),
        (SimpleNamespace(is_authenticated=False), True),
        (SimpleNamespace(name="ada"), False),
    ],
)
def test_who_is_known_is_answered_alone(user: object, is_shared: bool) -> None:
    """
    However that was found out.
    """
    request = Request()
    request.state.user = user

    assert read_wishes(request).is_shared is is_shared


def test_reading_names_is_linear() -> None:
    """
    Whatever a client calls its headers.
    """

    def read(name: str) -> object:
        return read_wishes(Request(headers={name: "1"}))

    for piece in ("x-", "-user", "aut", "sec-fetch-user-"):
        assert_linear(read, partial(mul, piece), size=1_000)


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "private"},
        {"cache-control": "Private"},
        {"cache-control": " PRIVATE , max-age=60"},
        {"cache-control": "public, no-store"},
        {"cache-control": "no-cache"},
        {"cache-control": 'private="set-cookie"'},
        {"cache-control": 'no-cache="x-a"'},
        {"vary": "*"},
        {"vary": " * "},
        {"vary": "Accept, *"},
        {"vary": "Cookie"},
        {"vary": "accept , COOKIE"},
        {"vary": "Authorization"},
        {"set-cookie": "a=b"},
    ],
    ids=str,
)
@pytest.mark.row(81)
def test_what_is_one_clients_alone_is_not_kept(headers: dict[str, str]) -> None:
    """
    Whatever else it says.
    """
    assert not is_shareable(MutableHeaders(headers))
    assert find_lifetime(200, MutableHeaders(headers), 60) is None


@pytest.mark.row(81)
def test_each_line_counts() -> None:
    """
    Of headers that come several times.
    """
    for name, values in (("cache-control", ["max-age=60", "private"]), ("vary", ["accept", "*"])):
        headers = MutableHeaders([(name, value) for value in values])
        assert not is_shareable(headers)


@pytest.mark.parametrize(
    ("headers", "lifetime"),
    [
        ({}, 60),
        ({"cache-control": "public"}, 60),
        ({"cache-control": "max-age=5"}, 5),
        ({"cache-control": "max-age=5, s-maxage=500"}, 500),
        ({"cache-control": "s-maxage=0, max-age=5"}, None),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "max-age=-5"}, None),
        ({"cache-control": "max-age=10", "age": "4"}, 6),
        ({"cache-control": "max-age=10", "age": "10"}, None),
        ({"cache-control": "max-age=10", "expires": "0"}, 10),
        ({"expires": "0"}, None),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"vary": "Accept", "cache-control": "must-revalidate"}, 60),
    ],
    ids=str,
)
def test_what_a_response_says_counts_first(headers: dict[str, str], lifetime: float | None) -> None:
    """
    Before the default; what cannot be read leaves no time.
    """
    assert find_lifetime(200, MutableHeaders(headers), 60) == lifetime


def test_a_date_says_how_long() -> None:
    """
    From now on.
    """
    expires = format_http_date(datetime.now(UTC) + timedelta(seconds=100))

    found = find_lifetime(200, MutableHeaders({"expires": expires}), 60)

    assert found is not None
    assert 98 < found <= 100


def test_statuses_are_those_that_any_cache_may_keep() -> None:
    """
    And none that is a part, or an error of a moment; that something is not there counts only where it is said.
    """

    def find_kept(headers: dict[str, str]) -> set[int]:
        return {status for status in range(200, 600) if find_lifetime(status, MutableHeaders(headers), 60) is not None}

    assert find_kept({}) == {200, 203, 204, 300, 301, 308}
    assert find_kept({"expires": "Fri, 01 Jan 2100 00:00:00 GMT"}) == {200, 203, 204, 300, 301, 308}
    for said in ("max-age=5", "s-maxage=5", "public"):
        assert find_kept({"cache-control": said}) == STATUSES == {200, 203, 204, 300, 301, 308, 404, 410}


def test_what_layers_outside_do_anew_is_no_variant() -> None:
    """
    Unless the handler says so itself.
    """
    outer = MutableHeaders({"vary": "Accept, Accept-Encoding, Origin, Accept-Language"})

    assert join_vary([], outer) == ["accept", "accept-language"]
    assert join_vary([("vary", "Origin"), ("vary", "accept-encoding")], outer) == [
        "accept",
        "accept-encoding",
        "accept-language",
        "origin",
    ]
    assert read_vary(MutableHeaders()) == []


@pytest.mark.parametrize(
    ("nonce", "media_type", "is_one"),
    [("n", "text/html; charset=utf-8", True), ("n", "text/css", False), (None, "text/html", False)],
)
def test_a_page_with_a_nonce_is_for_one_request(nonce: str | None, media_type: str, is_one: bool) -> None:
    """
    The next one's browser would refuse its scripts.
    """
    request = Request()
    if nonce is not None:
        request.state.csp_nonce = nonce

    assert is_for_one_page(request, MutableHeaders({"content-type": media_type})) is is_one
