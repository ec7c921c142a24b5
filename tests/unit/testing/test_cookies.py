"""
The jar: which cookie goes where, and for how long.
"""

import pytest

from covet.testing.cookies import CookieJar, parse_set_cookie


@pytest.mark.parametrize(
    ("header", "scheme", "host", "path", "sent"),
    [
        ("a=1", "http", "testserver", "/any", True),
        ("a=1", "http", "other", "/", False),
        ("a=1; Domain=example.com", "http", "api.example.com", "/", True),
        ("a=1; Domain=.example.com", "http", "example.com", "/", True),
        ("a=1; Domain=example.com", "http", "evilexample.com", "/", False),
        ("a=1; Path=/app", "http", "testserver", "/app/x", True),
        ("a=1; Path=/app", "http", "testserver", "/apple", False),
        ("a=1; Path=/app/", "http", "testserver", "/app/x", True),
        ("a=1; Path=relative", "http", "testserver", "/x", True),
        ("a=1; Secure", "http", "testserver", "/", False),
        ("a=1; Secure", "https", "testserver", "/", True),
        ("a=1; Max-Age=0", "http", "testserver", "/", False),
        ("a=1; Max-Age=-5", "http", "testserver", "/", False),
        ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http", "testserver", "/", True),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http", "testserver", "/", False),
        ("a=1; Expires=Thu, 01 Jan 2970 00:00:00 GMT", "http", "testserver", "/", True),
        ("a=1; Expires=whenever", "http", "testserver", "/", True),
    ],
)
def test_a_cookie_goes_where_it_belongs(header: str, scheme: str, host: str, path: str, sent: bool) -> None:
    """
    Domain, path, Secure and lifetime decide.
    """
    jar = CookieJar()

    jar.extract([header], host="testserver")

    assert jar.header_for(scheme=scheme, host=host, path=path) == ("a=1" if sent else None)


@pytest.mark.parametrize("header", ["", "novalue", "=x", "  =x"])
def test_a_cookie_without_a_name_is_none(header: str) -> None:
    """
    What is no pair is no cookie.
    """
    assert parse_set_cookie(header) is None


def test_the_longest_path_comes_first() -> None:
    """
    RFC 6265 §5.4 orders by the length of the path.
    """
    jar = CookieJar()

    jar.extract(["a=1; Path=/", "b=2; Path=/x/y", "c=3; Path=/x"], host="testserver")

    assert jar.header_for(scheme="http", host="testserver", path="/x/y") == "b=2; c=3; a=1"


def test_a_cookie_of_the_tests_own_is_replaced_by_the_servers() -> None:
    """
    One name is not sent with two values.
    """
    jar = CookieJar({"a": "0"})

    jar.extract(["a=1"], host="testserver")

    assert jar.header_for(scheme="http", host="testserver", path="/") == "a=1"


def test_the_jar_is_a_mapping() -> None:
    """
    Cookies are set, read and deleted by name.
    """
    jar = CookieJar({"a": "1"})
    jar["b"] = "2"
    jar.set("b", "3", path="/deep", secure=True)

    assert (jar["b"], sorted(jar), len(jar), "a" in jar) == ("3", ["a", "b"], 2, True)
    del jar["b"]

    assert repr(jar) == "CookieJar({'a': '1'})"
    with pytest.raises(KeyError):
        del jar["b"]
    with pytest.raises(KeyError):
        jar["b"]


def test_a_value_that_breaks_its_header_is_refused() -> None:
    """
    A semicolon would begin another cookie.
    """
    with pytest.raises(ValueError, match="'a' must not have a semicolon, CR, LF or NUL"):
        CookieJar({"a": "1; b=2"})
