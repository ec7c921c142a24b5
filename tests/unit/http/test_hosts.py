"""
The host of a request: what a `Host` header may say.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.http.hosts import is_valid_host, parse_host
from tests.linearity import assert_linear, assert_quick


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("h", ("h", None)),
        ("Example.COM", ("example.com", None)),
        ("example.com.", ("example.com.", None)),
        ("example.com:8000", ("example.com", 8000)),
        ("h:0", ("h", 0)),
        ("h:65535", ("h", 65535)),
        ("h:0080", ("h", 80)),
        ("my_service:80", ("my_service", 80)),
        ("xn--bcher-kva.example", ("xn--bcher-kva.example", None)),
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("[::1]", ("::1", None)),
        ("[2001:DB8::1]:443", ("2001:db8::1", 443)),
        ("[::ffff:1.2.3.4]", ("::ffff:1.2.3.4", None)),
        ("a" * 255, ("a" * 255, None)),
    ],
)
def test_a_host_is_split_from_its_port(text: str, host: tuple[str, int | None]) -> None:
    """Names, IPv4 and bracketed IPv6 are understood, in lower case."""
    assert parse_host(text) == host
    assert is_valid_host(text)


INVALID = [
    "h/?", "h/health?x=", "h#", "h\\@e", "a@b", "myapp.com@evil.com", "user:pw@h", "h/", "h?x", "http://h", "//h",
    "", " ", "h ", " h", "h h", "a,b", "h\t", "h\r\nX: y", "h\n", "h\0", "h\x7f", "é", "h\xa0", "h%41", "h%2F@evil",
    "h:", ":80", "h:99999", "h:65536", "h:100000", "h:-1", "h:+1", "h:1_0", "h:８０", "h: 80", "h:80:80", "h:x",
    ".h", "h..h", "h:80.", "..", "*", "h!", "h'", 'h"', "h<script>", "h;x", "h&x", "h=x", "$h", "(h)",
    "[", "[]", "[::1", "::1", "::1]", "[::1]x", "[::1]:", "[::1]:99999", "[:::]", "[1.2.3.4]", "[g::1]", "[::1%eth0]",
    "[::1%25eth0]", "[v1.x]", "[[::1]]", "[::1]@evil", "[::1.2.3.400]", "[1:2:3:4:5:6:7:8:9]",
    "a" * 263, "[" + ":" * 300 + "]",
]  # fmt: skip


@pytest.mark.parametrize("text", INVALID)
def test_rows_051_053_056_anything_else_is_refused(text: str) -> None:
    """What could become a path, a query, a user name or another header is 400, without an echo."""
    assert not is_valid_host(text)

    with pytest.raises(BadRequestError) as refused:
        parse_host(text)

    assert refused.value.detail == "The Host header is not valid."
    assert refused.value.status_code == 400


@given(st.text(max_size=30) | st.text("ab.-_:[]0159f@/\\", max_size=20))
def test_both_functions_agree(text: str) -> None:
    """`is_valid_host` is true exactly when `parse_host` does not raise, and nothing else is raised."""
    try:
        host, port = parse_host(text)
    except BadRequestError:
        assert not is_valid_host(text)
        return

    assert is_valid_host(text)
    assert host == host.lower()
    assert port is None or 0 <= port <= 65535


@pytest.mark.parametrize("unit", ["a", "a.", ".", "[", ":", "[:", "-", "a:", "1"])
def test_reading_is_linear(unit: str) -> None:
    """A long host is refused in linear time, and the longest that is looked at is quick."""
    assert_linear(is_valid_host, lambda size: unit * size, size=100)
    assert_quick(is_valid_host, (unit * 262)[:261] + "@")
