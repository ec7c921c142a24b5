"""
The keys of responses: what tells one from another, hashed with all its bytes.

APPSEC: docs/security.md, rows 81 and 82: each part goes in with its length, so that nothing moves from one into the
next, and as it came: two texts are one key if they are equal, and never otherwise.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from covet.http.headers import Headers
from covet.http.request import Request

Varying = tuple[tuple[str, ...], ...]
"""What a request says under the names that a response varies by: all lines of each, none if it is absent."""


def make_key(request: Request) -> str:
    """
    Make the key of what a request asks for; `HEAD` asks for what `GET` does.

    Example:
        >>> one, other = Request(url="http://a.com/tea?cups=1"), Request(url="http://a.com/tea?cups=01")
        >>> len(make_key(one)), make_key(one) == make_key(other)
        (64, False)
    """
    return _hash(("GET", request.scheme, request.host, request.root_path, request.path, *request.raw_target))


def make_variant_key(key: str, generation: str, names: Sequence[str], varying: Varying) -> str:
    """
    Make the key of one of several responses to what a key stands for.

    Args:
        key: The key.
        generation: What tells them from those that were there before.
        names: The names of the headers that choose.
        varying: What they are.

    Example:
        >>> absent, empty = (make_variant_key("k", "g", ["accept"], (values,)) for values in ((), ("",)))
        >>> absent == empty
        False
    """
    parts = [key, generation, str(len(names))]
    for name, values in zip(names, varying, strict=True):
        parts += [name, str(len(values)), *values]
    return _hash(parts)


def read_varying(headers: Headers, names: Sequence[str]) -> Varying:
    """
    Read what a request says under some names.

    Example:
        >>> read_varying(Headers([("Accept", "a"), ("Accept", "b"), ("X-A", "")]), ["accept", "x-a", "x-b"])
        (('a', 'b'), ('',), ())
    """
    return tuple(tuple(headers.get_list(name)) for name in names)


def _hash(parts: Iterable[str]) -> str:
    digest = sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()
