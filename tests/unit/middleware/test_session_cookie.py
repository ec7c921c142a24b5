"""
Tests of the cookie of a session, and of private responses.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError, HeadersTooLargeError
from covet.http import Request, Response
from covet.http.response_headers import MutableHeaders
from covet.middleware import session_cookie
from covet.middleware.option_checks import OptionChecks
from covet.middleware.session_cookie import SafeCookie, make_cookie, make_private

CHECK = OptionChecks("SessionMiddleware")


def make(name: Any = "session", *, secure: Any = None, same_site: Any = "lax", **options: Any) -> SafeCookie:
    """Make a cookie with some options."""
    return make_cookie(CHECK, "cookie", name, secure=secure, same_site=same_site, **options)


def set_for(cookie: SafeCookie, request: Request) -> str:
    """Give the header that sets it."""
    response = Response()
    cookie.set(request, response, "value", 60)
    return response.headers["set-cookie"]


def make_app(environment: str, *, debug: bool = False) -> CovetPy:
    """Make an application of an environment."""
    return CovetPy(settings=Settings(environment=environment, sources=Sources.none()), debug=debug)


def test_cookie_is_as_safe_as_browsers_can_make_it() -> None:
    """
    One host, `https` alone, no scripts, no forms of other sites.
    """
    assert set_for(make(), Request()) == ("__Host-session=value; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax")


@pytest.mark.parametrize(
    ("environment", "url", "is_secure"),
    [
        ("development", "http://localhost:8000/", False),
        ("development", "http://127.0.0.1/", False),
        ("development", "http://[::1]:8000/", False),
        ("testing", "http://shop.localhost/", False),
        ("development", "https://localhost/", True),
        ("development", "http://example.com/", True),
        ("development", "http://localhost.example.com/", True),
        ("staging", "http://localhost/", True),
        ("production", "http://127.0.0.1/", True),
    ],
)
def test_cookie_is_plain_for_a_developer_alone(environment: str, url: str, is_secure: bool) -> None:
    """
    In development, over `http` and at a name of this machine: a proxy that forwards so makes no cookie unsafe.
    """
    cookie = make()
    request = Request(url=url, app=make_app(environment))

    assert cookie.is_secure(request) is is_secure
    assert set_for(cookie, request).startswith("__Host-session=" if is_secure else "session=")
    assert ("Secure" in set_for(cookie, request)) is is_secure


def test_application_without_settings_says_so_by_debug() -> None:
    """
    What says nothing is taken for production.
    """
    request = Request(url="http://localhost/", app=CovetPy())

    assert make().is_secure(request)
    assert make().is_secure(Request(url="http://localhost/"))
    assert not make().is_secure(Request(url="http://localhost/", app=CovetPy(debug=True)))
    assert not make(secure=False).is_secure(request)
    assert make(secure=True).is_secure(Request(url="http://localhost/", app=CovetPy(debug=True)))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "__Host-session"),
        ({"name": "__Host-sid"}, "__Host-sid"),
        ({"domain": "example.com"}, "__Secure-session"),
        ({"path": "/admin"}, "__Secure-session"),
        ({"name": "__Secure-sid", "domain": "example.com"}, "__Secure-sid"),
        ({"secure": False}, "session"),
    ],
)
def test_prefix_is_what_the_options_allow(options: dict[str, Any], name: str) -> None:
    """
    `__Host-` promises one host and every path, `__Secure-` nothing but `https`.
    """
    cookie = make(**options)

    assert cookie.find_name(Request()) == name
    assert set_for(cookie, Request()).startswith(f"{name}=value")


def test_cookie_is_deleted_as_it_was_set() -> None:
    """
    Browsers keep one whose attributes differ.
    """
    response = Response()
    make(domain="example.com", path="/a").delete(Request(), response)

    assert response.headers["set-cookie"] == (
        "__Secure-session=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; "
        "Path=/a; Domain=example.com; Secure; HttpOnly; SameSite=Lax"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": 7}, "cookie is 7, expected the name of a cookie"),
        ({"name": "a b"}, "cookie cannot be set with these options: '__Host-a b' is no name"),
        ({"name": "__Host-a", "secure": False}, "cookie is '__Host-a', but the other options are not what it promises"),
        ({"name": "__Host-a", "domain": "b.c"}, "cookie is '__Host-a', but the other options"),
        ({"name": "__Secure-a"}, "(?s)cookie is '__Secure-a', but .*Write cookie='a'"),
        ({"same_site": "Lax"}, "same_site is 'Lax', expected 'lax', 'strict' or 'none'"),
        ({"same_site": "none", "secure": False}, "same_site is 'none', which browsers take of secure cookies alone"),
        ({"secure": "yes"}, "secure is 'yes', expected True or False"),
        ({"path": "/a; HttpOnly"}, "cookie cannot be set with these options"),
        ({"domain": "a;b"}, "cookie cannot be set with these options"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """
    When the middleware is made, not with the first cookie.
    """
    with pytest.raises(ConfigurationError, match=message):
        make(**options)


def test_cookie_for_other_sites_is_secure_everywhere() -> None:
    """
    Browsers take no other.
    """
    request = Request(url="http://localhost/", app=CovetPy(debug=True))

    assert set_for(make(same_site="none"), request).endswith("Secure; HttpOnly; SameSite=None")


@pytest.mark.row(80)
@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (None, "private"),
        ("no-store", "no-store"),
        ("private, max-age=5", "private, max-age=5"),
        ("Public, Max-Age=5, S-MaxAge=60", "Max-Age=5, private"),
        ("no-cache", "no-cache, private"),
        ('private="set-cookie"', 'private="set-cookie", private'),
        ("", "private"),
    ],
)
def test_response_becomes_private(said: str | None, becomes: str) -> None:
    """
    Whatever the handler has said of caches.
    """
    headers = MutableHeaders({} if said is None else {"cache-control": said})
    make_private(headers)

    assert (headers["cache-control"], headers["vary"]) == (becomes, "Cookie")


def test_private_responses_are_private_for_the_caches_of_vendors_too() -> None:
    """
    They believe headers of their own first, and caches of old believe `Expires`.
    """
    headers = MutableHeaders(
        {
            "cache-control": "public, max-age=60",
            "CDN-Cache-Control": "max-age=600",
            "Cloudflare-CDN-Cache-Control": "max-age=600",
            "surrogate-control": "max-age=600",
            "expires": "Thu, 01 Dec 2039 16:00:00 GMT",
            "etag": '"1"',
        }
    )

    make_private(headers)

    assert dict(headers) == {
        "cache-control": "max-age=60, private",
        "expires": "0",
        "etag": '"1"',
        "vary": "Cookie",
    }


@pytest.mark.parametrize("name", ["", "__Host-", "__Secure-"])
def test_cookie_has_a_name(name: str) -> None:
    """
    A prefix by itself is none.
    """
    with pytest.raises(ConfigurationError, match=r"SessionMiddleware: cookie is '.*', which names no cookie"):
        make(name)


def read_from(header: str, url: str = "https://example.com/") -> str | None:
    """Read the cookie of a request that has a header."""
    return make().read(Request(url=url, headers={"cookie": header}))


def test_a_cookie_is_read_as_all_cookies_are() -> None:
    """The first of its name, without its quotation marks; and each client has its own, however often it comes."""
    for _ in range(2):
        assert read_from("a=1; __Host-session=ada; __Host-session=grace") == "ada"
        assert read_from('__Host-session="grace"') == "grace"
        assert read_from("session=plain; x__Host-session=evil") is None
        assert make().read(Request(url="https://example.com/")) is None


def test_row_028_long_cookies_are_not_remembered() -> None:
    """Nobody fills the memory: what is remembered is bounded in number and in size."""
    before = session_cookie._read_known.cache_info().currsize

    assert read_from(f"a={'x' * 600}; __Host-session=ada") == "ada"
    assert session_cookie._read_known.cache_info().currsize == before
    assert session_cookie._read_known.cache_info().maxsize == 4096


@pytest.mark.parametrize("header", ["a=1; " * 151, "a=" + "x" * 8192])
def test_too_many_cookies_are_refused(header: str) -> None:
    """By their number and by their length, as `request.cookies` does."""
    with pytest.raises(HeadersTooLargeError):
        read_from(header)
