"""
Errors that resist being answered: they exit, cannot be shown, or lie about themselves. Over both protocols.
"""

import logging
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import HTTPError
from covet.middleware import Middleware
from covet.responses import StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

EXITS = [SystemExit(3), KeyboardInterrupt()]


class Unhashable(HTTPError):
    """An error whose status is a list."""

    def __init__(self) -> None:
        super().__init__("odd")
        self.status_code = [500]  # type: ignore[assignment]


class Unaskable(HTTPError):
    """An error whose status cannot be asked for."""

    @property
    def status_code(self) -> int:  # type: ignore[override]
        """Fail."""
        raise ZeroDivisionError


class Failing(Middleware):
    """A layer that answers errors by raising its own."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def handle_exception(self, request: Request, exc: Exception) -> NoReturn:
        """Fail in turn."""
        raise self.error


async def get(app: CovetPy, protocol: WireProtocol, **options: Any) -> Any:
    """Send one GET."""
    return await TestClient(app, base_url="http://localhost", protocol=protocol, raise_app_exceptions=False).get(
        "/", **options
    )


def raising(error: BaseException, **options: Any) -> CovetPy:
    """Make an application whose only route fails."""
    app = CovetPy(**options)

    @app.get("/")
    async def fail() -> None:
        raise error

    return app


@on_both_protocols
@pytest.mark.parametrize("error", EXITS, ids=repr)
async def test_exit_in_an_exception_handler_is_a_problem(protocol: WireProtocol, error: BaseException) -> None:
    """What would end the process is contained there as well, and the middleware sees a response leave."""
    app = raising(KeyError("a"))

    @app.exception_handler(KeyError)
    async def answer(request: Request, exc: Exception) -> None:
        raise error

    @app.middleware
    async def stamp(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    response = await get(app, protocol)

    assert_problem(response, 500)
    assert response.headers["x-stamp"] == "1"


@on_both_protocols
@pytest.mark.parametrize("error", EXITS, ids=repr)
async def test_exit_in_a_hook_for_exceptions_is_a_problem(protocol: WireProtocol, error: BaseException) -> None:
    """`handle_exception` of a layer may not end the process either."""
    response = await get(raising(KeyError("a"), middleware=[Failing(error)]), protocol)

    assert_problem(response, 500)


@on_both_protocols
@pytest.mark.parametrize("error", EXITS, ids=repr)
async def test_exit_before_the_first_piece_of_a_late_stream_is_a_problem(
    protocol: WireProtocol, error: BaseException
) -> None:
    """A stream that a layer puts in the response's place is begun outside of the layers, and answered all the same."""
    app = raising(KeyError("a"))

    async def pieces() -> AsyncIterator[bytes]:
        raise error
        yield b""

    @app.middleware
    async def replace(request: Request, call_next: Any) -> Response:
        return StreamingResponse(pieces())

    response = await get(app, protocol)

    assert_problem(response, 500)


@on_both_protocols
@pytest.mark.parametrize("error", [Unhashable(), Unaskable("odd")], ids=["unhashable", "unaskable"])
async def test_error_with_no_status_to_look_for_is_a_problem(protocol: WireProtocol, error: Exception) -> None:
    """A status that is no number finds no handler, and is a 500."""
    response = await get(raising(error), protocol)

    assert_problem(response, 500)


@on_both_protocols
@pytest.mark.parametrize("is_debug", [False, True])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
async def test_error_whose_trace_cannot_be_shown_is_a_problem(
    protocol: WireProtocol, is_debug: bool, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A trace that cannot be written costs neither the answer nor the record: it names the class instead."""
    # What a generator of code may raise: the number of the line is none.
    place: Any = ("file", "one", "two", "three")
    error = SyntaxError("x", place)

    with caplog.at_level(logging.ERROR, "covet.errors"):
        response = await get(raising(error, debug=is_debug), protocol, headers={"accept": accept})

    assert response.status_code == 500
    assert caplog.records[-1].getMessage().endswith("SyntaxError, whose trace cannot be shown")
    assert ("SyntaxError" in response.text) == is_debug
