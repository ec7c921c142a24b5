"""
What a message brings: its headers, and a body that is read when somebody wants it.

Nothing is parsed before it is asked for, and the body never exceeds its limits.
"""

from collections.abc import AsyncGenerator
from typing import Any, Final, NoReturn

from covet.exceptions import HTTPError, UnsupportedMediaTypeError
from covet.http.body import BodyLimits, BodyReader, Step, check_declared_length
from covet.http.forms import FormData, parse_urlencoded
from covet.http.headers import Headers
from covet.serialization import get_json_serializer, parse_media_type
from covet.types import UNSET, Unset

_FORM: Final = "application/x-www-form-urlencoded"


class IncomingMessage:
    """
    The headers and the body of a message; a request is one.

    An adapter replaces `_next_chunk`.

    Attributes:
        headers: The headers, a read-only mapping that ignores case.
        body_limits: How large the body may be, and how slow.
    """

    __slots__ = ("_body", "_form", "_has_body", "body_limits", "headers")

    # `UNSET`: somebody has begun to read it. An error: reading it failed so.
    _body: bytes | Unset | HTTPError | None
    _form: FormData
    _has_body: bool
    body_limits: BodyLimits
    headers: Headers

    async def body(self) -> bytes:
        """
        Read the whole body; it can be read again.

        Raises:
            ContentTooLargeError: If it is larger than the limit (1 MiB, or the route's `body_limit`).
            RequestTimeoutError: If it comes too slowly.
            ClientDisconnectedError: If the client leaves before its end.
            RuntimeError: If somebody has begun to read it: `stream()`, or a call of this that did not end.
        """
        try:
            body = self._body
        except AttributeError:
            body = None
        if body is not None:
            return body if isinstance(body, bytes) else _refuse(body)
        return await self.read_whole_body(self.headers.get_bytes(b"content-length"))

    async def read_whole_body(self, declared: bytes | None) -> bytes:
        """
        Read the body that nobody has begun to read: what `body()` does, for an adapter that knows the length.

        Args:
            declared: The `Content-Length`, as it came.
        """
        limits = self.body_limits
        if declared is not None:
            check_declared_length(declared, limits)
        self._body = UNSET
        # PERF: the usual body is there at once and in one piece: no deadline, no reader, no list
        # (benchmarks/instructions.py, post).
        step = self._next_chunk()
        try:
            waiting = step.send(None)
        except StopIteration as ended:
            chunk: bytes | None = ended.value
            if chunk is None:
                chunk = b""
            elif not getattr(self, "_has_body", False) or (
                limits.max_size is not None and len(chunk) > limits.max_size
            ):
                chunk = await self._read_rest(BodyReader(self._next_chunk, limits), None, chunk)
        else:
            chunk = await self._read_rest(BodyReader(self._next_chunk, limits), step, waiting)
        self._body = chunk
        return chunk

    # Any: what the coroutine waits for is between it and the event loop.
    async def _read_rest(self, reader: BodyReader, step: Step | None, first: Any) -> bytes:
        """Read on from a first chunk, or from a coroutine that waits for it."""
        try:
            chunk = reader.count(first) if step is None else await reader.wait(step, first)
            chunks = []
            while chunk is not None:
                chunks.append(chunk)
                chunk = await reader.read()
        except HTTPError as exc:
            self._body = exc
            raise
        return b"".join(chunks)

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """
        Read the body in chunks as they come, without holding it; once only.

        Raises:
            ContentTooLargeError: As soon as more than the limit came.
            RequestTimeoutError: If it comes too slowly.
            ClientDisconnectedError: If the client leaves before its end.
            RuntimeError: If somebody has begun to read it before.

        Example:
            >>> from covet.http import Request
            >>> [chunk async for chunk in Request(body=b"abc").stream()]
            [b'abc']
        """
        body = getattr(self, "_body", None)
        if body is not None:
            if not isinstance(body, bytes):
                _refuse(body)
            elif body:
                yield body
            return
        declared = self.headers.get_bytes(b"content-length")
        if declared is not None:
            check_declared_length(declared, self.body_limits)
        self._body = UNSET
        reader = BodyReader(self._next_chunk, self.body_limits)
        while (chunk := await reader.read()) is not None:
            if chunk:
                yield chunk

    # Any: JSON is whatever the client sent.
    async def json(self) -> Any:
        """
        Read the body as JSON.

        Raises:
            BadRequestError: If it is not JSON, nests deeper than 100, repeats a key or has a NaN.
            ContentTooLargeError: If it is larger than the limit.
        """
        return get_json_serializer().deserialize(await self.body())

    async def form(self) -> FormData:
        """
        Read the body as the fields of a form.

        Raises:
            UnsupportedMediaTypeError: If its `Content-Type` is no form's.
            ContentTooLargeError: If it is larger than the limit, or has too many fields.
            BadRequestError: If it is malformed.
        """
        try:
            return self._form
        except AttributeError:
            pass
        content_type = self.headers.get("content-type")
        if content_type is None:
            raise UnsupportedMediaTypeError([_FORM], "The body has no Content-Type.")
        media_type, params = parse_media_type(content_type)
        if media_type != _FORM:
            raise UnsupportedMediaTypeError([_FORM])
        self._form = form = parse_urlencoded(await self.body(), charset=params.get("charset", "utf-8"))
        return form

    def replace_body(self, body: bytes) -> None:
        """
        Put another body in place of one that was read, as a middleware does that inflates it.

        Example:
            >>> from covet.http import Request
            >>> request = Request(body=b"abc")
            >>> request.replace_body(b"tea")
            >>> await request.body()
            b'tea'
        """
        self._body = body

    @property
    def read_body(self) -> bytes:
        """The body, once `body()` was awaited."""
        body = self._body
        return body if isinstance(body, bytes) else _refuse(UNSET if body is None else body)

    @property
    def read_form(self) -> FormData:
        """The form, once `form()` was awaited."""
        return self._form

    async def is_disconnected(self) -> bool:
        """Tell whether the client has left. It can be known only once the body was read."""
        return False

    async def _next_chunk(self) -> bytes | None:
        # An adapter that sees the last chunk sets `_has_body`, and spares being asked for another.
        return None


def _refuse(failure: Unset | HTTPError) -> NoReturn:
    """Say why a body that was begun cannot be read: as it was said when it failed, if it did."""
    if isinstance(failure, HTTPError):
        raise failure
    raise RuntimeError(
        "The body is being read, or was read in part, and cannot be read again. "
        "Await body() before anything else reads it: what it gave can be read again."
    )
