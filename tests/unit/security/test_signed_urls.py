"""
Signed URLs: what they are good for, and every way in which they are not.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.security import BadSignatureError, Encrypter, ExpiredSignatureError, Signer, sign_url, verify_url
from tests.linearity import assert_quick

SECRET = "the new secret, which has thirty-two bytes"
signer = Signer(SECRET, purpose="downloads")


def is_good(url: str, method: str | None = None) -> bool:
    """Tell whether a URL is accepted; whatever else than a refusal comes out fails the test."""
    try:
        verify_url(url, signer=signer, method=method)
    except BadSignatureError as exc:
        assert str(exc) == "The signature is not valid."
        return False
    return True


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("/reports/7", "/reports/7"),
        ("/", "/"),
        ("/reports/7?", "/reports/7"),
        ("/reports/7?format=pdf&b=2&a=1", "/reports/7?format=pdf&b=2&a=1"),
        ("/reports?a=1&", "/reports?a=1&"),
        ("/reports?a=1;b=2", "/reports?a=1;b=2"),
        ("/reports?a=b?c", "/reports?a=b?c"),
        ("/reports?mysignature=1&signatures=2", "/reports?mysignature=1&signatures=2"),
        ("/signature=1", "/signature=1"),
        ("/a&signature=1", "/a&signature=1"),
        ("https://example.com:8443/reports/7?a=1", "https://example.com:8443/reports/7?a=1"),
        ("https://example.com/", "https://example.com/"),
        ("/größe/%c3%a4?q=ß x", "/gr%C3%B6%C3%9Fe/%C3%A4?q=%C3%9F%20x"),
        ("/%7Eada/%41?q=%2f", "/~ada/A?q=%2F"),
        ("/a?x[]=1", "/a?x%5B%5D=1"),
    ],
)
def test_url_comes_back(url: str, written: str) -> None:
    """In the one way to write it; the signature is the last parameter, all others keep their order."""
    signed = sign_url(url, signer=signer, expires_in=60)

    assert verify_url(signed, signer=signer) == written
    assert signed.startswith(written)
    assert signed.isascii()
    assert parse_qsl(urlsplit(signed).query)[-1][0] == "signature"


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_path_and_query_can_be_signed(path: str, query: str) -> None:
    """Or is refused when it is signed; what was signed is good."""
    try:
        signed = sign_url(f"/{path}?{query}", signer=signer, expires_in=60)
    except ValueError:
        return

    assert is_good(signed)


@pytest.mark.row(79)
def test_row_079_url_ends_when_it_says() -> None:
    """The time cannot be changed: it is inside of the signature."""
    now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    timed = Signer(SECRET, purpose="downloads", clock=lambda: now)
    signed = sign_url("/reports/7", signer=timed, expires_in=timedelta(hours=1))

    now += timedelta(minutes=59)
    assert verify_url(signed, signer=timed) == "/reports/7"
    now += timedelta(minutes=1)
    with pytest.raises(ExpiredSignatureError, match="expired at 2026-11-03T13:00:00Z"):
        verify_url(signed, signer=timed)


def test_no_change_is_accepted() -> None:
    """Not of the path, not of the order, not of what is repeated, added or left out."""
    signed = sign_url("/reports/7?a=1&b=2", signer=signer, expires_in=60)
    token = signed.rpartition("=")[2]

    changed = [
        f"/reports/8?a=1&b=2&signature={token}",
        f"/reports/7?b=2&a=1&signature={token}",
        f"/reports/7?a=1&signature={token}",
        f"/reports/7?a=1&b=2&b=2&signature={token}",
        f"/reports/7?a=1&b=2&c=3&signature={token}",
        f"/reports/7?a=1;b=2&signature={token}",
        f"/reports/7?a=1&b=2;signature={token}",
        f"/reports/7?a=1&b=2&signature={token}&c=3",
        f"/reports/7?a=1&b=2&signature={token}&signature={token}",
        f"/reports/7?a=1&b=2&signature=x&signature={token}",
        f"/reports/7?a=1&b=2&signature={token}&signature=",
        f"/reports/7?signature={token}&a=1&b=2",
        f"/reports/7?a=1&b=2&Signature={token}",
        f"/reports/7?a=1&b=2&signature={token} ",
        f"/reports/7?a=1&b=2&signature={token}=",
        f"/reports/7?a=1&b=2&signature={token[:-1]}",
        f"/reports/7?a=1&b=2&&signature={token}",
        f"/reports/7?&a=1&b=2&signature={token}",
        f"/reports/7/?a=1&b=2&signature={token}",
        f"/reports/./7?a=1&b=2&signature={token}",
        f"/REPORTS/7?a=1&b=2&signature={token}",
        f"//reports/7?a=1&b=2&signature={token}",
        f"//evil/reports/7?a=1&b=2&signature={token}",
        f"/x/../reports/7?a=1&b=2&signature={token}",
        f"/reports%2F7?a=1&b=2&signature={token}",
        f"/reports/7?a=1%26b=2&signature={token}",
        f"/reports/7&a=1&b=2&signature={token}",
        f"/reports/7?signature={token}",
        "/reports/7?a=1&b=2",
        "/reports/7",
        "",
        "?",
        "signature=",
        token,
    ]

    assert is_good(signed)
    assert [url for url in changed if is_good(url)] == []


def test_escapes_that_mean_the_same_are_the_same() -> None:
    """Proxies write unreserved characters and hexadecimal digits as they like (RFC 3986 §6.2.2)."""
    signed = sign_url("/~ada?q=%2F", signer=signer, expires_in=60)

    assert is_good(signed.replace("~", "%7e").replace("%2F", "%2f").replace("signature", "%73ignature"))
    assert not is_good(signed.replace("%2F", "/"))
    assert not is_good(signed.replace("%2F", "%252F"))


def test_scheme_host_and_fragment_are_left_out() -> None:
    """A proxy changes the first two, and no server sees the last; it stays behind the signature."""
    signed = sign_url("https://example.com/reports/7#page=2", signer=signer, expires_in=60)

    assert signed.startswith("https://example.com/reports/7?signature=")
    assert signed.endswith("#page=2")
    assert is_good(signed)
    assert is_good(signed.replace("https://example.com", "http://10.0.0.1:8000"))
    assert is_good(signed.replace("https://example.com", ""))


def test_method_is_bound_if_it_is_given() -> None:
    """HEAD counts as GET; a URL for all methods and one for GET are not the same."""
    get, any_method = (sign_url("/a", signer=signer, expires_in=60, method=method) for method in ("GET", None))

    assert [is_good(get, method) for method in ("GET", "HEAD", "POST", "DELETE", None, "get", "", "GET /b")] == [
        *(True, True, False, False, False, False, False, False),
    ]
    assert [is_good(any_method, method) for method in (None, "GET")] == [True, False]


@pytest.mark.row(78)
def test_row_078_purpose_is_part_of_what_is_signed() -> None:
    """A link of another purpose is refused, and so is a token that is no link."""
    other = Signer(SECRET, purpose="uploads")
    token = signer.seal(b"", expires_in=60)

    assert not is_good(sign_url("/a", signer=other, expires_in=60))
    assert not is_good(f"/a?signature={token}")
    with pytest.raises(BadSignatureError):
        signer.unseal(sign_url("/a", signer=signer, expires_in=60).rpartition("=")[2])


def test_encrypter_signs_as_well() -> None:
    """When the link was made is hidden then."""
    encrypter = Encrypter(SECRET, purpose="downloads")

    assert verify_url(sign_url("/a", signer=encrypter, expires_in=60), signer=encrypter) == "/a"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "a path that begins with one '/', got ''"),
        ("reports/7", "a path that begins with one '/', got 'reports/7'. Write '/reports/7'."),
        ("https://example.com", "a path that begins with one '/', got ''"),
        ("//example.com/a", "a path that begins with one '/', got '//example.com/a'"),
        ("javascript:alert(1)", "a path that begins with one '/', got 'javascript:alert(1)'"),
        ("/a/../b", "Clients resolve '.' and '..' before they send a path, got '/a/../b'"),
        ("/a/%2e%2E/b", "Clients resolve '.' and '..' before they send a path, got '/a/../b'"),
        ("/a?signature=1", "The URL has a parameter 'signature' already"),
        ("/a?x=1&%73ignature=1", "The URL has a parameter 'signature' already"),
        ("/a?signature", "The URL has a parameter 'signature' already"),
        (f"/{'a' * 8192}", "The signed URL would have 8266 bytes, more than 8192"),
    ],
)
def test_url_that_could_not_be_verified_is_refused(url: str, message: str) -> None:
    """When it is signed, with what is wrong and what to write."""
    with pytest.raises(ValueError) as caught:
        sign_url(url, signer=signer, expires_in=60)

    assert message in str(caught.value)


@pytest.mark.parametrize("method", ["", "get", "GET /", "é"])
def test_method_that_is_none_is_refused(method: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(ValueError, match=r"A method is written in capitals, got .*\. Write 'GET'\."):
        sign_url("/a", signer=signer, expires_in=60, method=method)


@pytest.mark.row(89)
def test_row_089_long_url_costs_nothing() -> None:
    """It is refused by its length; the longest that is looked at takes no time either."""
    assert not is_good("/" + "%41" * 1_000_000 + "?signature=x")
    assert_quick(is_good, "/" + "%41" * 2_700 + "?signature=x")
    assert_quick(is_good, "/?" + "signature=&" * 740)
