"""
Who is counted as one: by address, by a header, by user.

A key is a text that names somebody in a store: what is secret in a request never stands in it.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from covet.exceptions import ConfigurationError
from covet.http.addresses import parse_address
from covet.http.request import Request

Identifier = Callable[[Request], str | Awaitable[str | None] | None]

# Over a Unix socket nobody has an address: all are counted as one.
_NO_ADDRESS: Final = "unknown"
_MAX_LENGTH: Final = 80
# RFC 6177 §2: what a provider gives to one customer, who has all addresses in it.
_IPV6_PREFIX: Final = 64


def by_address(request: Request) -> str:
    """
    Name a client by its network address: an IPv6 one by its first 64 bits, since all addresses in them are one's own.

    It is the peer's address as the server sees it; `ProxyHeadersMiddleware` makes it that of the client behind proxies
    that are one's own. No header is read here.

    Example:
        >>> by_address(Request(client=("::ffff:192.0.2.1", 5000))), by_address(Request(client=("2001:db8::1", 5000)))
        ('192.0.2.1', '2001:db8::/64')
    """
    client = request.client
    return _NO_ADDRESS if client is None else write_network(client.host)


# APPSEC: the size is fixed, whatever is sent. Parsing an address takes longer than counting does.
@lru_cache(maxsize=4096)
def write_network(host: str) -> str:
    """
    Write the network that an address stands for.

    Args:
        host: What the server calls the peer.

    Example:
        >>> write_network("2001:DB8:0:0:1::9"), write_network("testclient")
        ('2001:db8::/64', 'testclient')
    """
    address = parse_address(host)
    if address is None:
        return shorten(host) or _NO_ADDRESS
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def by_header(name: str) -> Identifier:
    """
    Make what names a client by a header, such as an API key; who does not send it is named by address.

    Whoever makes up another value is somebody else: use it where the value was checked before, on routes that
    authenticate, or else together with a limit by address. The store sees a hash of the value.

    Args:
        name: The header's name.

    Raises:
        ConfigurationError: If it is no name.

    Example:
        >>> identify = by_header("X-API-Key")
        >>> identify(Request(headers={"X-API-Key": "hunter2"})).startswith("x-api-key=")
        True
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"by_header() takes a header's name, got {name!r}.", hint="Write 'X-API-Key'.")
    lowered = name.strip().lower()

    def identify(request: Request) -> str:
        value = request.headers.get(lowered)
        return f"{lowered}={hash_text(value)}" if value else by_address(request)

    return identify


def by_user(request: Request) -> str:
    """
    Name a client by `request.state.user`, whoever put it there; who is not signed in is named by address.

    It is the user's `id`, or else the user as a text. Authentication stands inside of rate limits that all routes have:
    this is for limits of routes and routers, which stand inside of it.

    Example:
        >>> request = Request()
        >>> request.state.user = "ada"
        >>> by_user(request)
        'user=ada'
    """
    user = getattr(request.state, "user", None)
    # A principal that nobody authenticated has no id: all strangers would be one client.
    if user is None or not getattr(user, "is_authenticated", True):
        return by_address(request)
    return f"user={shorten(str(getattr(user, 'id', user)))}"


def shorten(text: str) -> str:
    """
    Keep a text as it is, or its hash if it is long.

    APPSEC: docs/security.md, row 82: nobody may be called what the hash of another one's name is, so that no text
    begins like a hash.

    Example:
        >>> shorten("ada"), len(shorten("a" * 10_000)), shorten("#1")[:5]
        ('ada', 33, '#f5e3')
    """
    return text if len(text) <= _MAX_LENGTH and not text.startswith("#") else f"#{hash_text(text)}"


def hash_text(text: str) -> str:
    """
    Hash a text to 128 bits: it can be told from others, and not be read.

    Example:
        >>> len(hash_text("hunter2"))
        32
    """
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


__all__ = ["Identifier", "by_address", "by_header", "by_user"]
