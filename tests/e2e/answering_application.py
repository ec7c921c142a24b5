"""
An application that answers whatever its client tells it to, however impossible.

The header `x-case` holds a case: base64 of JSON, `{"how": …}` and what that needs (see `HOW`).
"""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext
from covet.middleware import CORSMiddleware
from covet.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from tests.e2e.answering_values import Value, build_value, raise_described

Case = dict[str, Any]
CLASSES: dict[str, type[Response]] = {
    "Response": Response,
    "JSONResponse": JSONResponse,
    "HTMLResponse": HTMLResponse,
    "PlainTextResponse": PlainTextResponse,
}


def read_case(request: Request) -> Case:
    """Read what the client wants; not with the framework's JSON, which refuses half of it."""
    case: Case = json.loads(base64.b64decode(request.headers["x-case"]))
    return case


def _respond(case: Case) -> Value:
    arguments = {name: build_value(value) for name, value in case["arguments"].items()}
    return CLASSES[case["class"]](build_value(case["content"]), **arguments)


def _change(case: Case) -> Value:
    """Change a good response into what was asked for, bit by bit."""
    response = Response("changed")
    for name, value in case["set"].items():
        setattr(response, name, build_value(value))
    for name, value in case["headers"]:
        response.headers[build_value(name)] = build_value(value)
        response.headers.append(build_value(name), build_value(value))
    return response


def _set_cookie(case: Case) -> Value:
    response = Response("cookie")
    arguments = {name: build_value(value) for name, value in case["arguments"].items()}
    response.set_cookie(build_value(case["name"]), build_value(case["value"]), **arguments)
    return response


def _redirect(case: Case) -> Value:
    return RedirectResponse(build_value(case["url"]), build_value(case["status"]), allow_external=case["external"])


def _stream(case: Case) -> Value:
    pieces = [build_value(piece) for piece in case["pieces"]]
    make = _make_pieces if case["is_async"] else _make_pieces_in_thread
    arguments = {name: build_value(value) for name, value in case["arguments"].items()}
    return StreamingResponse(make(pieces, case["error"]), **arguments)


async def _make_pieces(pieces: list[Value], error: list[Any] | None) -> AsyncIterator[Value]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
    if error is not None:
        raise_described(*error)


def _make_pieces_in_thread(pieces: list[Value], error: list[Any] | None) -> Iterator[Value]:
    yield from pieces
    if error is not None:
        raise_described(*error)


def _fail(case: Case) -> Value:
    raise_described(*case["error"])


HOW: dict[str, Callable[[Case], Value]] = {
    "value": lambda case: build_value(case["value"]),
    "answer": lambda case: tuple(build_value(part) for part in case["parts"]),
    "respond": _respond,
    "change": _change,
    "cookie": _set_cookie,
    "redirect": _redirect,
    "stream": _stream,
    "raise": _fail,
}


def create_app(*, debug: bool = False) -> CovetPy:
    """Make the application."""
    app = CovetPy(debug=debug)
    methods = ["GET", "POST"]

    @app.get("/ok")
    async def ok() -> str:
        return str(os.getpid())

    @app.route("/bare", methods=methods)
    async def bare(request: Request) -> Any:
        case = read_case(request)
        return HOW[case["how"]](case)

    @app.route("/thread", methods=methods)
    def in_thread(request: Request) -> Any:
        case = read_case(request)
        return HOW[case["how"]](case)

    async def pass_on(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-passed"] = "1"
        return response

    @app.route("/layered", methods=methods, middleware=[pass_on, CORSMiddleware(allow_origins=["http://a.test"])])
    async def layered(request: Request) -> Any:
        case = read_case(request)
        return HOW[case["how"]](case)

    async def answer_for(request: Request, call_next: CallNext) -> Any:
        case = read_case(request)
        return HOW[case["how"]](case)

    @app.route("/middleware", methods=methods, middleware=[pass_on, answer_for])
    async def middleware() -> str:
        return "never"

    @app.route("/handled", methods=methods, exception_handlers={ZeroDivisionError: _handle})
    async def handled() -> None:
        raise ZeroDivisionError

    return app


async def _handle(request: Request, exc: Exception) -> Any:
    case = read_case(request)
    return HOW[case["how"]](case)


app = create_app()
debugging = create_app(debug=True)
