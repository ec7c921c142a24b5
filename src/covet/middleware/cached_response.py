"""
Responses as a cache keeps them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Final

from covet.exceptions import ResponseError
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.middleware.cache_keys import Varying

# How a message is framed, when it was made and how old it is, and what is one client's alone.
_LEFT_OUT: Final = frozenset(
    {
        "age",
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-connection",
        "set-cookie",
        "te",
        "trailer",
        "upgrade",
    }
)
_KIND: Final = b"r"


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """
    A response that is kept.

    Attributes:
        status_code: Its status.
        fields: Its headers.
        body: Its body.
        made_at: When it was made, in seconds since 1970.
        age: How old it was then, in seconds.
        lifetime: For how many seconds from then on it is fresh.
        names: The names of the headers that it varies by.
        varying: What they were.
    """

    status_code: int
    fields: Sequence[tuple[str, str]]
    body: bytes
    made_at: float
    age: int
    lifetime: float
    names: tuple[str, ...] = ()
    varying: Varying = ()

    @classmethod
    def take(cls, response: Response, *, age: int, lifetime: float) -> "CachedResponse":
        """
        Take what is to be kept of a response, as it is now.

        Example:
            >>> kept = CachedResponse.take(Response("tea", headers={"x-a": "1"}), age=0, lifetime=60)
            >>> kept.status_code, kept.body, kept.fields
            (200, b'tea', [('content-type', 'text/plain; charset=utf-8'), ('x-a', '1')])
        """
        # RFC 9111 §3.1: nor what `Connection` names.
        named = {name.strip().lower() for name in response.headers.get("connection", "").split(",")}
        fields = [pair for pair in response.headers.multi_items() if pair[0] not in _LEFT_OUT | named]
        return cls(response.status_code, fields, response.body, time(), age, lifetime)

    def read_age(self, now: float) -> int:
        """Say how old it is by now, in whole seconds."""
        return self.age + max(0, int(now - self.made_at))

    def read_freshness(self, now: float) -> float:
        """Say for how many seconds it is still fresh."""
        return self.lifetime - max(0.0, now - self.made_at)

    def make_response(self, now: float) -> Response:
        """Make a response of it, which whoever gets it may change."""
        response = Response(None, self.status_code)
        response.headers = headers = MutableHeaders(self.fields)
        headers["age"] = str(self.read_age(now))
        response.body = self.body
        return response

    def write(self) -> bytes:
        """
        Write it as bytes.

        Example:
            >>> kept = CachedResponse(200, [("x-a", "1")], b"tea", 1.5, 0, 60)
            >>> CachedResponse.read(kept.write()) == kept
            True
        """
        head = [self.status_code, self.fields, self.made_at, self.age, self.lifetime, self.names, self.varying]
        return _KIND + json.dumps(head, separators=(",", ":")).encode("utf-8") + b"\n" + self.body

    @classmethod
    def read(cls, stored: object) -> "CachedResponse | None":
        """
        Read what `write` has written; `None` if it is something else, whoever has put it there.

        Example:
            >>> CachedResponse.read(b"tea") is None
            True
        """
        if not isinstance(stored, bytes) or not stored.startswith(_KIND):
            return None
        head, _, body = stored[1:].partition(b"\n")
        try:
            status_code, fields, made_at, age, lifetime, names, varying = json.loads(head)
            pairs = [(name, value) for name, value in fields if name not in _LEFT_OUT]
            values = tuple(tuple(item) for item in varying)
            kept = cls(status_code, pairs, body, made_at, age, lifetime, tuple(names), values)
            # Whatever is wrong with it shows here.
            kept.make_response(made_at + lifetime)
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, ResponseError):
            return None
        return kept


@dataclass(frozen=True, slots=True)
class VariantIndex:
    """
    What stands in place of a response that there are several of.

    Attributes:
        names: The names of the headers that choose.
        generation: What tells them from those that were there before.
    """

    names: tuple[str, ...]
    generation: str

    def write(self) -> bytes:
        """
        Write it as bytes.

        Example:
            >>> index = VariantIndex(("accept",), "1f")
            >>> VariantIndex.read(index.write()) == index
            True
        """
        return b"i" + json.dumps([self.names, self.generation]).encode()

    @classmethod
    def read(cls, stored: object) -> "VariantIndex | None":
        """Read what `write` has written; `None` if it is something else."""
        if not isinstance(stored, bytes) or not stored.startswith(b"i"):
            return None
        try:
            names, generation = json.loads(stored[1:])
            # Whatever is wrong with it shows here.
            ",".join([*names, generation])
        except (ValueError, TypeError, RecursionError):
            return None
        return cls(tuple(names), generation)
