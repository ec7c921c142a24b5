"""
Applications that are safe to deploy, but for one thing.
"""

import asyncio
from typing import Any

from covet import CovetPy, create_app
from covet.checks import Problem
from covet.config import Settings, Sources
from covet.deployment import check_deployment
from covet.middleware import HTTPSRedirectMiddleware

KEY = "mKQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3e"
OTHER_KEY = "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"

SECURITY: dict[str, Any] = {
    "secret_key": KEY,
    "jwt_secret_key": OTHER_KEY,
    "allowed_hosts": ["example.com"],
    "trusted_proxies": ["10.0.0.0/8"],
}


def make_app(
    *middleware: object, security: dict[str, Any] | None = None, environment: str = "production", **settings: Any
) -> CovetPy:
    """Make an application that is safe, but for what is said."""
    given = Settings(environment=environment, security=SECURITY | (security or {}), sources=Sources.none(), **settings)
    return create_app(given, [HTTPSRedirectMiddleware(), *middleware])


def find(app: CovetPy) -> dict[str, Problem]:
    """Find what is wrong, but for what the machine of the tests is like."""
    return {problem.id: problem for problem in asyncio.run(check_deployment(app)) if problem.id not in {"D308", "D314"}}
