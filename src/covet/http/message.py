"""
What a message brings: its headers, and a body that is read when somebody wants it.

Nothing is parsed before it is asked for, and the body never exceeds its limits.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from covet.exceptions import ContentTooLargeError, HTTPError
from covet.http.body import BodyLimits, BodyReader, Step, check_declared_length
from covet.http.forms import FormData, parse_urlencoded
from covet.http.headers import Headers
from covet.serialization import check_json_type, get_json_serializer, parse_media_type
from covet.types import UNSET, Unset

if TYPE_CHECKING:
    from covet.http.form_limits import FormLimits
    from covet.http.form_parts import FormParts


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
        read = self.open_body()
        while (chunk := await read()) is not None:
            if chunk:
                yield chunk

    def open_body(self) -> Callable[[], Awaitable[bytes | None]]:
        """
        Return what waits for each next chunk of the body, which may be empty, and gives `None` at its end.

        Raises:
            ContentTooLargeError: If it says that it is larger than the limit.
            RuntimeError: If somebody has begun to read it before.
        """
        body = getattr(self, "_body", None)
        if body is not None:
            if not isinstance(body, bytes):
                _refuse(body)
            chunks = iter((body, None))

            async def next_chunk() -> bytes | None:
                return next(chunks, None)

            return next_chunk
        declared = self.headers.get_bytes(b"content-length")
        if declared is not None:
            check_declared_length(declared, self.body_limits)
        self._body = UNSET
        return BodyReader(self._next_chunk, self.body_limits).read

    # Any: JSON is whatever the client sent.
    async def json(self) -> Any:
        """
        Read the body as JSON.

        Raises:
            UnsupportedMediaTypeError: If its `Content-Type` is neither `application/json` nor `application/*+json`.
            BadRequestError: If it is not JSON, nests deeper than 100, repeats a key or has a NaN.
            ContentTooLargeError: If it is larger than the limit.
        """
        content_type = self.headers.get("content-type")
        if content_type != "application/json":
            check_json_type(content_type)
        return get_json_serializer().deserialize(await self.body())

    async def form(self) -> FormData:
        """
        Read the body as a form: its fields, and its files, which are closed at the end of the request.

        Raises:
            UnsupportedMediaTypeError: If its `Content-Type` is no form's; also if it is multipart, and the library for
                it is not installed.
            ContentTooLargeError: If it is larger than the limit, or has too many fields or files, or too large ones.
            BadRequestError: If it is malformed.
        """
        try:
            return self._form
        except AttributeError:
            pass
        from covet.http.form_reading import MULTIPART, URLENCODED, refuse_media_type

        content_type = self.headers.get("content-type")
        media_type, params = ("", {}) if content_type is None else parse_media_type(content_type)
        charset = params.get("charset", "utf-8")
        if media_type == MULTIPART:
            self._form = form = await self._read_multipart(params.get("boundary"), charset)
        elif media_type == URLENCODED:
            limits = self.form_limits
            self._form = form = parse_urlencoded(
                await self._read_fields(limits.max_fields_size),
                max_fields=limits.max_fields,
                max_field_size=limits.max_field_size,
                max_fields_size=limits.max_fields_size,
                charset=charset,
            )
        else:
            raise refuse_media_type(content_type)
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

    async def _read_fields(self, max_size: int | None) -> bytes:
        """Read the body of an urlencoded form: no more of it than its fields may have, however large a file may be."""
        allowed = self.body_limits
        if max_size is None or (allowed.max_size is not None and allowed.max_size <= max_size):
            return await self.body()
        # APPSEC: docs/security.md, row 3: what is too much is not held first.
        self.body_limits = replace(allowed, max_size=max_size)
        try:
            return await self.body()
        except ContentTooLargeError as exc:
            if exc.limit == max_size:
                exc.detail = f"The fields of the form are larger than {max_size} bytes in all."
            raise
        finally:
            self.body_limits = allowed

    async def _read_multipart(self, boundary: str | None, charset: str) -> FormData:
        from covet.http.form_reading import read_multipart, reads_multipart, refuse_multipart

        if not reads_multipart():
            raise refuse_multipart()
        try:
            form = await read_multipart(self._open_parts(boundary), charset=charset)
        except HTTPError as exc:
            # Whoever asks again learns the same.
            if not isinstance(getattr(self, "_body", None), bytes):
                self._body = exc
            raise
        if form.files:
            self._keep_form(form)
        return form

    def parts(self) -> "FormParts":
        r"""
        Read the body as the parts of a multipart form, one after the other as they come; once only.

        Nothing is kept, and the client is asked for more only when somebody wants it: for what is passed on, or is too
        large to be stored first.

        Raises:
            UnsupportedMediaTypeError: If its `Content-Type` is no `multipart/form-data`.
            BadRequestError: If it is malformed; the rest is found while it is read.
            ContentTooLargeError: If it is larger than the limit, or has too many parts, or too large ones.
            RuntimeError: If somebody has begun to read the body before.
            MissingDependencyError: If the library for it is not installed.

        Example:
            >>> from covet.http import Request
            >>> body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
            >>> request = Request(headers={"content-type": "multipart/form-data; boundary=b"}, body=body)
            >>> [(part.name, [chunk async for chunk in part]) async for part in request.parts()]
            [('a', [b'1'])]
        """
        from covet.http.form_reading import MULTIPART, refuse_media_type

        content_type = self.headers.get("content-type")
        media_type, params = ("", {}) if content_type is None else parse_media_type(content_type)
        if media_type != MULTIPART:
            raise refuse_media_type(content_type)
        return self._open_parts(params.get("boundary"))

    def _open_parts(self, boundary: str | None) -> "FormParts":
        from covet.http.form_parts import FormParts

        return FormParts(self.open_body(), boundary, self.form_limits)

    @property
    def form_limits(self) -> "FormLimits":
        """How much its form may bring."""
        from covet.http.form_limits import DEFAULT_FORM_LIMITS

        return DEFAULT_FORM_LIMITS

    def _keep_form(self, form: FormData) -> None:
        """See to it that a form's files are closed; an adapter knows when."""

    @property
    def read_body(self) -> bytes:
        """The body, once `body()` was awaited."""
        body = self._body
        return body if isinstance(body, bytes) else _refuse(UNSET if body is None else body)

    @property
    def known_body(self) -> bytes | None:
        """
        The body, if somebody has read it whole; `None` otherwise. Nothing is read for it.

        Example:
            >>> from covet.http import Request
            >>> Request(body=b"abc").known_body
            b'abc'
        """
        body = getattr(self, "_body", None)
        return body if isinstance(body, bytes) else None

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
