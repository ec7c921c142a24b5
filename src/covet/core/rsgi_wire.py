"""
What RSGI contributes to the source of an endpoint: how it reads a body and sends an answer.
"""

from asyncio import current_task
from collections.abc import Awaitable, Callable, Sequence

from covet.code_writer import CodeWriter
from covet.core.arguments import JSON_TYPES
from covet.core.body_watch import WATCHES, DeclaredLengths, start_watch
from covet.core.compiled_route import CompiledRoute
from covet.core.endpoint import compile_endpoint
from covet.core.rsgi import RSGIRequest
from covet.core.rsgi_body import LEFT
from covet.core.rsgi_responses import send_response
from covet.core.rsgi_types import RSGIHeaders, RSGIProtocol, RSGIScope
from covet.core.wire import write_plain_fields
from covet.exceptions import ClientDisconnectedError
from covet.http.body import BodyLimits
from covet.http.response import TEXT

Endpoint = Callable[[RSGIScope, RSGIProtocol, Sequence[str], RSGIHeaders], Awaitable[None]]


class RSGIWire:
    """What RSGI contributes to the source of an endpoint."""

    parameters = "scope, protocol, values, headers"
    request = "RSGIRequest().begin(compiled, app, scope, protocol, values)"
    exchange = "protocol"
    # PERF: read only where JSON is answered; each look-up in the headers costs as much as a small call
    # (benchmarks/instructions.py, plain).
    wants_json = "headers.get('accept') in json_accepted"
    # APPSEC: of a Content-Type that came twice, who reads the first and who reads the last see different bodies.
    sends_json = "len(types := headers.get_all('content-type')) == 1 and types[0] in json_content_types"
    has_json = "request.headers.get('content-type') in json_content_types"
    # Reading is all that can be begun: the news that a client has left comes another way.
    is_untouched = "True"
    has_text_headers = True

    def __init__(self, app: object) -> None:
        self._app = app

    def bind(self, writer: CodeWriter) -> None:
        """Put what the source names into the namespace."""
        writer.bind("app", self._app)
        writer.bind("RSGIRequest", RSGIRequest)
        writer.bind("send_response", send_response)

    def write_head(self, writer: CodeWriter, *, reads_accept: bool, reads_body: bool) -> None:
        """Write nothing: the dispatcher has looked at the host, and the rest is asked for where it is wanted."""

    def write_layered_head(self, writer: CodeWriter, *, reads_headers: bool) -> None:  # noqa: ARG002
        """Write the making of `request`: its headers are text already, and are taken when somebody asks."""
        writer.line(f"request = {self.request}")

    def write_read_body(self, writer: CodeWriter, limits: BodyLimits, make_request: str) -> None:
        """Write what leaves the whole body in `received`; it makes `request` if its length is not known."""
        writer.bind("json_content_types", JSON_TYPES)
        writer.bind("lengths", DeclaredLengths(limits))
        writer.line("content_length = headers.get('content-length')")
        writer.line("declared = lengths.get(content_length)")
        with writer.block("if declared is None and content_length is not None:"):
            writer.line("declared = lengths.learn(content_length)")
        with writer.block("if declared is None:"):
            writer.line(make_request)
            writer.line("received = await request.body()")
        with writer.block("else:"):
            self._write_read_declared(writer)

    def _write_read_declared(self, writer: CodeWriter) -> None:
        """Write what reads a body in one piece, which is safe if its length is known and allowed."""
        left = f"{writer.bind('ClientDisconnectedError', ClientDisconnectedError)}({writer.bind('LEFT', LEFT)})"
        writer.bind("watches", WATCHES)
        # PERF: written out, and without a deadline of its own; reading the body costs hardly more
        # (benchmarks/cpu.py, post).
        writer.line(f"task = {writer.bind('current_task', current_task)}()")
        writer.line("watch = watches.get(task.get_loop())")
        with writer.block("if watch is None:"):
            writer.line(f"watch = {writer.bind('start_watch', start_watch)}(task.get_loop(), declared[1])")
        writer.line("watch[task] = declared[1]")
        with writer.block("try:"):
            writer.line("received = await protocol()")
        with writer.block("except RuntimeError as exc:"):
            # Granian's RSGIProtocolClosed; its module is no dependency.
            writer.line(f"raise {left} from exc")
        with writer.block("except BaseException as exc:"):
            with writer.block("if (error := watch.explain(task, exc)) is None:"):
                writer.line("raise")
            writer.line("raise error from exc")
        with writer.block("finally:"):
            writer.line("del watch[task]")
        with writer.block("if len(received) != declared[0]:"):
            writer.line(f"raise {left}")

    def write_send_response(self, writer: CodeWriter, *, is_head: bool) -> None:
        """Write what sends `response`."""
        if is_head:
            writer.line("response = await send_response(protocol, request, response, True)")
            return
        write_plain_fields(writer)
        with writer.block("if fields is None:"):
            writer.line("response = await send_response(protocol, request, response, False)")
        with writer.block("else:"):
            writer.line("own = []")
            with writer.block("for field in fields.values():"):
                writer.line("own.append(field[0])")
            writer.line("protocol.response_bytes(response._status_code, own, response._body)")

    def write_start(self, writer: CodeWriter) -> None:
        """Write nothing: RSGI has no early hints."""

    def write_headers(self, writer: CodeWriter, content_type: str, *, varies: bool) -> None:
        """Write what leaves the headers of the bytes in `body` in `headers`; Granian computes the length."""
        pairs = [("content-type", content_type), *([("vary", "Accept")] if varies else [])]
        writer.line(f"headers = {writer.bind('text_headers' if content_type == TEXT else 'json_headers', pairs)}")

    def write_send(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write what sends the bytes in `body` with `headers`."""
        if is_head:
            writer.line(f"protocol.response_empty({status_code}, [*headers, ('content-length', str(len(body)))])")
        else:
            writer.line(f"protocol.response_bytes({status_code}, headers, body)")


def compile_rsgi(compiled: CompiledRoute, app: object, *, is_head: bool = False) -> Endpoint:
    """Compile the endpoint of a route for RSGI."""
    endpoint: Endpoint = compile_endpoint(compiled, RSGIWire(app), is_head=is_head)
    return endpoint
