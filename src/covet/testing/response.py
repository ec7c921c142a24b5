"""What the client gets back: a response, whole or in parts."""

import codecs
import json as json_library
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, Self

from covet.exceptions import phrase_of
from covet.testing.cookies import parse_set_cookie
from covet.testing.errors import StatusError
from covet.testing.exchange import Exchange
from covet.testing.request import ClientRequest
from covet.testing.wire import RawHeaders

_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)


class ResponseHeaders(Mapping[str, str]):
    """
    A response's headers: names in any case, repeated ones joined, `get_list` for each.

    Example:
        >>> headers = ResponseHeaders([(b"vary", b"accept"), (b"vary", b"origin")])
        >>> headers["Vary"], headers.get_list("vary")
        ('accept, origin', ['accept', 'origin'])
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self.raw: RawHeaders = list(raw)
        self._values: dict[str, list[str]] = {}
        for name, value in self.raw:
            self._values.setdefault(name.decode("latin-1").lower(), []).append(_decode(value))

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __repr__(self) -> str:
        return f"ResponseHeaders({self.multi_items()!r})"

    def get_list(self, name: str) -> list[str]:
        """List every value of a header, in the order in which they were sent."""
        return list(self._values.get(name.lower(), ()))

    def multi_items(self) -> list[tuple[str, str]]:
        """List every header, repeated ones too, in the order in which they were sent."""
        return [(name.decode("latin-1").lower(), _decode(value)) for name, value in self.raw]


def _decode(value: bytes) -> str:
    # RSGI writes text beyond ASCII as UTF-8, most ASGI frameworks as latin-1.
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


class ResponseHead:
    """
    What is known of a response before its body.

    Attributes:
        status_code: The status.
        headers: The headers, names in any case.
        cookies: The cookies that this response set, by name.
        early_hints: The links that the client was told of before it, in 103 Early Hints; over ASGI alone.
        request: The request that it answers.
        history: The redirects that led to it, oldest first.
    """

    def __init__(
        self,
        status_code: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        request: ClientRequest,
        history: tuple["ClientResponse", ...] = (),
        early_hints: Iterable[str] = (),
    ) -> None:
        self.status_code = status_code
        self.headers = ResponseHeaders(headers)
        self.early_hints = list(early_hints)
        self.request = request
        self.history = history

    @property
    def url(self) -> str:
        """The URL that was asked for."""
        return self.request.url

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that this response set, by name."""
        parsed = (parse_set_cookie(value) for value in self.headers.get_list("set-cookie"))
        return {cookie.name: cookie.value for cookie in parsed if cookie is not None}

    @property
    def reason_phrase(self) -> str:
        """The status's phrase."""
        return phrase_of(self.status_code)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status_code <= 299

    @property
    def is_error(self) -> bool:
        """Whether the status is 400 or more."""
        return self.status_code >= 400

    @property
    def is_redirect(self) -> bool:
        """Whether the status is 3xx and a location is named."""
        return self.status_code in {301, 302, 303, 307, 308} and "location" in self.headers

    @property
    def encoding(self) -> str:
        """The charset of the content type, UTF-8 if it names none that is known."""
        match = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return codecs.lookup(match[1]).name if match else "utf-8"
        except LookupError:
            return "utf-8"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code} {self.reason_phrase}]>"


class ClientResponse(ResponseHead):
    """A response whose body was read."""

    def __init__(
        self,
        status_code: int,
        headers: Iterable[tuple[bytes, bytes]],
        content: bytes,
        *,
        request: ClientRequest,
        history: tuple["ClientResponse", ...] = (),
        early_hints: Iterable[str] = (),
    ) -> None:
        super().__init__(status_code, headers, request=request, history=history, early_hints=early_hints)
        self.content = content

    @property
    def text(self) -> str:
        """The body as text; what is not text in its charset becomes U+FFFD."""
        return self.content.decode(self.encoding, "replace")

    # Any: a test knows the document's shape, the client cannot.
    def json(self) -> Any:
        """Read the body as JSON."""
        return json_library.loads(self.content)

    def raise_for_status(self) -> Self:
        """
        Return the response if its status is below 400.

        Raises:
            StatusError: If it is not; the text shows the body.
        """
        if self.is_error:
            raise StatusError(
                f"{self.request.method} {self.url} answered {self.status_code} {self.reason_phrase}.",
                status_code=self.status_code,
                body=self.text,
            )
        return self


class StreamedResponse(ResponseHead):
    """A response whose body is read while the application sends it, once."""

    def __init__(
        self,
        exchange: Exchange,
        status_code: int,
        *,
        history: tuple[ClientResponse, ...] = (),
    ) -> None:
        super().__init__(
            status_code, exchange.headers, request=exchange.request, history=history, early_hints=exchange.early_hints
        )
        self._exchange = exchange
        self._is_taken = False

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """
        Read the body in the parts in which the application sends it.

        Raises:
            RuntimeError: If it was read before.
        """
        if self._is_taken:
            raise RuntimeError("This response's body was read already; it streams only once.")
        self._is_taken = True
        while (data := await self._exchange.chunk()) is not None:
            yield data
        await self._exchange.settle()

    async def aiter_text(self) -> AsyncIterator[str]:
        """Read the body as text, never half a character."""
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        async for data in self.aiter_bytes():
            if text := decoder.decode(data):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text

    async def aiter_lines(self) -> AsyncIterator[str]:
        """Read the body line by line, without the line ends (LF, CRLF or CR)."""
        rest = ""
        async for text in self.aiter_text():
            rest += text
            # A CR at the end may be half of a CRLF.
            cut = len(rest) - rest.endswith("\r")
            *lines, last = re.split(r"\r\n|\n|\r", rest[:cut])
            rest = last + rest[cut:]
            for line in lines:
                yield line
        if rest:
            yield rest.removesuffix("\r")

    async def aread(self) -> bytes:
        """Read the whole body."""
        return b"".join([data async for data in self.aiter_bytes()])
