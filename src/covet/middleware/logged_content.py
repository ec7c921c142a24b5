"""
Headers and bodies as a log may show them: what is secret is masked, what is long is named by its size.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from covet.config.masking import is_sensitive_input, mask_text
from covet.config.secret import MASK
from covet.exceptions import HTTPError
from covet.http.forms import parse_urlencoded
from covet.serialization import parse_media_type

# By name, beside those whose name says it.
_SECRET_HEADERS: Final = frozenset({"authentication-info"})
# APPSEC: what a login sends back stands in queries: they are not written of the request either.
_QUERY: Final = re.compile(r"[?#][^\s<>\"']+")
_URL: Final = re.compile(r"((?:[a-z][a-z0-9+.-]*://|^/)[^\s?#<>\"']*)[?#][^\s<>\"']+", re.IGNORECASE)
_URL_HEADERS: Final = frozenset({"referer", "location", "content-location", "refresh", "link"})
_MAX_DEPTH: Final = 32


def mask_headers(pairs: Iterable[tuple[str, str]], sensitive: Collection[str] = ()) -> dict[str, str]:
    """
    Make headers that may be logged; values of one name stand together.

    Args:
        pairs: Names in lower case, and values.
        sensitive: Further names that are secret, in lower case.

    Example:
        >>> mask_headers([("accept", "*/*"), ("cookie", "sid=1"), ("x-api-key", "k")])
        {'accept': '*/*', 'cookie': '**********', 'x-api-key': '**********'}
    """
    shown: dict[str, str] = {}
    for name, value in pairs:
        if name in _SECRET_HEADERS or _is_secret(name, sensitive):
            text = MASK
        else:
            text = _hide_queries(_QUERY.sub(f"?{MASK}", value) if name in _URL_HEADERS else value)
        shown[name] = f"{shown[name]}, {text}" if name in shown else text
    return shown


# Any: JSON is whatever was sent.
def describe_body(body: bytes, content_type: str, max_size: int, sensitive: Collection[str] = ()) -> Any:
    """
    Make of a body what may be logged: the members of JSON and forms, masked; text; or its size.

    What cannot be read is not shown: it may be a secret with a wrong name.

    Args:
        body: The body.
        content_type: Its type, as a header has it.
        max_size: How many bytes are shown at most.
        sensitive: Further names that are secret, in lower case.

    Example:
        >>> describe_body(b'{"user": "ada", "password": "enigma"}', "application/json", 100)
        {'user': 'ada', 'password': '**********'}
        >>> describe_body(b"GIF89a", "image/gif", 100)
        '6 bytes of image/gif'
    """
    media_type = _read_media_type(content_type)
    size = f"{len(body)} bytes of {media_type or 'no type'}"
    if not body:
        return ""
    if len(body) > max_size:
        return size
    try:
        if media_type == "application/json" or media_type.endswith("+json"):
            return _mask(json.loads(body), sensitive, _MAX_DEPTH)
        if media_type == "application/x-www-form-urlencoded":
            fields = parse_urlencoded(body).multi_items()
            return {name: MASK if _is_secret(name, sensitive) else _hide_queries(str(value)) for name, value in fields}
        if media_type == "text/plain":
            return _hide_queries(body.decode())
    except (ValueError, RecursionError, HTTPError):
        return size
    return size


def _read_media_type(content_type: str) -> str:
    try:
        return parse_media_type(content_type)[0] if content_type else ""
    except (ValueError, HTTPError):
        return ""


def _is_secret(name: str, sensitive: Collection[str]) -> bool:
    return name.lower() in sensitive or is_sensitive_input(name)


def _hide_queries(text: str) -> str:
    """Hide the passwords of URLs within a text, and all that stands behind their paths."""
    return _URL.sub(rf"\1?{MASK}", mask_text(text))


# Any: as in `describe_body`.
def _mask(value: Any, sensitive: Collection[str], depth: int) -> Any:
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {
            name: MASK if _is_secret(name, sensitive) else _mask(item, sensitive, depth - 1)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_mask(item, sensitive, depth - 1) for item in value]
    return _hide_queries(value) if isinstance(value, str) else value
