"""
Whom an application believes.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.config import Settings, Sources
from covet.core import CovetRouter
from covet.middleware import (
    ConcurrencyLimitMiddleware,
    CORSMiddleware,
    CSRFMiddleware,
    ProxyHeadersMiddleware,
    RateLimitMiddleware,
    SessionMiddleware,
    TrustedHostMiddleware,
)
from tests.unit.deployment.configurations import KEY, find, make_app

STAGING = {"environment": "development"}


@pytest.mark.parametrize(
    ("check", "options", "text"),
    [
        ("D101", {**STAGING, "debug": True}, "debug is on"),
        ("D103", {"environment": "staging"}, "environment is 'staging'"),
        ("D103", STAGING, "environment is 'development'"),
        ("D104", {"server": {"reload": True}}, "server.reload is on"),
        ("D105", {**STAGING, "security": {"secret_key": "changeme-changeme-changeme-changeme"}}, "security.secret_key"),
        (
            "D105",
            {**STAGING, "security": {"secret_key": "your-secret-key-here-your-secret-key"}},
            "security.secret_key",
        ),
        ("D105", {**STAGING, "security": {"secret_key": "a" * 40}}, "repeats one character"),
        ("D105", {**STAGING, "security": {"jwt_secret_key": "abcdefghijklmnopqrstuvwxyz0123456789"}}, "jwt_secret_key"),
        (
            "D106",
            {**STAGING, "security": {"secret_key_fallbacks": ["change-me-change-me-change-me-change-me"]}},
            "fallbacks",
        ),
        ("D107", {"security": {"jwt_secret_key": KEY}}, "are the same"),
        ("D109", {"security": {"allowed_hosts": []}}, "No TrustedHostMiddleware"),
        ("D110", {**STAGING, "security": {"allowed_hosts": ["*"]}}, "any host"),
        ("D112", {**STAGING, "security": {"cors_allow_origins": ["*"]}}, "every origin: the pages of every site"),
        ("D113", {"security": {"cors_allow_origins": ["null"]}}, "has 'null'"),
        ("D114", {"security": {"cors_allow_origins": ["http://a.example"]}}, "has 'http://a.example'"),
        ("D115", {"security": {"cors_allow_origins": ["http://localhost:3000"]}}, "has 'http://localhost:3000'"),
    ],
)
def test_an_unsafe_setting_is_found(check: str, options: dict[str, Any], text: str) -> None:
    """And named; its value is not shown if it is secret."""
    problem = find(make_app(**options))[check]

    assert text in problem.message
    assert problem.setting.split(".")[0] in {"debug", "environment", "server", "security"}
    for secret in ("changeme-changeme", KEY):
        assert secret not in str(problem)


@pytest.mark.parametrize(
    ("check", "middleware", "security", "text"),
    [
        ("D110", TrustedHostMiddleware(["*"]), {}, "any host"),
        ("D111", ProxyHeadersMiddleware(["198.51.0.0/16"]), {}, "addresses of the public net"),
        ("D111", ProxyHeadersMiddleware(["2001:db8::/32"], header="forwarded"), {}, "addresses of the public net"),
        ("D111", ProxyHeadersMiddleware(["8.0.0.0/6"]), {}, "addresses of the public net"),
        ("D112", CORSMiddleware(allow_origins=["*"]), {}, "every origin"),
        ("D113", CORSMiddleware(allow_origins=["null"]), {}, "has 'null'"),
        ("D116", SessionMiddleware(secret_key=KEY), {}, "without CSRFMiddleware"),
        ("D118", SessionMiddleware(secret_key=KEY, secure=False), {}, "SessionMiddleware has secure=False"),
        ("D118", CSRFMiddleware(secret_key=KEY, secure=False), {}, "CSRFMiddleware has secure=False"),
        ("D117", RateLimitMiddleware(), {"trusted_proxies": []}, "RateLimitMiddleware without trusted proxies"),
        (
            "D117",
            ConcurrencyLimitMiddleware(),
            {"trusted_proxies": [], "rate_limit_enabled": False},
            "ConcurrencyLimitMiddleware without",
        ),
    ],
)
def test_what_the_middleware_does_counts(check: str, middleware: object, security: dict[str, Any], text: str) -> None:
    """However its options are called, and whoever added it."""
    assert text in find(make_app(middleware, security=security))[check].message


@pytest.mark.parametrize(
    ("around", "within", "is_found"),
    [
        ([SessionMiddleware(secret_key=KEY)], [], True),
        ([SessionMiddleware(secret_key=KEY), CSRFMiddleware()], [], False),
        ([SessionMiddleware(secret_key=KEY)], [CSRFMiddleware()], False),
        ([], [SessionMiddleware(secret_key=KEY)], True),
        ([], [], False),
    ],
)
def test_a_router_with_sessions_needs_protection_too(
    around: list[object], within: list[object], is_found: bool
) -> None:
    """Wherever its middleware was given; what only reads needs none."""
    app, router = make_app(), CovetRouter()
    router.add_route("/safe", show, middleware=[SessionMiddleware(secret_key=KEY)])
    router.add_route("/order", show, methods=["POST"], middleware=within)
    app.include_router(router, "/shop", middleware=around)

    problem = find(app).get("D116")

    assert (problem is not None) is is_found
    if problem is not None:
        assert "without CSRFMiddleware around POST /shop/order: " in problem.message


@pytest.mark.parametrize("where", ["router", "route"])
@pytest.mark.parametrize("limit", [RateLimitMiddleware(), RateLimitMiddleware, ConcurrencyLimitMiddleware()])
def test_a_limit_of_a_router_is_shared_too(where: str, limit: object) -> None:
    """Behind a proxy that nobody knows, wherever the limit was given."""
    unlimited = {"trusted_proxies": [], "rate_limit_enabled": False}
    app, router = make_app(security=unlimited), CovetRouter()
    router.add_route("/login", show, methods=["POST"], middleware=[limit] if where == "route" else [])
    app.include_router(router, middleware=[limit] if where == "router" else [])

    assert "A limit around POST /login without trusted proxies" in find(app)["D117"].message
    trusting = make_app(security={"trusted_proxies": ["10.0.0.0/8"]})
    trusting.include_router(router, middleware=[limit])
    assert "D117" not in find(trusting)


def test_origins_of_an_inclusion_count_too() -> None:
    """The route is named that they are around."""
    router = CovetRouter()
    router.add_route("/fonts", show)
    app = make_app()
    app.include_router(router, middleware=[CORSMiddleware(allow_origins=["*"])])

    assert find(app)["D112"].message == (
        "CORSMiddleware around GET /fonts allows every origin: the pages of every site read what is answered."
    )


def test_a_protection_that_lets_all_through_is_none() -> None:
    """A class of one's own counts by what it does."""

    class Lenient(CSRFMiddleware):
        async def process_request(self, request: Request) -> None:
            """Let all in."""

    assert find(make_app(SessionMiddleware(secret_key=KEY), Lenient()))["D116"].message == (
        "Lenient lets through what pages of other sites send: the pages of other sites act for whoever is signed in."
    )


def test_debug_of_what_is_mounted_is_found() -> None:
    """Whatever is around it."""
    app = make_app()
    app.mount("/quiet", CovetPy())
    assert "D101" not in find(app)

    app.mount("/loud", CovetPy(debug=True))

    assert find(app)["D101"].message == ("debug is on in what is mounted at '/loud': errors show source and variables.")


async def show() -> None:
    """Answer nothing."""


def test_a_secret_of_a_section_that_is_a_placeholder_is_found() -> None:
    """By its path, whichever section it is in."""
    settings = Settings(
        environment="development", sources=Sources.none(), security={"secret_key_fallbacks": []}, plugins={}
    )

    assert "D108" not in find(CovetPy(settings=settings))


@pytest.mark.parametrize(("section", "name"), [("database", "url"), ("security", "session_store")])
def test_a_password_in_a_url_that_is_a_placeholder_is_found(section: str, name: str) -> None:
    """By the setting, without the rest of the URL."""
    given: dict[str, Any] = {section: {name: "redis://ada:password@db.example/0"}}

    message = find(CovetPy(settings=Settings(sources=Sources.none(), **given)))["D108"].message

    assert message == f"The password in {section}.{name} is a placeholder."
