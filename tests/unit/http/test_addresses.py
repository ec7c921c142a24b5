"""
Addresses as headers and settings write them.
"""

import pytest

from covet.http.addresses import NetworkSet, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:65535", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::FFFF:192.0.2.1]:80", "192.0.2.1"),
    ],
)
def test_an_address_has_one_form(text: str, address: str) -> None:
    """Whoever writes it, with a port or without, as IPv4 within IPv6 or not."""
    assert str(parse_address(text)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "_hidden",
        "localhost",
        "192.0.2",
        "192.0.2.1.5",
        "192.0.2.1:",
        "192.0.2.1:port",
        "192.0.2.01",
        "1\u0662.0.2.1",
        "2001:db8::1:",
        "[192.0.2.1",
        "fe80::1%eth0",
        "[fe80::1%1]:80",
        "127.0.0.1;host=evil",
        " 127.0.0.1",
        "1" * 100_000,
        "[" + ":" * 100_000 + "]",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    """A name, a scope of another machine, nonsense of any length."""
    assert parse_address(text) is None


def test_networks_know_their_addresses() -> None:
    """Single addresses are networks, too; nothing that is no address is in one."""
    networks = NetworkSet(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"])

    assert all(
        text in networks for text in ("10.255.0.1", "::ffff:10.0.0.1", "192.0.2.7", "2001:db8::5", "[2001:db8::5]:80")
    )
    assert not any(
        text in networks for text in ("11.0.0.1", "192.0.2.8", "2001:db9::1", "10.0.0.1.evil.com", "", 7, None)
    )
    assert "10.0.0.1" not in NetworkSet([])


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "proxy.internal", "*", ""])
def test_what_is_no_network_is_refused(text: str) -> None:
    """By its name: a host that is set in a network's address would be another network."""
    with pytest.raises(ValueError, match="is no network: "):
        NetworkSet(["10.0.0.0/8", text])
