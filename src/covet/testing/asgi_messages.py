"""
What every message of an ASGI application has, checked as a server would have to.
"""

from collections.abc import Iterable

from covet.testing.errors import ProtocolViolation
from covet.testing.wire import RawHeaders, check_header


def check_message(message: object) -> str:
    """
    Return the type of a message.

    Raises:
        ProtocolViolation: If it has none.

    Example:
        >>> check_message({"type": "websocket.accept"})
        'websocket.accept'
    """
    if not isinstance(message, dict):
        raise ProtocolViolation(f"A message must be a dict, got {message!r}.")
    kind = message.get("type")
    if not isinstance(kind, str):
        raise ProtocolViolation(f"A message needs a type that is a str, got {kind!r}.")
    return kind


def check_links(links: object) -> list[bytes]:
    """
    Return the links of early hints.

    Raises:
        ProtocolViolation: If they are no values of a header.

    Example:
        >>> check_links([b"</a.css>; rel=preload"])
        [b'</a.css>; rel=preload']
    """
    if not isinstance(links, Iterable) or isinstance(links, bytes | str):
        raise ProtocolViolation(f"The links of early hints must be an iterable of bytes, got {links!r}.")
    checked: list[bytes] = []
    for link in links:
        if not isinstance(link, bytes):
            raise ProtocolViolation(f"A link of early hints must be bytes, got {link!r}.")
        check_header(b"link", link)
        checked.append(link)
    return checked


def check_headers(headers: object) -> RawHeaders:
    """
    Return headers as a list of pairs of bytes.

    Raises:
        ProtocolViolation: If they are anything else.

    Example:
        >>> check_headers([[b"x-a", b"1"]])
        [(b'x-a', b'1')]
    """
    if not isinstance(headers, Iterable):
        raise ProtocolViolation(f"The headers must be an iterable of pairs of bytes, got {headers!r}.")
    checked: RawHeaders = []
    for pair in headers:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ProtocolViolation(f"A header must be a pair of bytes, got {pair!r}.")
        name, value = pair
        if not isinstance(name, bytes) or not isinstance(value, bytes):
            raise ProtocolViolation(f"A header must be a pair of bytes, got {pair!r}.")
        if name != name.lower():
            raise ProtocolViolation(f"A header's name must be in lower case, got {name!r}.")
        checked.append((name, value))
    return checked
