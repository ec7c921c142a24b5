"""
The source that calls a handler: its arguments, the call, and what becomes of its result.
"""

from collections.abc import Awaitable
from typing import Any, Final

from covet.code_writer import CodeWriter
from covet.core.afterwards import begin_stream
from covet.core.arguments import INJECTED, JSON_TYPES, JSONBody, collect_errors, read_form, write_arguments
from covet.core.body_sources import FORM_SOURCES
from covet.core.compiled_route import CompiledRoute
from covet.core.errors import contain
from covet.core.wire import Wire
from covet.deadlines import Deadline
from covet.exceptions import HandlerTimeoutError, HTTPError, ValidationError
from covet.http.request import Request
from covet.http.response import JSON, TEXT, make_content_type, make_response
from covet.http.response_headers import make_field
from covet.http.streamed_response import StreamedResponse
from covet.serialization import encode_json, load_json_encoder
from covet.tasks import attach_background_tasks
from covet.threads import run_in_thread
from covet.types import UNSET
from covet.validation.native import COLON

# RFC 9110 §9.2.1: with these nothing is done that a refusal could come too late for.
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

# PERF: both look for the rare case only when it shows itself; a `try` costs nothing until then
# (benchmarks/instructions.py, plain, json).
_ENCODERS: Final = {
    TEXT: ("result.encode()", "result.encode('utf-8', 'replace')"),
    JSON: ("encode(result)", "encode_json(result)"),
}


