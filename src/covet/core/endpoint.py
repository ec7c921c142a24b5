"""
One compiled coroutine per route: plan, middleware and handler, with nothing in it that the route does not use.

A route without middleware is answered straight on the wire, without a `Response` in between and, where nobody
asks for it, without a `Request`. A route with middleware gets the onion written out flat (`covet.core.onion`).
Both are written as source once, when the route is compiled; `covet.code_writer` shows it in tracebacks.
"""

from typing import Any, Final

from covet.code_writer import CodeWriter
from covet.core.afterwards import abandon, run_afterwards
from covet.core.call_source import CallSource
from covet.core.compiled_route import CompiledRoute
from covet.core.onion import write_failure, write_finish, write_onion
from covet.core.wire import Wire
from covet.exceptions import ClientDisconnectedError
from covet.http.request import Request

# What ends a process: some servers end with it (measured: hypercorn 0.18).
_ENDING: Final = "(SystemExit, KeyboardInterrupt)"


def compile_endpoint(compiled: CompiledRoute, wire: Wire, *, is_head: bool) -> Any:
    """
    Write and compile the endpoint of a route.

    Args:
        compiled: The route.
        wire: The adapter.
        is_head: Whether it answers HEAD, and so sends no body.
    """
    writer = CodeWriter()
    wire.bind(writer)
    writer.bind("abandon", abandon)
    call = CallSource(writer, compiled, wire)
    with writer.block(f"async def endpoint({wire.parameters}):"):
        writer.line("# Written by covet.core.endpoint, once for all routes of this shape.")
        if compiled.layers:
            _write_layered(writer, compiled, wire, call, is_head=is_head)
        else:
            _write_bare(writer, compiled, wire, call, is_head=is_head)
    return writer.compile("endpoint")


def _write_bare(writer: CodeWriter, compiled: CompiledRoute, wire: Wire, call: CallSource, *, is_head: bool) -> None:
    """Write the endpoint of a route without middleware."""
    results = compiled.results
    reads_body = compiled.reads_json_first
    wire.write_head(writer, reads_accept=results.is_plain, reads_body=reads_body)
    if compiled.needs_request:
        writer.line(f"request = {wire.request}")
        writer.line("response = None")
    else:
        writer.line("response = request = received = None" if reads_body else "response = request = None")
    _write_open(writer, compiled)
    with writer.block("try:"):
        with _Closing(writer, compiled):
            with writer.block("try:"):
                call.write_call("values")
                call.write_result()
            with writer.block("except BaseException as exc:"):
                call.write_request()
                write_failure(writer, compiled)
                writer.line("response = await answer(request, exc, 0)")
            with writer.block("if response is None:"):
                if compiled.needs_request:
                    wire.write_start(writer)
                wire.write_send(writer, status_code=results.status_code, is_head=is_head)
            with writer.block("else:"):
                with writer.block("try:"):
                    writer.line(f"await send_response({wire.exchange}, request, response, {is_head})")
                with writer.block(f"except {writer.bind('ClientDisconnectedError', ClientDisconnectedError)}:"):
                    writer.line("pass")
        if compiled.needs_request:
            _write_afterwards(writer)
        else:
            with writer.block("if request is not None:"):
                _write_afterwards(writer)
    with writer.block(f"except {_ENDING} as exc:"):
        with writer.block("if request is not None:"):
            writer.line("await abandon(request, exc)")
        writer.line("raise contain(exc) from exc")
    with writer.block("except BaseException as exc:"):
        with writer.block("if request is not None:"):
            writer.line("await abandon(request, exc)")
        writer.line("raise")


def _write_layered(writer: CodeWriter, compiled: CompiledRoute, wire: Wire, call: CallSource, *, is_head: bool) -> None:
    """Write the endpoint of a route with middleware."""
    wire.write_layered_head(writer, reads_headers=compiled.reads_headers)
    writer.line("response = error = None")
    if compiled.has_finishers:
        writer.line("request.entered = 0")
    with writer.block("try:"):
        _write_open(writer, compiled)
        with _Closing(writer, compiled):
            with writer.block("try:"):
                write_onion(writer, compiled, call)
                wire.write_send_response(writer, is_head=is_head)
            with writer.block(f"except {_ENDING} as exc:"):
                writer.line("error = contain(exc)")
                writer.line("await abandon(request, exc)")
                writer.line("raise error from exc")
            with writer.block("except BaseException as exc:"):
                writer.line("error = exc")
                writer.line("await abandon(request, exc)")
                writer.line("raise")
            if compiled.has_finishers:
                with writer.block("finally:"):
                    write_finish(writer, compiled)
        _write_afterwards(writer)
    # What struck while the exchange was closed: nothing may be left open then, either.
    with writer.block("except BaseException as exc:"):
        writer.line("await abandon(request, exc)")
        writer.line("raise")


def _write_open(writer: CodeWriter, compiled: CompiledRoute) -> None:
    """Write the opening of the request's scope, if the handler injects anything."""
    injected = compiled.scoped
    if injected is not None:
        values = f"{{{writer.bind('Request', Request)}: request}}"
        injected.write_open(writer, scope="request.services", values=values)
        writer.line("request.failure = None")


class _Closing:
    """Write a block, after which the request's scope is closed if there is one: before deferred work begins."""

    def __init__(self, writer: CodeWriter, compiled: CompiledRoute) -> None:
        self._writer = writer
        self._injected = compiled.scoped

    def __enter__(self) -> None:
        if self._injected is not None:
            self._writer.block("try:").__enter__()

    def __exit__(self, *exc_info: object) -> None:
        if self._injected is not None:
            self._writer.__exit__()
            with self._writer.block("finally:"):
                self._injected.write_close(self._writer, error="request.failure")


def _write_afterwards(writer: CodeWriter) -> None:
    """Write the running of deferred work, if there is any."""
    with writer.block("if request._deferred is not None or response is not None and response.background is not None:"):
        writer.line(f"await {writer.bind('run_afterwards', run_afterwards)}(request, response)")


__all__ = ["compile_endpoint"]
