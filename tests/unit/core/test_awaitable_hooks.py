"""
Hooks that wait only now and then, and those who override them. Over both protocols.
"""

import re
from collections.abc import Awaitable
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.awaitable_hooks import NOTHING, Settled, SometimesAwaits
from covet.exceptions import ConfigurationError, TooManyRequestsError
from covet.middleware import CSRFMiddleware, Middleware, SessionMiddleware, get_session
from covet.security import generate_token
from covet.sessions import SignedCookieSessions
from covet.testing import TestClient

KEY = generate_token()


async def test_what_is_there_can_be_awaited_again_and_again() -> None:
    """It never waits."""
    settled = Settled("tea")

    nothing: Awaitable[object] = NOTHING
    assert [await settled, await settled, await nothing] == ["tea", "tea", None]


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@pytest.mark.parametrize("kept", ["memory", "cookie"])
async def test_a_subclass_awaits_what_it_overrides(protocol: Any, kept: str) -> None:
    """Whether the class that it is of has to wait for something or not."""
    seen: list[str] = []

    class OwnCSRF(CSRFMiddleware):
        # Any: what the hook gives by way of the class above.
        async def process_request(self, request: Request) -> Any:
            waiting: Any = super().process_request(request)
            seen.append(f"csrf {request.method}")
            return await waiting

    class OwnSessions(SessionMiddleware):
        async def process_request(self, request: Request) -> None:
            waiting: Any = super().process_request(request)
            await waiting
            seen.append(f"session {len(get_session(request))}")

        async def process_response(self, request: Request, response: Response) -> Response:
            waiting: Any = super().process_response(request, response)
            kept_response: Response = await waiting
            kept_response.headers["x-own"] = "yes"
            return kept_response

    sessions = OwnSessions(KEY) if kept == "memory" else OwnSessions(KEY, store=SignedCookieSessions())
    app = CovetPy(middleware=[sessions, OwnCSRF()])

    @app.get("/quiet")
    async def be_quiet() -> str:
        return "quiet"

    @app.post("/count")
    async def count(request: Request) -> int:
        session = get_session(request)
        session["n"] = session.get("n", 0) + 1
        return int(session["n"])

    async with TestClient(app, protocol=protocol, base_url="https://example.com") as client:
        here = {"sec-fetch-site": "same-origin"}
        answers = [
            await client.get("/quiet"),
            await client.post("/count", headers=here),
            await client.post("/count", headers=here),
            await client.post("/count", headers={"sec-fetch-site": "cross-site"}),
            await client.post("/count"),
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 403, 403]
    assert [answer.headers.get("x-own") for answer in answers] == ["yes"] * 5
    assert (answers[2].text, answers[4].json()["code"]) == ("2", "csrf_token_missing")
    # The one from another site is refused before anything can be awaited.
    assert seen == [
        *("session 0", "csrf GET"),
        *("session 0", "csrf POST"),
        *("session 1", "csrf POST"),
        "session 1",
        *("session 1", "csrf POST"),
    ]


@pytest.mark.parametrize(
    ("base", "hook", "parameters"),
    [
        (CSRFMiddleware, "process_request", "request"),
        (SessionMiddleware, "process_request", "request"),
        (SessionMiddleware, "process_response", "request, response"),
    ],
)
def test_an_override_that_cannot_wait_is_refused(base: type[Middleware], hook: str, parameters: str) -> None:
    """When its class is defined, in its own body or by way of another class: what `super()` checks would be lost."""

    def override(self: Any, *args: Any) -> Any:
        getattr(base, hook)(self, *args)

    message = re.escape(
        f"Own.{hook}() is no coroutine function, and what it overrides may have to wait.\n"
        f"  Write async def {hook}(self, {parameters}), and await super().{hook}({parameters}) in it."
    )
    mixin = type("Mixin", (), {hook: override})

    for bases, body in (((base,), {hook: override}), ((mixin, base), {})):
        with pytest.raises(ConfigurationError, match=f"^{message}$"):
            type("Own", bases, body)
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        type("Own", (type("Between", (base,), {}),), {hook: override})


def test_other_hooks_are_overridden_as_ever() -> None:
    """What never waits is a plain function, and a class of one's own says for itself what may wait."""

    class Quiet(CSRFMiddleware):
        def process_response(self, request: Request, response: Response) -> Response:
            return super().process_response(request, response)

    class Own(SometimesAwaits):
        sometimes = frozenset({"process_request"})

        def process_request(self, request: Request) -> Awaitable[None] | None:
            if "x-no" in request.headers:
                raise TooManyRequestsError
            return NOTHING if self.is_subclassed else None

    assert (Quiet().is_subclassed, Own().process_request(Request())) == (True, None)
    with pytest.raises(ConfigurationError, match=r"Below\.process_request\(\) is no coroutine function"):
        type("Below", (Own,), {"process_request": Own.process_request.__get__(Own())})
