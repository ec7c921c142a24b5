"""
Responses that fix what their content is.
"""

from typing import Any

from covet.exceptions import ResponseError
from covet.http.response import HTML, JSON, TEXT, Response
from covet.serialization import encode_json


class JSONResponse(Response):
    """
    A response in JSON, whatever the content: `None` is `null`, a string is a string.

    Example:
        >>> JSONResponse(["a", None]).body
        b'["a",null]'
    """

    __slots__ = ()

    def render(self, content: Any) -> tuple[bytes, str | None]:
        """Write the content as JSON."""
        return encode_json(content), JSON


class PlainTextResponse(Response):
    """
    A response in plain text.

    Example:
        >>> PlainTextResponse("hello").headers["content-type"]
        'text/plain; charset=utf-8'
    """

    __slots__ = ()

    _kind = TEXT

    def render(self, content: Any) -> tuple[bytes, str | None]:
        """
        Encode the text as UTF-8.

        Raises:
            ResponseError: If the content is neither text nor bytes.
        """
        if content is None:
            return b"", self._kind
        if isinstance(content, str):
            return content.encode("utf-8", "replace"), self._kind
        if isinstance(content, bytes):
            return content, self._kind
        raise ResponseError(f"{type(self).__name__} takes str or bytes, got {type(content).__name__}.")


class HTMLResponse(PlainTextResponse):
    """
    A response in HTML. The text goes as it is: escape what comes from outside.

    Example:
        >>> HTMLResponse("<p>hello</p>").headers["content-type"]
        'text/html; charset=utf-8'
    """

    __slots__ = ()

    _kind = HTML