class CallSource:
    """
    Write the call of one route's handler into the source of a function.

    Args:
        writer: Where to write.
        compiled: The route.
        wire: The adapter, if the source stands in its endpoint; inner functions of the onion know none.
    """

    def __init__(self, writer: CodeWriter, compiled: CompiledRoute, wire: Wire | None = None) -> None:
        self._writer = writer
        self._compiled = compiled
        self._wire = wire
        # What needs a request for every call has one from the start.
        self._makes_request = not compiled.needs_request
        results = compiled.results
        has_text = wire is None or wire.has_text_headers
        encode = load_json_encoder() if results.encode_json is encode_json else results.encode_json
        for name, value in {
            "handler": compiled.route.handler,
            "compiled": compiled,
            "answer": compiled.answers.answer,
            "to_response": results.convert,
            "make_response": make_response,
            "json_types": results.json_types,
            "expected": results.expected,
            "json_accepted": results.accepted if has_text else results.accepted_bytes,
            "encode": encode,
            "encode_json": results.encode_json,
            "contain": contain,
            "StreamedResponse": StreamedResponse,
        }.items():
            writer.bind(name, value)

    def write_call(self, values: str) -> None:
        """
        Write the binding of the arguments and the call; it leaves `result`.

        Args:
            values: The source of the path's values.
        """
        writer, timeout = self._writer, self._compiled.timeout
        if timeout is None:
            self._write_guarded_call(values)
            return
        writer.bind("HandlerTimeoutError", HandlerTimeoutError)
        writer.line(f"deadline = {writer.bind('Deadline', Deadline)}({float(timeout)!r})")
        with writer.block("try:"), writer.block("with deadline:"):
            self._write_guarded_call(values)
        with writer.block("except TimeoutError as exc:"):
            with writer.block("if not deadline.is_expired:"):
                writer.line("raise")
            writer.line("raise HandlerTimeoutError() from exc")

    def _write_guarded_call(self, values: str) -> None:
        writer, plan, route = self._writer, self._compiled.plan, self._compiled.route
        info = plan.info
        arguments = self._write_arguments(values)
        self._write_accept_check()
        arguments = self._write_injection(arguments)
        if plan.makes_background_tasks:
            writer.line(f"{writer.bind('attach', attach_background_tasks)}(request.background)")
        call = f"handler({arguments})"
        is_generator = info.is_async_generator or info.is_generator
        if info.is_async and route.cancel_on_disconnect:
            writer.line(f"result = await {writer.bind('run_until_disconnect', run_until_disconnect)}(request, {call})")
        elif info.is_async:
            writer.line(f"result = await {call}")
        elif is_generator or route.non_blocking or info.wraps_async:
            writer.line(f"result = {call}")
        else:
            run = writer.bind("run_in_thread", run_in_thread)
            writer.line(f"result = await {run}(handler{', ' + arguments if arguments else ''})")
        if not info.is_async and not is_generator:
            # A function that is no coroutine function may still return an awaitable, such as a decorated one.
            with writer.block("if hasattr(result, '__await__'):"):
                if route.cancel_on_disconnect:
                    writer.line(
                        f"result = {writer.bind('run_until_disconnect', run_until_disconnect)}(request, result)"
                    )
                writer.line("result = await result")

    def _write_arguments(self, values: str) -> str:
        """Write the reading of the arguments, and return how they are passed."""
        writer, plan = self._writer, self._compiled.plan
        source = write_arguments(writer, plan, self._compiled.serializers, values=values)
        if not source.readers:
            return source.passed
        with writer.block("try:"):
            if plan.sources & FORM_SOURCES:
                writer.line(f"await {writer.bind('read_form', read_form)}(request)")
            if source.body is not None:
                self._write_json_body(source.body)
            elif "body" in plan.sources:
                writer.line("await request.body()")
            for line in source.lines:
                writer.line(line)
        bad = "RecursionError, " if source.body is not None and source.body.fixed is not None else ""
        with writer.block(f"except (ValueError, {bad}{writer.bind('ValidationError', ValidationError)}) as exc:"):
            self.write_request()
            collected = (
                f"{writer.bind('collect_errors', collect_errors)}(request, {writer.bind('readers', source.readers)}"
            )
            writer.line(f"raise await {collected}, exc) from exc")
        return source.passed

    def _write_injection(self, arguments: str) -> str:
        """Write the making of what is injected, now that the request is known to be good; return how all is passed."""
        injected = self._compiled.plan.injected
        if injected is None:
            return arguments
        if self._compiled.scoped is None:
            sources = injected.write_local_arguments(self._writer)
        else:
            sources = injected.write_arguments(self._writer, scope="request.services")
        for number, source in enumerate(sources):
            arguments = arguments.replace(INJECTED.format(number), source)
        return arguments

    def _write_json_body(self, body: JSONBody) -> None:
        """Write the reading of a body that nearly always is JSON; another format goes to the table of formats."""
        writer, compiled = self._writer, self._compiled
        if self._wire is None or not (compiled.reads_json_first or compiled.layers):
            writer.line("received = await request.body()")
            is_json = f"request.headers.get('content-type') in {writer.bind('json_content_types', JSON_TYPES)}"
            writer.line(f"{body.name} = {body.decode}(received) if {is_json} else {body.read}")
            return
        with writer.block(f"if {self._wire.has_json if compiled.layers else self._wire.sends_json}:"):
            if compiled.layers:
                self._write_read_in_layers(self._wire)
            else:
                self._wire.write_read_body(writer, compiled.limits, f"request = {self._wire.request}")
            if body.fixed is None:
                writer.line(f"{body.name} = {body.decode}(received)")
            else:
                fast, keys = body.fixed
                writer.line(f"{body.name} = {fast}(received)")
                # PERF: nearly every body has just the colons of its keys; the rest is looked at in full
                # (benchmarks/instructions.py, post).
                with writer.block(f"if received.count({COLON}) != {keys}:"):
                    writer.line(f"{body.name} = {body.decode}(received)")
        with writer.block("else:"):
            if not compiled.layers:
                writer.line(f"request = {self._wire.request}")
            writer.line("await request.body()")
            writer.line(f"{body.name} = {body.read}")

    def _write_read_in_layers(self, wire: Wire) -> None:
        """Write the reading of a body that a layer may have read, or have begun to listen for, or allowed more of."""
        writer, limits = self._writer, self._compiled.limits
        allowed = f"request.body_limits is {writer.bind('limits', limits)}"
        with writer.block(f"if request._body is None and {wire.is_untouched} and {allowed}:"):
            # Who asks for it meanwhile, or after it has failed, learns so.
            writer.line(f"request._body, received = {writer.bind('unset', UNSET)}, None")
            with writer.block("try:"):
                wire.write_read_body(writer, limits, "request._body = None")
            with writer.block(f"except {writer.bind('HTTPError', HTTPError)} as exc:"):
                writer.line("request._body = exc")
                writer.line("raise")
            writer.line("request.keep_body(received)")
        with writer.block("else:"):
            writer.line("received = await request.body()")

    @property
    def _wants_json(self) -> str:
        """The source that tells whether the client is known to accept JSON."""
        if self._wire is not None:
            return self._wire.wants_json
        # Without an adapter's own way, the request knows.
        return "request.headers.get('accept') in json_accepted"

    @property
    def _refuses_first(self) -> bool:
        """Whether a client that accepts no format on offer is refused before the handler does its work."""
        compiled = self._compiled
        return compiled.results.is_negotiated and not set(compiled.route.methods) <= _SAFE

    def _write_accept_check(self) -> None:
        if not self._refuses_first:
            return
        writer = self._writer
        writer.line(f"wants_json = {self._wants_json}")
        with writer.block("if not wants_json:"):
            self.write_request()
            writer.line(f"{writer.bind('check_accept', self._compiled.results.check_accept)}(request)")

    def write_request(self) -> None:
        """Write the making of the request, for a way that may have done without so far."""
        if not self._makes_request or self._wire is None:
            return
        writer = self._writer
        with writer.block("if request is None:"):
            writer.line(f"request = {self._wire.request}")
            if self._compiled.reads_json_first:
                with writer.block("if received is not None:"):
                    writer.line("request.keep_body(received)")

    def write_result(self) -> None:
        """
        Write what becomes of `result`.

        The two results that nearly every handler gives, text and JSON, are written here; the rest goes to the table.
        A route without middleware leaves the two in `body` and `headers`, and all others in `response`.
        """
        writer, results = self._writer, self._compiled.results
        if not results.is_plain:
            self._write_conversion()
            return
        writer.line("kind = result.__class__")
        wants_json = "wants_json" if self._refuses_first else self._wants_json
        # PERF: the type that the handler names needs no look-up (benchmarks/instructions.py, json, param, post).
        tests = {JSON: f"(kind is expected or kind in json_types) and {wants_json}", TEXT: "kind is str"}
        if self._compiled.plan.info.return_annotation is str:
            tests = dict(reversed(tests.items()))
        keyword = "if"
        for content_type, test in tests.items():
            usual, rare = _ENCODERS[content_type]
            with writer.block(f"{keyword} {test}:"):
                with writer.block("try:"):
                    writer.line(f"body = {usual}")
                with writer.block("except Exception:"):
                    writer.line(f"body = {rare}")
                self._write_answer(content_type, varies=content_type == JSON and results.varies)
            keyword = "elif"
        with writer.block("else:"):
            self._write_conversion()

    def _write_answer(self, content_type: str, *, varies: bool) -> None:
        """Write what becomes of the bytes in `body`: a response for the layers, or what an adapter sends at once."""
        writer = self._writer
        if self._wire is not None and not self._compiled.layers:
            self._wire.write_headers(writer, content_type, varies=varies)
            return
        name = "text_field" if content_type == TEXT else "json_field"
        fields = writer.bind(name, make_content_type(content_type))
        if varies:
            fields += f", {writer.bind('vary_field', make_field('vary', 'Accept'))}"
        writer.line(f"response = make_response(body, {self._compiled.results.status_code}, {fields})")

    def _write_conversion(self) -> None:
        self.write_request()
        writer = self._writer
        writer.line("response = to_response(request, result)")
        timeout = self._compiled.timeout
        with writer.block("if isinstance(response, StreamedResponse):"):
            # An error before the first piece is answered in here, where the middleware is around it.
            begin = writer.bind("begin_stream", begin_stream)
            writer.line(f"await {begin}(request, response, {None if timeout is None else float(timeout)!r})")


async def run_until_disconnect(request: Request, call: Awaitable[Any]) -> Any:
    """Await a handler, but cancel it when the client leaves."""
    return await request.run_until_disconnect(call)
