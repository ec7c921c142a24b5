"""
What browsers are told to refuse.
"""

from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError
from covet.middleware import CORSMiddleware, SecurityHeadersMiddleware
from covet.openapi import OpenAPIPlugin
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])

DEFAULTS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def make_app(**options: Any) -> CovetPy:
    """Make an application with the headers."""
    app = CovetPy(middleware=[SecurityHeadersMiddleware(**options)])

    @app.get("/")
    async def index(request: Request) -> str:
        return str(getattr(request.state, "csp_nonce", ""))

    @app.get("/own")
    async def own() -> Response:
        return Response("", headers={"X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": "default-src *"})

    @app.get("/fail")
    async def fail() -> None:
        raise RuntimeError("no tea")

    return app


@Protocols
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/missing", 404), ("DELETE", "/", 405), ("OPTIONS", "/", 204), ("GET", "/fail", 500)],
)
async def test_every_response_has_the_defaults(protocol: Any, method: str, path: str, status: int) -> None:
    """Errors and what no route answers, too; none of them over an insecure connection promises a secure one."""
    async with TestClient(make_app(), protocol=protocol, raise_app_exceptions=False) as client:
        response = await client.request(method, path)

    assert response.status_code == status
    assert {name: response.headers.get(name) for name in DEFAULTS} == DEFAULTS
    assert "strict-transport-security" not in response.headers


@Protocols
async def test_what_a_handler_says_stays(protocol: Any) -> None:
    """The rest is added."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get("/own")

    assert response.headers["x-frame-options"] == "SAMEORIGIN"
    assert response.headers.get_list("content-security-policy") == ["default-src *"]
    assert response.headers["x-content-type-options"] == "nosniff"


@Protocols
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "max-age=31536000"),
        ({"hsts_max_age": 0}, "max-age=0"),
        (
            {"hsts_max_age": 63_072_000, "hsts_include_subdomains": True, "hsts_preload": True},
            "max-age=63072000; includeSubDomains; preload",
        ),
        ({"hsts_enabled": False}, None),
    ],
)
async def test_a_secure_connection_is_promised_on_one(protocol: Any, options: dict[str, Any], text: str | None) -> None:
    """RFC 6797 §7.2: never in the clear."""
    async with TestClient(make_app(**options), protocol=protocol, base_url="https://example.com") as client:
        response = await client.get("/")

    assert response.headers.get("strict-transport-security") == text


@Protocols
async def test_a_nonce_is_new_for_each_request(protocol: Any) -> None:
    """And the same in the policy, in the report-only one and for the page."""
    app = make_app(csp_policy="script-src 'nonce-{nonce}'", csp_report_only={"style-src": ["'nonce-{nonce}'"]})

    async with TestClient(app, protocol=protocol) as client:
        first, second = await client.get("/"), await client.get("/")
        own = await client.get("/own")

    assert first.headers["content-security-policy"] == f"script-src 'nonce-{first.text}'"
    assert first.headers["content-security-policy-report-only"] == f"style-src 'nonce-{first.text}'"
    assert len(first.text) >= 22
    assert first.text != second.text
    assert own.headers["content-security-policy"] == "default-src *"


@Protocols
async def test_each_may_be_left_out_or_be_another(protocol: Any) -> None:
    """None sends none."""
    app = make_app(
        csp_policy=None,
        opener_policy=None,
        embedder_policy="require-corp",
        resource_policy="cross-origin",
        referrer_policy="no-referrer, same-origin",
        permissions_policy={"camera": ["self", "https://a.com"], "usb": ["*"], "midi": []},
        frame_options=None,
        reporting_endpoints={"csp": "https://a.com/reports"},
        csp_report_only="default-src 'self'; report-to csp",
    )

    async with TestClient(app, protocol=protocol) as client:
        headers = (await client.get("/")).headers

    sent = {name: value for name, value in headers.items() if name not in {"content-type", "content-length"}}
    assert sent == {
        "x-content-type-options": "nosniff",
        "content-security-policy-report-only": "default-src 'self'; report-to csp",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "cross-origin",
        "referrer-policy": "no-referrer, same-origin",
        "permissions-policy": 'camera=(self "https://a.com"), usb=*, midi=()',
        "reporting-endpoints": 'csp="https://a.com/reports"',
    }


@Protocols
@pytest.mark.row(40)
async def test_row_040_an_encoded_path_has_the_same_headers(protocol: Any) -> None:
    """They do not depend on the path."""
    async with TestClient(make_app(), protocol=protocol) as client:
        plain, encoded = await client.get("/own"), await client.get("/%6Fwn")

    assert plain.headers.multi_items() == encoded.headers.multi_items()


@Protocols
async def test_preflights_and_pages_of_plugins_have_them(protocol: Any) -> None:
    """The pages of OpenAPI keep the policy that they need."""
    app = CovetPy(
        middleware=[CORSMiddleware(allow_origins=["https://a.com"]), SecurityHeadersMiddleware()],
        plugins=[OpenAPIPlugin()],
    )
    headers = {"origin": "https://a.com", "access-control-request-method": "GET"}

    async with TestClient(app, protocol=protocol) as client:
        preflight = await client.options("/", headers=headers)
        page = await client.get("/docs")

    assert preflight.headers["access-control-allow-origin"] == "https://a.com"
    assert preflight.headers["x-content-type-options"] == "nosniff"
    if page.status_code == 200:
        assert "script-src" in page.headers["content-security-policy"]
    assert len(page.headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hsts_max_age": "1y"}, "hsts_max_age is '1y', expected a whole number of at least 0."),
        ({"hsts_enabled": 1}, "hsts_enabled is 1, expected True or False."),
        (
            {"hsts_preload": True},
            "hsts_preload is True, but browsers' lists take no such host.\n  Give hsts_include_subdomains=True",
        ),
        ({"csp_policy": "self"}, "csp_policy has 'self', which is no directive."),
        (
            {"opener_policy": "same-origins"},
            "opener_policy is 'same-origins', which browsers do not know.\n  Did you mean",
        ),
        (
            {"embedder_policy": True},
            "embedder_policy is True, which browsers do not know.\n  Write one of require-corp,",
        ),
        ({"referrer_policy": "none"}, "referrer_policy is 'none', which browsers do not know."),
        ({"frame_options": "ALLOW-FROM x"}, "frame_options is 'ALLOW-FROM x', which browsers do not know."),
        (
            {"permissions_policy": ["camera"]},
            "permissions_policy is ['camera'], expected a mapping.\n  Write {\"camera\": []}",
        ),
        ({"permissions_policy": {"Camera=": []}}, "permissions_policy has 'Camera=', which is no feature."),
        (
            {"permissions_policy": {"camra": []}},
            "permissions_policy has 'camra', which no browser knows.\n  Did you mean 'camera'?",
        ),
        (
            {"permissions_policy": {"camera": "self"}},
            "permissions_policy['camera'] is the text 'self', expected a list.",
        ),
        (
            {"permissions_policy": {"camera": ["a.com"]}},
            "permissions_policy['camera'] has 'a.com', which is no origin.",
        ),
        (
            {"reporting_endpoints": {"csp": "http://a.com"}},
            "reporting_endpoints has 'csp': 'http://a.com', which is none.",
        ),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    """Browsers would ignore them in silence."""
    with pytest.raises(ConfigurationError) as caught:
        SecurityHeadersMiddleware(**options)

    assert str(caught.value).startswith(f"SecurityHeadersMiddleware: {text}")
