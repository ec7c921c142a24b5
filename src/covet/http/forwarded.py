"""
What proxies say of the clients they stand for: `X-Forwarded-*` and `Forwarded` (RFC 7239).

It must never be believed of a peer that is no proxy of one's own: `ProxyHeadersMiddleware` looks at that.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from covet.http.headers import Headers

# RFC 7239 §4: one pair; a token, or a quoted text in which commas and semicolons are text.
_CHARACTER: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_PAIR: Final = re.compile(rf"""[ \t]*({_CHARACTER}+)=(?:((?:{_CHARACTER}|[:\[\]])+)|"((?:[^"\\]|\\.)*)")[ \t]*""")
_ESCAPED: Final = re.compile(r"\\(.)")
# Behind more proxies than that, nobody stands.
_MAX_HOPS: Final = 64


class Hop(NamedTuple):
    """
    What one proxy says of whom it serves; empty where it says nothing.

    Attributes:
        client: An address, as it was written.
        scheme: The scheme that was asked by.
        host: The host that was asked for.
    """

    client: str = ""
    scheme: str = ""
    host: str = ""


def read_forwarded(headers: Headers) -> Sequence[Hop]:
    """
    Read `Forwarded`; the last hop is that of the nearest proxy. Empty if it is malformed.

    Example:
        >>> read_forwarded(Headers({"Forwarded": 'for="[2001:db8::1]:80";proto=https, for=192.0.2.1'}))
        [Hop(client='[2001:db8::1]:80', scheme='https', host=''), Hop(client='192.0.2.1', scheme='', host='')]
        >>> read_forwarded(Headers({"Forwarded": 'for="127.0.0.1;host=evil;proto=https"'}))
        [Hop(client='127.0.0.1;host=evil;proto=https', scheme='', host='')]
    """
    text = headers.get("forwarded")
    if not text:
        return []
    hops: list[Hop] = []
    pairs: dict[str, str] = {}
    position = 0
    while True:
        match = _PAIR.match(text, position)
        if match is None:
            # APPSEC: what cannot be read says nothing; half of it might say something else.
            return []
        name = match[1].lower()
        if name in pairs:
            return []
        pairs[name] = match[2] if match[3] is None else _ESCAPED.sub(r"\1", match[3])
        position = match.end()
        ends = text[position : position + 1]
        if ends != ";":
            hops.append(Hop(pairs.get("for", ""), pairs.get("proto", "").lower(), pairs.get("host", "")))
            pairs = {}
        if not ends:
            return hops if len(hops) <= _MAX_HOPS else []
        if ends not in ";,":
            return []
        position += 1


def read_x_forwarded(headers: Headers) -> Sequence[Hop]:
    """
    Read `X-Forwarded-For`, `-Proto` and `-Host`; the last hop is that of the nearest proxy.

    Each has its own list. Where they are equally long, they belong together one by one; a shorter one is what the last
    proxies said.

    Example:
        >>> read_x_forwarded(Headers({"X-Forwarded-For": "192.0.2.1, 10.0.0.1", "X-Forwarded-Proto": "https"}))
        [Hop(client='192.0.2.1', scheme='', host=''), Hop(client='10.0.0.1', scheme='https', host='')]
    """
    clients, schemes, hosts = (
        [part.strip(" \t") for part in text.split(",")] if (text := headers.get(name)) else []
        for name in ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
    )
    count = max(len(clients), len(schemes), len(hosts))
    if count > _MAX_HOPS:
        return []
    return [
        Hop(client, scheme.lower(), host)
        for client, scheme, host in zip(_pad(clients, count), _pad(schemes, count), _pad(hosts, count), strict=True)
    ]


def _pad(values: list[str], count: int) -> list[str]:
    return [""] * (count - len(values)) + values
