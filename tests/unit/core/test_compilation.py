"""
Tests of what is compiled at start-up, and what waits until it is called.
"""

import functools
import subprocess
import sys
from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import RouteError
from covet.testing import TestClient


def make_app() -> CovetPy:
    """Make the application under test."""
    app = CovetPy()

    @app.get("/users/{user_id}")
    async def show_user(user_id: int) -> dict[str, int]:
        return {"user_id": user_id}

    return app


@pytest.mark.parametrize(("started", "other"), [("asgi", "rsgi"), ("rsgi", "asgi")])
async def test_the_servers_own_protocol_is_compiled_at_start(started: str, other: str) -> None:
    """The endpoint that the server will call is there before its first request, the other one is not."""
    app = make_app()

    async with TestClient(app, protocol="asgi" if started == "asgi" else "rsgi"):
        compiled = app.router.routes[0].endpoint

    assert getattr(compiled, started).__name__ == "endpoint"
    assert getattr(compiled, other).__name__ == "compile_and_call"


async def test_an_endpoint_that_waits_is_compiled_once() -> None:
    """The first HEAD compiles its endpoint, the second finds it."""
    app = make_app()

    async with TestClient(app) as client:
        first = await client.head("/users/7")
        compiled = app.router.routes[0].endpoint.asgi_head
        second = await client.head("/users/7")
        again = app.router.routes[0].endpoint.asgi_head

    assert first.headers["content-length"] == second.headers["content-length"] == "13"
    assert compiled is again
    assert compiled.__name__ == "endpoint"


async def test_an_application_that_no_server_started_answers() -> None:
    """Without a lifespan the first request compiles what it needs."""
    app = make_app()

    response = await TestClient(app).get("/users/7")

    assert response.json() == {"user_id": 7}


def test_importing_covet_does_not_load_the_compilers() -> None:
    """What start-up needs is loaded when the first route is compiled, since an import must stay cheap."""
    code = (
        "import sys, covet; "
        "late = ('covet.core.compilation', 'covet.validation', 'covet.server'); "
        "print([name for name in late if name in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def block() -> str:
    """Stand for a handler that runs in a thread."""
    return ""


@pytest.mark.parametrize("handler", [block, functools.partial(block)], ids=["function", "partial"])
async def test_what_cannot_be_cancelled_is_refused_at_start(handler: Any) -> None:
    """A thread goes on whoever leaves: an option that would say nothing is an error."""
    app = CovetPy()
    app.add_route("/", handler, name="index", cancel_on_disconnect=True)

    with pytest.raises(RouteError) as caught:
        await app.startup()

    assert str(caught.value) == (
        "GET /: cancel_on_disconnect needs a coroutine function: what runs in a thread cannot be cancelled.\n"
        "  Write async def, or leave the option out."
    )


async def test_a_coroutine_function_is_never_in_a_thread() -> None:
    """`non_blocking=True` would say nothing about it, and is refused."""

    async def index() -> str:
        return ""

    app = CovetPy()
    app.add_route("/", index, name="index", non_blocking=True)

    with pytest.raises(RouteError) as caught:
        await app.startup()

    assert str(caught.value) == (
        "GET /: non_blocking is for a plain function: a coroutine function runs on the event loop anyway.\n"
        "  Leave the option out."
    )


async def test_a_function_that_never_waits_cannot_be_cancelled_either() -> None:
    """With `non_blocking=True` it runs in no thread; the reason is its own."""
    app = CovetPy()
    app.add_route("/", block, name="index", cancel_on_disconnect=True, non_blocking=True)

    with pytest.raises(RouteError) as caught:
        await app.startup()

    assert str(caught.value) == (
        "GET /: cancel_on_disconnect needs a coroutine function: what never waits cannot be cancelled.\n"
        "  Write async def, or leave the option out."
    )
