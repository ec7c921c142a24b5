"""
What is tried of an application.
"""

import asyncio
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core import CovetRouter
from covet.deployment.subject import Subject
from covet.middleware import (
    CORSMiddleware,
    CSRFMiddleware,
    ProxyHeadersMiddleware,
    SecurityHeadersMiddleware,
    TrustedHostMiddleware,
)


def test_nothing_is_told_of_what_is_not_there() -> None:
    """No header, no policy, no origin that may read."""
    subject = Subject(CovetPy())

    assert (subject.headers, subject.policy, subject.may_read()) == (None, None, None)
    assert (subject.answers_any_host, subject.believes_strangers, subject.is_encrypted) == (True, False, False)


def test_middleware_is_tried_without_handlers() -> None:
    """What it does tells; a subclass counts as its base."""
    calls: list[str] = []

    class OwnHeaders(SecurityHeadersMiddleware):
        pass

    app = CovetPy(
        middleware=[
            OwnHeaders(csp_policy={"default-src": ["'self'"], "script-src": ["'nonce-{nonce}'"]}),
            TrustedHostMiddleware(["example.com"]),
            ProxyHeadersMiddleware(["10.0.0.0/8", "unix"]),
            CORSMiddleware(allow_origins=["https://a.example"], allow_credentials=True),
        ]
    )

    @app.get("/")
    async def index(request: Request) -> None:
        calls.append(request.path)

    subject = Subject(app)
    assert subject.policy is not None
    assert subject.policy["default-src"] == ["'self'"]
    assert (subject.answers_any_host, subject.believes_strangers, subject.is_encrypted) == (False, False, True)
    assert (subject.may_read(), subject.may_read("https://a.example")) == (None, ("", True))
    assert calls == []


def test_middleware_of_routes_is_tried_too() -> None:
    """And the route is named that it is around; each once."""
    cors, router = CORSMiddleware(allow_origins=["https://a.example"]), CovetRouter(prefix="/shop")
    app = CovetPy()
    router.add_route("/a", show)
    router.add_route("/b", show, name="b")
    app.include_router(router, middleware=[cors])

    subject = Subject(app)

    assert subject.may_read("https://a.example") == ("GET /shop/a", False)
    assert list(subject.find_all(CORSMiddleware)) == [("GET /shop/a", cors)]


@pytest.mark.parametrize(
    ("hook", "is_passing"),
    [
        ("returns", True),
        ("refuses", False),
        ("answers", False),
        ("waits", False),
        ("fails", False),
    ],
)
def test_a_protection_of_ones_own_is_tried(hook: str, is_passing: bool) -> None:
    """What waits for something, or needs more than a request, cannot be told about."""

    class Own(CSRFMiddleware):
        # Any: what some hooks return, and others must not.
        async def process_request(self, request: Request) -> Any:
            if hook == "refuses":
                waiting: Any = super().process_request(request)
                await waiting
            if hook == "waits":
                await asyncio.sleep(1)
            if hook == "fails":
                raise KeyError(hook)
            return Response("no", 403) if hook == "answers" else None

    layer = Own()
    found = Subject(CovetPy(middleware=[layer])).passes_other_sites

    assert found == (("", layer) if is_passing else None)


async def show() -> None:
    """Answer nothing."""
