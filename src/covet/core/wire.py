"""
What an adapter contributes to the source of an endpoint: how the protocol's objects are read and written.
"""

from typing import Protocol

from covet.code_writer import CodeWriter
from covet.http.body import BodyLimits
from covet.http.response import BODILESS, Response
from covet.http.response_headers import MutableHeaders


class Wire(Protocol):
    """
    The pieces of source that differ between the protocols.

    Attributes:
        parameters: The parameters of an endpoint.
        request: The source that makes the request.
        exchange: The parameter through which a response is sent.
        wants_json: The source that tells whether the client is known to accept JSON.
        sends_json: The source that tells whether the body is plainly JSON.
        has_json: The same of a request that layers have seen, and may have given other headers.
        is_untouched: The source that tells that nobody has asked the server for anything of `request` so far.
        has_text_headers: Whether headers are text; they are bytes otherwise.
    """

    parameters: str
    request: str
    exchange: str
    wants_json: str
    sends_json: str
    has_json: str
    is_untouched: str
    has_text_headers: bool

    def bind(self, writer: CodeWriter) -> None:
        """Put what the adapter's source names into the namespace."""

    def write_head(self, writer: CodeWriter, *, reads_accept: bool, reads_body: bool) -> None:
        """Write what reads the headers that a route without middleware wants, and sends away what is unusual."""

    def write_layered_head(self, writer: CodeWriter, *, reads_headers: bool) -> None:
        """
        Write the same for a route with middleware, and the making of `request`.

        Args:
            writer: Where to write.
            reads_headers: Whether the middleware looks into the headers of every request.
        """

    def write_read_body(self, writer: CodeWriter, limits: BodyLimits, make_request: str) -> None:
        """
        Write what leaves the whole body in `received`.

        Args:
            writer: Where to write.
            limits: How large it may be.
            make_request: The source that makes `request` ready to read a body that is not there at once.
        """

    def write_send_response(self, writer: CodeWriter, *, is_head: bool) -> None:
        """Write what sends `response`, and leaves there what was sent."""

    def write_start(self, writer: CodeWriter) -> None:
        """Write the noting on `request` that the response begins."""

    def write_headers(self, writer: CodeWriter, content_type: str, *, varies: bool) -> None:
        """Write what leaves the headers of the bytes in `body` in `headers`; they may say `Vary: Accept`."""

    def write_send(self, writer: CodeWriter, *, status_code: int, is_head: bool) -> None:
        """Write what sends the bytes in `body` with `headers`."""


def write_plain_fields(writer: CodeWriter) -> None:
    """
    Write what leaves the fields of `response` in `fields`, or `None` if there is more to think of than to send them.

    There is with a response of another class, a name that came several times, a status that has no body, and a length.
    """
    for name, value in {"Response": Response, "MutableHeaders": MutableHeaders, "bodiless": BODILESS}.items():
        writer.bind(name, value)
    writer.line("fields = None")
    # PERF: nearly every response is plain, and sent without a call of a function (benchmarks/onion.py).
    with writer.block("if response.__class__ is Response and response._status_code not in bodiless:"):
        writer.line("own = response.headers")
        plain = "own.__class__ is MutableHeaders and not own._more and 'content-length' not in own._fields"
        with writer.block(f"if {plain}:"):
            writer.line("fields = own._fields")
