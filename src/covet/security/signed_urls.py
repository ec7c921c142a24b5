"""
Signed URLs: links that are good for what they say, as long as they say, and for nothing else.

The signature is the last parameter of the query. It covers the path, the query in its order, and a method if one is
given; scheme and host are left out, since proxies change them, and so is the fragment, which no server sees.
"""

import re
from typing import Final
from urllib.parse import quote

from covet.security.errors import BadSignatureError
from covet.security.sealing import Lifetime, TokenSealer

MAX_URL_BYTES: Final = 8 * 1024
"""How long a URL is at most."""

PARAMETER: Final = "signature"
"""The name of the parameter that holds the signature."""

_METHOD: Final = re.compile(r"[A-Z][A-Z0-9-]{0,31}", re.ASCII)
# APPSEC: without a scheme there is no host: "//a/b" is a path on the wire, and must not pass as "/b".
_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
# RFC 3986 §2.3: these mean the same, escaped or not.
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What a path or a query may hold as it is (RFC 3986 §3.3 and §3.4); all else is escaped.
_KEPT: Final = "!$&'()*+,;=:@/?%-._~"


def sign_url(url: str, *, signer: TokenSealer, expires_in: Lifetime | None, method: str | None = None) -> str:
    """
    Put a signature at the end of a URL's query.

    Args:
        url: The URL, whole or from its path on. What is not ASCII is escaped.
        signer: What signs it; its purpose is part of what is signed.
        expires_in: How long the URL is good for; `None` is for ever.
        method: The method it is good for, if not for all; HEAD counts as GET.

    Raises:
        ValueError: If it has a parameter `signature` already, a path that clients would change, or no path; or if it
            becomes longer than 8 KiB.

    Example:
        >>> from covet.security import Signer
        >>> signer = Signer("a secret of thirty-two bytes, or more", purpose="downloads")
        >>> url = sign_url("https://example.com/reports/7?format=pdf", signer=signer, expires_in=3600)
        >>> url.partition("&signature=")[0]
        'https://example.com/reports/7?format=pdf'
        >>> verify_url(url, signer=signer)
        'https://example.com/reports/7?format=pdf'
    """
    url, sharp, fragment = url.partition("#")
    origin, target = _split(url)
    path, _, query = _normalize(target).partition("?")
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"A signed URL has a path that begins with one '/', got {path!r}. Write '/reports/7'.")
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise ValueError(f"Clients resolve '.' and '..' before they send a path, got {path!r}. Write what it means.")
    if _has_signature(query):
        raise ValueError(
            f"The URL has a parameter {PARAMETER!r} already. Sign it once, or name its parameter otherwise."
        )
    if method is not None and _METHOD.fullmatch(method) is None:
        raise ValueError(f"A method is written in capitals, got {method!r}. Write 'GET'.")
    target = f"{path}?{query}" if query else path
    signature = signer.seal(b"", expires_in=expires_in, context=_write_context(target, method))
    signed = f"{origin}{target}{'&' if query else '?'}{PARAMETER}={signature}"
    if len(signed) > MAX_URL_BYTES:
        raise ValueError(f"The signed URL would have {len(signed)} bytes, more than {MAX_URL_BYTES}.")
    return f"{signed}{sharp}{fragment}"


def verify_url(url: str, *, signer: TokenSealer, method: str | None = None) -> str:
    """
    Give a signed URL without its signature, if that is good.

    Args:
        url: The URL as it was requested, whole or from its path on.
        signer: What signed it, or one with the same secrets and purpose.
        method: The method of the request, if it was signed with one.

    Raises:
        BadSignatureError: If it was not signed here, for this purpose and method, or was changed since.
        ExpiredSignatureError: If it was, but its time is over.
    """
    if len(url) > MAX_URL_BYTES or (method is not None and _METHOD.fullmatch(method) is None):
        raise BadSignatureError
    origin, target = _split(url.partition("#")[0])
    # APPSEC: docs/security.md, row 19: only & separates. What stands before the signature is what was signed, or not.
    target, _, signature = _normalize(target).rpartition(f"{PARAMETER}=")
    separator, target = target[-1:], target[:-1]
    if separator != ("&" if "?" in target else "?"):
        raise BadSignatureError
    signer.unseal(signature, context=_write_context(target, method))
    return origin + target


def _split(url: str) -> tuple[str, str]:
    """Split a URL before its path."""
    match = _ORIGIN.match(url)
    end = match.end() if match else 0
    return url[:end], url[end:]


def _normalize(target: str) -> str:
    """
    Write a path and query in the one way that RFC 3986 §6.2.2 prefers among those that mean the same.
    """
    return _ESCAPE.sub(_unescape, quote(target, safe=_KEPT, errors="surrogatepass"))


def _unescape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def _has_signature(query: str) -> bool:
    return any(pair.partition("=")[0] == PARAMETER for pair in query.split("&"))


def _write_context(target: str, method: str | None) -> bytes:
    # RFC 9110 §9.3.2: HEAD asks for what GET would give.
    bound = "GET" if method == "HEAD" else method or ""
    return f"url {bound} {target}".encode("ascii")
