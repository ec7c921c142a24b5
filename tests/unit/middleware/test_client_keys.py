"""
Who is counted as one.
"""

from types import SimpleNamespace
from typing import Any

import pytest

from covet import Request
from covet.auth import Anonymous
from covet.exceptions import ConfigurationError
from covet.middleware import by_address, by_header, by_user
from covet.middleware.client_keys import hash_text, shorten, write_network


@pytest.mark.row(60)
@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::1", "::/64"),
        ("testclient", "testclient"),
        ("", "unknown"),
    ],
)
def test_row_060_an_address_has_one_key(host: str, key: str) -> None:
    """Whatever its form; an IPv6 one stands for its network."""
    assert write_network(host) == key


def test_client_without_an_address_is_nobody_in_particular() -> None:
    """As over a Unix socket."""
    request = Request()
    request._client = None

    assert by_address(Request(client=("192.0.2.1", 5))) == "192.0.2.1"
    assert by_address(SimpleNamespace(client=None)) == "unknown"  # type: ignore[arg-type]


def test_header_names_a_client_and_its_value_is_hidden() -> None:
    """Another value is another client; without one it is the address."""
    identify: Any = by_header("X-API-Key")
    requests = [Request(headers={"x-api-key": value}, client=("192.0.2.1", 5)) for value in ("hunter2", "hunter3")]

    keys = [identify(request) for request in requests]

    assert keys[0] != keys[1]
    assert keys[0] == f"x-api-key={hash_text('hunter2')}"
    assert "hunter" not in keys[0]
    assert identify(Request(client=("192.0.2.1", 5))) == "192.0.2.1"
    assert identify(Request(headers={"x-api-key": ""}, client=("192.0.2.1", 5))) == "192.0.2.1"


@pytest.mark.parametrize("name", ["", " ", 7])
def test_header_needs_a_name(name: Any) -> None:
    """The error shows one."""
    with pytest.raises(ConfigurationError, match=r"by_header\(\) takes a header's name, got .*\n  Write 'X-API-Key'"):
        by_header(name)


def test_user_names_a_client() -> None:
    """By its id, or as a text; who is not signed in is named by address."""
    request = Request(client=("192.0.2.1", 5))
    assert by_user(request) == "192.0.2.1"

    request.state.user = "ada"
    assert by_user(request) == "user=ada"

    request.state.user = SimpleNamespace(id=7)
    assert by_user(request) == "user=7"


def test_strangers_are_not_one_user() -> None:
    """What authentication puts in the place of a user that there is not has no name: its address is the client's."""
    request = Request(client=("192.0.2.1", 5))
    request.state.user = Anonymous()

    assert by_user(request) == "192.0.2.1"


def test_long_texts_are_hashed() -> None:
    """A key has a size that nobody chooses; also what is no text of Unicode."""
    assert shorten("a" * 80) == "a" * 80
    assert len(shorten("a" * 81)) == 33
    assert len(hash_text("\ud800")) == 32
