"""
Routes that take what other sites send.
"""

from functools import wraps
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError
from covet.middleware import CSRFMiddleware, csrf_exempt
from covet.middleware.csrf_exemption import CSRFExemption
from covet.security import generate_token
from covet.testing import TestClient

FOREIGN = {"origin": "https://evil.example"}

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


async def save() -> str:
    """Change something."""
    return "saved"


@Protocols
async def test_it_is_of_one_route(protocol: Any) -> None:
    """The same function at another route, in another application or inside of a decorator is not open."""

    @wraps(save)
    async def wrapped() -> str:
        return await save()

    app, other = CovetPy(middleware=[CSRFMiddleware()]), CovetPy(middleware=[CSRFMiddleware()])
    app.add_route("/hook", save, ["POST"], middleware=[csrf_exempt()])
    app.add_route("/user", save, ["POST"], name="user")
    app.add_route("/wrapped", wrapped, ["POST"], name="wrapped")
    other.add_route("/hook", save, ["POST"])

    client = TestClient(app, protocol=protocol)
    statuses = [(await client.post(path, headers=FOREIGN)).status_code for path in ("/hook", "/user", "/wrapped")]

    assert statuses == [200, 403, 403]
    assert (await TestClient(other, protocol=protocol).post("/hook", headers=FOREIGN)).status_code == 403


@Protocols
async def test_it_is_of_routers_and_inclusions_too(protocol: Any) -> None:
    """What they get later included; it lifts what is further out alone."""
    hooks, checked = CovetRouter(prefix="/hooks"), CovetRouter(prefix="/checked", middleware=[CSRFMiddleware()])
    hooks.add_route("/a", save, ["POST"])
    checked.add_route("/a", save, ["POST"])
    app = CovetPy(middleware=[CSRFMiddleware()])
    app.include_router(hooks, middleware=[csrf_exempt()])
    app.include_router(checked, middleware=[csrf_exempt()])
    client = TestClient(app, protocol=protocol)
    hooks.add_route("/late", save, ["POST"], name="late")

    paths = ("/hooks/a", "/hooks/late", "/checked/a")
    assert [(await client.post(path, headers=FOREIGN)).status_code for path in paths] == [200, 200, 403]


async def test_an_exempt_page_has_tokens_for_its_forms() -> None:
    """It leads to pages that are not exempt."""
    app = CovetPy(middleware=[CSRFMiddleware(secret_key=generate_token())])

    @app.post("/start", middleware=[csrf_exempt()])
    async def start(request: Request) -> str:
        return str(request.state.csrf_token())

    response = await TestClient(app, base_url="https://example.com").post("/start", headers=FOREIGN)

    assert response.text
    assert response.headers["set-cookie"].startswith("__Host-csrf=")


def test_a_handler_is_no_place_for_it() -> None:
    """The error says where it belongs."""
    with pytest.raises(ConfigurationError) as caught:
        csrf_exempt(save)

    assert str(caught.value) == (
        "csrf_exempt() takes nothing, got save: a route is exempt, not what answers it.\n"
        "  Write @app.post(path, middleware=[csrf_exempt()])."
    )


def test_tables_show_it_as_it_was_written() -> None:
    """And by itself it does nothing to a request."""
    exemption = csrf_exempt()

    exemption.process_request(Request("POST"))

    assert isinstance(exemption, CSRFExemption)
    assert (repr(exemption), exemption.layer_title) == ("csrf_exempt()", "csrf_exempt()")
    assert exemption.priority == CSRFMiddleware.priority
