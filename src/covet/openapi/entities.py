"""
What is served as it is: bytes with a tag, so that a client that has them already is told so.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from covet.http.request import Request
from covet.http.response import Response

_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Entity:
    """
    Bytes, their media type and their tag (RFC 9110 §8.8.3).

    Args:
        body: The bytes.
        media_type: What they are.
        headers: Further headers of each answer.

    Attributes:
        digest: The beginning of the bytes' hash, which may stand in a URL: such an answer never changes.

    Example:
        >>> entity = Entity(b"{}", "application/json")
        >>> answer = entity.answer(Request("GET", "/"))
        >>> answer.status_code, answer.headers["cache-control"]
        (200, 'no-cache')
        >>> entity.answer(Request("GET", "/", headers={"if-none-match": answer.headers["etag"]})).status_code
        304
    """

    __slots__ = ("_body", "_headers", "_media_type", "digest")

    def __init__(self, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self.digest = sha256(body).hexdigest()[:32]
        self._body = body
        self._media_type = media_type
        self._headers = {"etag": f'"{self.digest}"', "x-content-type-options": "nosniff", **(headers or {})}

    def answer(self, request: Request) -> Response:
        """Answer a request with the bytes, or with 304 if the client has them."""
        is_named = request.query_params.get("v") == self.digest
        headers = {**self._headers, "cache-control": _FOR_EVER if is_named else "no-cache"}
        if has_tag(request.headers.get("if-none-match"), self._headers["etag"]):
            return Response(None, 304, headers)
        return Response(self._body, 200, headers, self._media_type)


def has_tag(header: str | None, tag: str) -> bool:
    """
    Tell whether an `If-None-Match` names a tag; weak ones compare like strong ones (RFC 9110 §13.1.2).

    Example:
        >>> has_tag('"a", W/"b"', '"b"'), has_tag("*", '"b"'), has_tag('"a"', '"b"'), has_tag(None, '"b"')
        (True, True, False, False)
    """
    if header is None:
        return False
    # The tags made here have no comma in them, so that those of others do not matter.
    return header.strip() == "*" or any(item.strip().removeprefix("W/") == tag for item in header.split(","))
