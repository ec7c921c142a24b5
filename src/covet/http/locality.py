"""
Who may look at what debugging shows, traces and pages: a program on this machine that speaks to the server itself.

A header never opens it; it can only close it. Nothing raises here: errors are answered by it.
"""

from ipaddress import ip_address
from typing import Final

from covet.http.hosts import is_valid_host, parse_host
from covet.http.request import Request

_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})

# APPSEC: what a proxy adds. Behind one on this machine every client seems to be here.
_FORWARDING: Final = (
    "cf-connecting-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)


def may_look(request: Request) -> bool:
    """
    Tell whether a request comes from this machine, by nobody's order but its user's.

    Args:
        request: The request.

    Example:
        >>> may_look(Request(client=("127.0.0.1", 50000))), may_look(Request(client=("192.0.2.1", 50000)))
        (True, False)
    """
    client = request.client
    # Over a Unix socket there is no address: the file system says who may connect.
    is_here = client is None or is_loopback(client.host)
    # Not `request.host`, which makes up a name where there is none.
    host = request.headers.get("host")
    return (
        is_here
        and host is not None
        and _is_local_host(host)
        and not any(name in request.headers for name in _FORWARDING)
        and not _is_foreign(request)
    )


def is_loopback(host: str) -> bool:
    """
    Tell whether an address is one of this machine's loopback, IPv4 within IPv6 included.

    Args:
        host: The address, as the server saw it.

    Example:
        >>> is_loopback("127.0.0.1"), is_loopback("::ffff:127.0.0.1"), is_loopback("127.example.com")
        (True, True, False)
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_local_host(text: str) -> bool:
    # APPSEC: a name of an attacker's may lead here (DNS rebinding): then it stands in the header.
    return is_valid_host(text) and parse_host(text)[0] in _LOCAL_HOSTS


def _is_foreign(request: Request) -> bool:
    """Tell whether the page of another origin asks: an answer to it might be readable there (CORS)."""
    headers = request.headers
    origin = headers.get("origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return True
    # Fetch Metadata: browsers say so of every request. A link from elsewhere may be followed.
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return False
    return headers.get("sec-fetch-mode") != "navigate" or headers.get("sec-fetch-dest") != "document"
