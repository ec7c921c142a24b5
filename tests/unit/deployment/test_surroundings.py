"""
How an application is served.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.config import Settings, Sources
from covet.deployment import check_deployment
from covet.middleware import (
    BodyLimitMiddleware,
    DecompressionMiddleware,
    HTTPSRedirectMiddleware,
    ProxyHeadersMiddleware,
    RequestLoggingMiddleware,
)
from tests.unit.deployment.configurations import find, make_app


@pytest.mark.parametrize(
    ("check", "options", "text"),
    [
        ("D301", {"security": {"trusted_proxies": []}}, "Neither server.tls_certificate nor security.trusted_proxies"),
        ("D303", {"security": {"trusted_proxies": []}}, "redirected for ever"),
        ("D305", {"server": {"http": "auto"}}, "server.http is 'auto' without TLS"),
        ("D306", {"server": {"body_limit": 200 * 1024 * 1024}}, "body_limit is 209715200 bytes"),
        ("D307", {"server": {"header_timeout": 120}}, "server.header_timeout is 120 s"),
        ("D309", {"logging": {"level": "debug"}}, "logging.level is 'debug'"),
    ],
)
def test_an_unsafe_setting_is_found(check: str, options: dict[str, Any], text: str) -> None:
    """And named."""
    assert text in find(make_app(**options))[check].message


@pytest.mark.parametrize(
    ("check", "middleware", "text"),
    [
        ("D310", RequestLoggingMiddleware(log_body=True), "logs headers or bodies"),
        ("D310", RequestLoggingMiddleware(log_headers=True), "logs headers or bodies"),
        ("D310", RequestLoggingMiddleware(log_response=True), "logs headers or bodies"),
        ("D313", DecompressionMiddleware(), "around every route"),
    ],
)
def test_unwise_middleware_is_found(check: str, middleware: object, text: str) -> None:
    """And named."""
    problem = find(make_app(middleware))[check]

    assert text in problem.message
    assert type(middleware).__name__ in (problem.message, problem.setting, *problem.message.split())


def test_what_is_missing_is_found() -> None:
    """The redirect, the log, the ids; the limit of bodies."""
    settings = Settings(environment="production", sources=Sources.none())
    app = CovetPy(settings=settings, body_limit=None, middleware=[ProxyHeadersMiddleware(["10.0.0.0/8"])])

    found = find(app)

    assert "answered in the clear" in found["D302"].message
    assert "one request may fill the memory" in found["D306"].message
    assert "nobody can tell afterwards" in found["D311"].message
    assert "cannot be found in a log" in found["D312"].message


@pytest.mark.parametrize(("limit", "middleware_limit", "is_found"), [(None, 1024, False), (1024, None, True)])
def test_middleware_has_a_say_in_the_limit_of_bodies(
    limit: int | None, middleware_limit: int | None, is_found: bool
) -> None:
    """It is what holds for the application's routes."""
    app = CovetPy(body_limit=limit, middleware=[BodyLimitMiddleware(middleware_limit)])

    assert ("D306" in find(app)) is is_found


@pytest.mark.skipif(os.name != "posix", reason="there are no modes of files")
def test_files_that_others_read_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of TLS, and the environment's file."""
    monkeypatch.chdir(tmp_path)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    for path in (key, certificate, tmp_path / ".env"):
        path.write_text("")
        path.chmod(0o644)
    server = {"tls_certificate": str(certificate), "tls_key": str(key)}

    open_ids = {problem.id for problem in asyncio.run(check_deployment(make_app(server=server)))}
    key.chmod(0o600)
    (tmp_path / ".env").chmod(0o600)
    closed_ids = {problem.id for problem in asyncio.run(check_deployment(make_app(server=server)))}
    key.unlink()
    missing = find(make_app(server=server))["D304"]

    assert {"D304", "D314"} <= open_ids
    assert not {"D304", "D314"} & closed_ids
    assert missing.message == f"server.tls_key is {str(key)!r}, which cannot be read."


@pytest.mark.skipif(os.name != "posix", reason="there is no root")
@pytest.mark.parametrize("user", [0, 1000])
def test_root_is_found(user: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flaw of the process would be one of the machine."""
    monkeypatch.setattr("os.geteuid", lambda: user)

    assert ("D308" in {problem.id for problem in asyncio.run(check_deployment(make_app()))}) is (user == 0)


def test_tls_ends_here_or_at_a_proxy() -> None:
    """Then a redirect makes no loop."""
    app = CovetPy(middleware=[HTTPSRedirectMiddleware(), ProxyHeadersMiddleware(["10.0.0.0/8"])])

    assert "D303" not in find(app)
