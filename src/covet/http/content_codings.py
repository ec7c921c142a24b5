"""
`Accept-Encoding`: in which codings a client takes a body (RFC 9110 §12.5.3).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

IDENTITY: Final = "identity"

_COMPRESSIBLE: Final = frozenset(
    f"application/{name}"
    for name in (
        "graphql", "javascript", "json", "jsonl", "json-seq", "manifest+json", "msgpack", "rtf", "toml", "wasm",
        "x-javascript", "x-ndjson", "x-tar", "x-www-form-urlencoded", "xml", "yaml",
    )
) | {"font/otf", "font/ttf", "image/bmp", "image/svg+xml", "image/x-icon"}  # fmt: skip

# APPSEC: docs/security.md, rows 27 and 28: a longer header is not read, and few of the short ones are kept.
MAX_LENGTH: Final = 1024
_MAX_CACHED_LENGTH: Final = 256
_ITEM: Final = re.compile(
    r"[ \t]*+([!#$%&'*+\-.^_`|~0-9A-Za-z]++)[ \t]*+(?:;[ \t]*+[qQ]=(0(?:\.[0-9]{0,3})?+|1(?:\.0{0,3})?+)[ \t]*+)?+"
)


def choose_coding(accept_encoding: str | None, available: Sequence[str]) -> str | None:
    """
    Choose the coding of a body.

    A client that says nothing about codings gets none. What it likes as much as another comes in the server's order;
    `identity` stands behind all that it likes at least as much.

    Args:
        accept_encoding: The header; several are joined with commas.
        available: The codings on offer besides `identity`, in lower case, the preferred one first.

    Returns:
        One of them, or `"identity"`; `None` if the client takes nothing that is on offer.

    Example:
        >>> choose_coding("gzip, br;q=0.9", ["br", "gzip"]), choose_coding("gzip, br", ["br", "gzip"])
        ('gzip', 'br')
        >>> choose_coding(None, ["br"]), choose_coding("identity;q=0, zstd", ["br"])
        ('identity', None)
    """
    if not accept_encoding or len(accept_encoding) > MAX_LENGTH:
        return IDENTITY
    choose = _cached_choice if len(accept_encoding) <= _MAX_CACHED_LENGTH else _choose
    return choose(accept_encoding, tuple(available))


def _choose(accept_encoding: str, available: tuple[str, ...]) -> str | None:
    weights = read_weights(accept_encoding)
    wildcard = weights.get("*")
    best, best_weight = None, 0.0
    for coding in available:
        weight = weights.get(coding, wildcard or 0.0)
        if weight > best_weight:
            best, best_weight = coding, weight
    # Nobody who does not mention it minds `identity`, unless `*;q=0` excludes it.
    identity = weights.get(IDENTITY)
    if identity is None:
        identity = 0.0 if wildcard == 0 else 0.001
    return best if best_weight >= identity and best is not None else IDENTITY if identity > 0 else None


# Browsers send the same header with every request.
_cached_choice = lru_cache(maxsize=64)(_choose)


def rank_codings(accept_encoding: str | None, available: Sequence[str]) -> tuple[str, ...]:
    """
    List the codings that a client prefers to none, the best first.

    Example:
        >>> rank_codings("gzip, br;q=0.9, zstd;q=0", ["br", "zstd", "gzip"])
        ('gzip', 'br')
    """
    ranked: list[str] = []
    left = list(available)
    while left:
        coding = choose_coding(accept_encoding, left)
        if coding is None or coding == IDENTITY:
            break
        ranked.append(coding)
        left.remove(coding)
    return tuple(ranked)


def is_compressible(content_type: str | None) -> bool:
    """
    Tell whether a content of a media type becomes smaller: text does, pictures and archives are compressed already.

    A stream of events is not, since its pieces are small and must not wait for others.

    Example:
        >>> [is_compressible(kind) for kind in ("application/problem+json", "image/png", "text/event-stream")]
        [True, False, False]
    """
    if content_type is None:
        return False
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/"):
        return media_type != "text/event-stream"
    return media_type in _COMPRESSIBLE or media_type.endswith(("+json", "+xml", "+yaml"))


def read_weights(accept_encoding: str) -> dict[str, float]:
    """
    Read how welcome each coding is; malformed parts are ignored, the first of two counts.

    Example:
        >>> read_weights("GZIP;q=0.5, br, ;;")
        {'gzip': 0.5, 'br': 1.0}
    """
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        match = _ITEM.fullmatch(part)
        if match is not None:
            name = match[1].lower()
            weights.setdefault("gzip" if name == "x-gzip" else name, float(match[2] or 1))
    return weights
