"""
The host of a request: what a `Host` header may say, and nothing more.

Everything that is built from a host (links, redirects, checks of an origin) trusts these rules, so
they are narrower than RFC 3986: DNS names, IPv4 and bracketed IPv6, with an optional port.
"""

import re

from covet.exceptions import BadRequestError

_PORT = r"(?::(?P<port>[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
# Labels and dots are disjoint, so there is one way to match and no backtracking.
_NAME = re.compile(r"(?P<host>[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*\.?)" + _PORT)
_IPV6 = re.compile(r"\[(?P<host>[0-9A-Fa-f:.]{2,45})\]" + _PORT)
# RFC 1035: no name is longer than 255; 2 brackets or a final dot, and ":65535".
_MAX_HOST = 262


def parse_host(text: str) -> tuple[str, int | None]:
    """
    Split a `Host` header into the host, in lower case and without brackets, and the port.

    Names may have underscores, as containers' names do. Names in other scripts arrive in their ASCII
    form (`xn--…`). A port is 0 to 65535; a colon without a port is refused, as no client sends it.

    Raises:
        BadRequestError: If the text is anything else. It is not repeated in the error.

    Example:
        >>> parse_host("Example.com:8000"), parse_host("[::1]"), parse_host("my_service")
        (('example.com', 8000), ('::1', None), ('my_service', None))
    """
    match = _match_host(text)
    if match is None:
        raise BadRequestError("The Host header is not valid.")
    port = match["port"]
    return match["host"].lower(), None if port is None else int(port)


def is_valid_host(text: str) -> bool:
    """
    Tell whether `parse_host` would accept the text.

    Example:
        >>> is_valid_host("example.com:8000"), is_valid_host("example.com@evil.com")
        (True, False)
    """
    return _match_host(text) is not None


def _match_host(text: str) -> re.Match[str] | None:
    if len(text) > _MAX_HOST:
        return None
    match = _NAME.fullmatch(text)
    if match is not None:
        return match
    match = _IPV6.fullmatch(text)
    if match is None:
        return None
    # Loaded here: hosts in brackets are rare, and the module costs 2 ms of start-up.
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(match["host"])
    except AddressValueError:
        return None
    return match
