"""
Network addresses as headers and settings write them.

One address has one form here: `::ffff:192.0.2.1` is `192.0.2.1`, whoever writes it.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

IPAddress = IPv4Address | IPv6Address

# IPv6 with a scope may be longer; such an address means nothing on another machine.
_MAX_LENGTH: Final = 60
# RFC 7239 §6: an address may carry a port, an IPv6 one in brackets.
_WITH_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def parse_address(text: str) -> IPAddress | None:
    """
    Read an address, with or without a port; `None` if it is none.

    Example:
        >>> print(parse_address("192.0.2.1:5000"), parse_address("[2001:DB8::1]"), parse_address("::ffff:192.0.2.1"))
        192.0.2.1 2001:db8::1 192.0.2.1
        >>> parse_address("unknown"), parse_address("127.0.0.1;host=evil")
        (None, None)
    """
    if len(text) > _MAX_LENGTH:
        return None
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((match[1] or match[2]) if match else text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


class NetworkSet:
    """
    Some networks, and whether an address is in one of them.

    Args:
        networks: Such as `"10.0.0.0/8"`, `"::1"` or `"192.0.2.7"`.

    Raises:
        ValueError: If one is no network; the text says which.

    Example:
        >>> "10.1.2.3" in NetworkSet(["10.0.0.0/8"]), "192.0.2.1" in NetworkSet(["10.0.0.0/8"])
        (True, False)
    """

    __slots__ = ("_networks",)

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        for text in networks:
            try:
                self._networks.append(ip_network(text))
            except ValueError as exc:
                raise ValueError(f"{text!r} is no network: {exc}.") from exc

    def __contains__(self, item: object) -> bool:
        address = parse_address(item) if isinstance(item, str) else item
        return any(address in network for network in self._networks if isinstance(address, IPv4Address | IPv6Address))
