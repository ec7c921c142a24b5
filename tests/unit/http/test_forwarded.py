"""
What proxies say of their clients.
"""

import pytest

from covet.http.forwarded import Hop, read_forwarded, read_x_forwarded
from covet.http.headers import Headers
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    ("text", "hops"),
    [
        ("for=192.0.2.1", [Hop("192.0.2.1")]),
        ("For=192.0.2.1;PROTO=HTTPS;by=203.0.113.43", [Hop("192.0.2.1", "https")]),
        ('for="[2001:db8::1]:4711" ; host="example.com:8443"', [Hop("[2001:db8::1]:4711", "", "example.com:8443")]),
        ("for=192.0.2.1, for=10.0.0.1", [Hop("192.0.2.1"), Hop("10.0.0.1")]),
        ("for=192.0.2.1,proto=https", [Hop("192.0.2.1"), Hop("", "https")]),
        ("for=_hidden;proto=http", [Hop("_hidden", "http")]),
        (r'for="a\"b,c;d\\"', [Hop('a"b,c;d\\')]),
        ("by=203.0.113.43", [Hop()]),
    ],
)
def test_forwarded_is_read_pair_by_pair(text: str, hops: list[Hop]) -> None:
    """Names without regard to case; a quoted text is one value, whatever stands in it."""
    assert read_forwarded(Headers({"forwarded": text})) == hops


def test_row_057_a_quoted_value_is_no_further_pair() -> None:
    """What a client puts into quotes names neither host nor scheme."""
    assert read_forwarded(Headers({"forwarded": 'for="127.0.0.1;host=evil;proto=https"'})) == [
        Hop("127.0.0.1;host=evil;proto=https")
    ]


@pytest.mark.parametrize(
    "text",
    ["", "for", "for=", "for=a=b", 'for="a', "for=a;for=b", "for=a b", "for=a;;proto=http", ",", "for=a,", "for=é"],
)
def test_what_is_malformed_says_nothing(text: str) -> None:
    """Half of it might say something else than its writer meant."""
    assert read_forwarded(Headers([("forwarded", text)] if text.isascii() else [])) == []


def test_the_nearest_proxy_is_last_in_each_list() -> None:
    """A shorter list belongs to the last ones."""
    headers = Headers(
        {
            "x-forwarded-for": "192.0.2.1, 10.0.0.2 ,10.0.0.1",
            "x-forwarded-proto": "HTTPS",
            "x-forwarded-host": "a.com,b.com",
        }
    )

    assert read_x_forwarded(headers) == [
        Hop("192.0.2.1"),
        Hop("10.0.0.2", "", "a.com"),
        Hop("10.0.0.1", "https", "b.com"),
    ]
    assert read_x_forwarded(Headers()) == []


def test_repeated_headers_are_one_list() -> None:
    """In the order in which they came."""
    headers = Headers([("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.0.0.1")])

    assert [hop.client for hop in read_x_forwarded(headers)] == ["192.0.2.1", "10.0.0.1"]


def test_more_hops_than_there_are_proxies_say_nothing() -> None:
    """Of both headers."""
    assert read_x_forwarded(Headers({"x-forwarded-for": ",".join(["10.0.0.1"] * 65)})) == []
    assert read_forwarded(Headers({"forwarded": ",".join(["for=10.0.0.1"] * 65)})) == []


@pytest.mark.parametrize("piece", ["for=a,", 'for="\\"', "for=a;x=", ",", '"', "\\"])
def test_both_are_read_in_linear_time(piece: str) -> None:
    """However long they are."""
    assert_linear(lambda text: read_forwarded(Headers({"forwarded": text})), lambda size: piece * size, size=1_000)
    assert_linear(
        lambda text: read_x_forwarded(Headers({"x-forwarded-for": text})), lambda size: piece * size, size=1_000
    )
