"""
URLs: parts that never become one another, and redirects that never leave the host.
"""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.http.urls import URL, is_safe_redirect, safe_redirect_target
from tests.linearity import assert_linear


def test_a_url_has_parts() -> None:
    """Each part is an attribute; scheme and host are in lower case."""
    url = URL("HTTPS://Example.com:8443/menu/%C3%A9?tea=green&x=1#top")

    assert (url.scheme, url.host, url.port, url.netloc) == ("https", "example.com", 8443, "example.com:8443")
    assert (url.path, url.query, url.fragment) == ("/menu/%C3%A9", "tea=green&x=1", "top")
    assert str(url) == "https://example.com:8443/menu/%C3%A9?tea=green&x=1#top"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/a?b#c",
        "/a//b",
        "?a=1",
        "#top",
        "a/b",
        "http://h",
        "http://h/",
        "http://[::1]:80/?a",
        "ws://h/x:y",
        "*",
    ],
)
def test_a_url_prints_as_it_was_written(text: str) -> None:
    """What needs no quoting is kept, an empty path included."""
    assert str(URL(text)) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("/é b", "/%C3%A9%20b"),
        ("/a?q=é b", "/a?q=%C3%A9%20b"),
        ("/a#é", "/a#%C3%A9"),
        ("/100%", "/100%25"),
        ("/a?", "/a"),
    ],
)
def test_what_no_url_can_hold_is_quoted(text: str, printed: str) -> None:
    """Spaces and letters beyond ASCII are percent-encoded, once."""
    assert str(URL(text)) == str(URL(str(URL(text)))) == printed


@pytest.mark.parametrize(
    ("url", "secure"),
    [("https://h", True), ("wss://h", True), ("http://h", False), ("ws://h", False), ("/x", False)],
)
def test_https_and_wss_are_secure(url: str, secure: bool) -> None:
    """A URL without a scheme is not."""
    assert URL(url).is_secure is secure


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://h:443/x?y", "https://h"),
        ("https://H", "https://h"),
        ("http://h:443/", "http://h:443"),
        ("http://[::1]:80/", "http://[::1]"),
        ("ftp://h:80/", "ftp://h:80"),
        ("/x", ""),
    ],
)
def test_the_origin_leaves_out_the_implied_port(url: str, origin: str) -> None:
    """Two URLs are of one origin when these texts are equal."""
    assert URL(url).origin == origin


def test_an_ipv6_host_has_no_brackets() -> None:
    """They belong to the text, not to the address."""
    url = URL("http://[2001:DB8::1]:8000/")

    assert (url.host, url.netloc) == ("2001:db8::1", "[2001:db8::1]:8000")


def test_a_path_alone_has_no_host() -> None:
    """Scheme, host, port, netloc and origin are empty then."""
    url = URL("/a?b=1")

    assert (url.scheme, url.host, url.port, url.netloc, url.origin) == ("", None, None, "", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://user:pw@h/", "is no host of a URL"),
        ("http://h:99999/", "'h:99999' is no host of a URL, with or without a port."),
        ("http://h h/", "is no host of a URL"),
        ("http://é/", "is no host of a URL"),
        ("http://", "A URL has both scheme and host, or none"),
        ("http:///x", "A URL has both scheme and host, or none: got 'http' and ''."),
        ("//h/x", "has a host but no scheme"),
        ("javascript:alert(1)", "a scheme is followed by '//' and a host"),
        ("https:evil", "is no URL of the web"),
        ("1http://h", "'1http' is no scheme of a URL."),
        ("/a\r\nb", "it holds a control character or a backslash"),
        ("/a\tb", "it holds a control character or a backslash"),
        ("/\\evil", "it holds a control character or a backslash"),
        ("/\ud800", "holds a lone surrogate"),
    ],
)
def test_what_is_no_url_is_refused(text: str, message: str) -> None:
    """The error says what is wrong with it."""
    with pytest.raises(ValueError, match=re.escape(message)):
        URL(text)


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("/a", "http://h:80/a"),
        ("", "http://h:80"),
        ("*", "http://h:80"),
        ("@evil", "http://h:80/@evil"),
        (":1@evil/", "http://h:80/:1@evil/"),
        (".evil.com", "http://h:80/.evil.com"),
        ("http://evil/x", "http://h:80/http://evil/x"),
        ("//evil/x", "http://h:80//evil/x"),
        ("/?a=1#b", "http://h:80/%3Fa=1%23b"),
        ("\\evil", "http://h:80/%5Cevil"),
    ],
)
def test_row_052_a_path_never_moves_into_the_authority(path: str, printed: str) -> None:
    """The host comes from the validated `Host` header only, whatever the target looks like."""
    url = URL.from_parts("http", "h:80", path)

    assert str(url) == printed
    assert urlsplit(str(url)).netloc == url.netloc == "h:80"


@pytest.mark.parametrize("host", ["h/?", "h/health?x=", "h#", "h\\@e", "a@b", "h h", "h\r\nX: y", "h:99999", "h:", "é"])
def test_row_051_a_host_never_moves_into_the_path(host: str) -> None:
    """What is no host cannot be built into a URL."""
    with pytest.raises(ValueError, match="is no host of a URL, with or without a port"):
        URL.from_parts("http", host, "/admin/x")


@pytest.mark.parametrize(("path", "named"), [("//evil", "//evil"), ("https:evil", "https:evil"), ("a:b/c", "a:b/c")])
def test_a_path_alone_never_reads_as_a_host(path: str, named: str) -> None:
    """Without a host in front, such a path would be another URL."""
    with pytest.raises(ValueError, match=f"The path '{named}' needs a host in front of it"):
        URL.from_parts("", "", path)


@pytest.mark.parametrize("part", ["path", "query", "fragment"])
def test_row_045_no_part_holds_a_line_break(part: str) -> None:
    """CR, LF and NUL are refused in every part."""
    with pytest.raises(ValueError, match="holds a line break or NUL"):
        URL.from_parts("http", "h", **{part: "a\r\nSet-Cookie: b=1"})


def test_parts_are_replaced() -> None:
    """What is not named stays."""
    url = URL("http://h:80/a?b=1#c")

    assert str(url.replace(scheme="https", port=None)) == "https://h/a?b=1#c"
    assert str(url.replace(host="other", port=81)) == "http://other:81/a?b=1#c"
    assert str(url.replace(host="::1")) == str(url.replace(host="[::1]")) == "http://[::1]:80/a?b=1#c"
    assert str(url.replace(path="/x y", query="", fragment="")) == "http://h:80/x%20y"
    assert str(url.replace()) == str(url)
    assert str(URL("/a").replace(scheme="http", host="h")) == "http://h/a"


def test_replacing_checks_the_parts() -> None:
    """A part that does not fit is refused as in `from_parts`."""
    with pytest.raises(ValueError, match="'h:99999' is no host"):
        URL("http://h/").replace(port=99999)
    with pytest.raises(ValueError, match="both scheme and host"):
        URL("/a").replace(host="h")


def test_query_parameters_are_added_and_replaced() -> None:
    """One of the same name is replaced where it stands, others keep all their values."""
    url = URL("http://h/?a=1&b=2&b=3&q=x+y#top")

    assert str(url.include_query_params(a=5, c="&")) == "http://h/?a=5&b=2&b=3&q=x+y&c=%26#top"
    assert str(url.include_query_params(b=[7, 8])) == "http://h/?a=1&b=7&b=8&q=x+y#top"
    assert str(url.remove_query_params("b", "q", "absent")) == "http://h/?a=1#top"
    assert str(url.remove_query_params("a", "b", "q")) == "http://h/#top"


def test_a_query_that_is_not_utf_8_is_a_bad_request() -> None:
    """Only reading its parameters fails; the URL itself can be printed."""
    url = URL("/?a=%FF")

    assert str(url) == "/?a=%FF"
    with pytest.raises(BadRequestError, match="The query is not valid UTF-8"):
        url.include_query_params(b=1)


def test_a_url_cannot_be_changed() -> None:
    """No part can be assigned and no attribute added."""
    url = URL("http://h/")

    with pytest.raises(AttributeError):
        url.path = "/x"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        url.other = 1  # type: ignore[attr-defined]


def test_urls_are_equal_as_texts() -> None:
    """A URL equals its text and hashes as it does, so both find the same entry."""
    assert URL("http://h/a") == URL.from_parts("http", "H", "/a") == "http://h/a"
    assert {URL("/a"): 1}["/a"] == 1  # type: ignore[index]
    assert URL("/a") != URL("/b")
    assert URL("/a") != 1


def test_the_representation_is_code() -> None:
    """`repr` shows what would make the same URL."""
    assert repr(URL("/é")) == "URL('/%C3%A9')"
    assert repr(URL("/reset?token=5e55&a=1")) == "URL('/reset?token=**********&a=1')"


@given(st.text(max_size=30), st.text(max_size=15), st.text(max_size=15))
def test_any_parts_stay_apart(path: str, query: str, fragment: str) -> None:
    """Parsing what was printed gives the same parts, or building raises `ValueError`."""
    try:
        url = URL.from_parts("http", "h:80", path, query, fragment)
    except ValueError:
        return

    again = URL(str(url))

    assert (again.netloc, again.path, again.query, again.fragment) == ("h:80", url.path, url.query, url.fragment)
    assert str(url).isascii()


@given(st.text(max_size=30) | st.text("ht:/@?#[]%.a1", max_size=20))
def test_any_text_is_a_url_or_a_value_error(text: str) -> None:
    """Nothing else is raised, and what is printed is read back the same."""
    try:
        url = URL(text)
    except ValueError:
        return

    assert URL(str(url)) == url


@pytest.mark.parametrize("unit", ["a", "/", ":", "?", "#", "%", "é", "@", "a:"])
def test_reading_is_linear(unit: str) -> None:
    """Twice the text is twice the work."""
    assert_linear(URL, lambda size: "/" + unit * size, size=500)
    assert_linear(URL, lambda size: "http://h" + unit * size, size=500)


# ── Redirects ────────────────────────────────────────────────────────────────

OPEN_REDIRECTS = [
    "", " ", "evil.com", "//evil.com", "//evil.com/..", "//evil.com/%2f..", "///evil.com", "////evil.com",
    "/\\evil.com", "\\/evil.com", "\\\\evil.com", "/\\/evil.com", "//\\evil.com", "\\evil.com", "/\t/evil.com",
    "\t//evil.com", " //evil.com", "\x00//evil.com", "/\n/evil.com", "/\r/evil.com", "/%09/evil.com",
    "/%0a/evil.com", "/%0D/evil.com", "/%00/evil.com", "/%20/evil.com", "/%2Fevil.com", "/%2f%2fevil.com",
    "/%5cevil.com", "/%5C/evil.com", "/%5c%5cevil.com", "%2f%2fevil.com", "/.//evil.com", "/..//evil.com",
    "/%2e%2e//evil.com", "/./\\evil.com", "/.%09//evil.com", "https:evil.com", "https:/evil.com",
    "https://evil.com", "http:///evil.com", "HTTP://evil.com", "https:\\evil.com", "https://example.com@evil.com",
    "https://example.com.evil.com", "https://evil.com/https://example.com", "https://example.com:80@evil.com/",
    "https://evil.com\\@example.com", "https://evil.com#@example.com", "https://example.com%2eevil.com",
    "https://example.com:8443/", "ftp://example.com/", "ws://example.com/", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "javascript://x/%0aa",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "@evil.com", ":evil.com", "?next=x", "#x", ".evil.com",
    "/a\r\nSet-Cookie: a=b", "/a\x7f", "/a ", "/a\u2028", "/%FF", "/\ud800", "〱evil.com", "／／evil.com", "/a\\b",
    "/?q=\\evil",
]  # fmt: skip


@pytest.mark.parametrize("host", [None, "example.com"])
@pytest.mark.parametrize("target", OPEN_REDIRECTS)
def test_row_064_what_may_lead_elsewhere_is_refused(target: str, host: str | None) -> None:
    """Every payload of the usual lists raises, with the host known and without."""
    assert not is_safe_redirect(target, host=host)

    with pytest.raises(ValueError, match=r"is no path of this host|holds a lone surrogate"):
        safe_redirect_target(target, host=host)


def test_the_error_says_what_to_use() -> None:
    """A path of this host is what was expected."""
    with pytest.raises(
        ValueError, match=r"^'//evil' is no path of this host\. Redirect to a path that starts with one '/'\.$"
    ):
        safe_redirect_target("//evil")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/", "/"),
        ("/account?tab=2#top", "/account?tab=2#top"),
        ("/é b?q=é b", "/%C3%A9%20b?q=%C3%A9%20b"),
        ("/a//b", "/a//b"),
        ("/a/../b", "/a/../b"),
        ("/login?next=//evil.com", "/login?next=//evil.com"),
        ("/?u=https://evil.com", "/?u=https://evil.com"),
        ("/@evil.com", "/@evil.com"),
        ("/.evil.com", "/.evil.com"),
        ("/%C3%A9%2Fx", "/%C3%A9%2Fx"),
        ("/javascript:alert(1)", "/javascript:alert(1)"),
        ("/#//evil.com", "/#//evil.com"),
    ],
)
def test_a_path_of_this_host_is_a_target(target: str, location: str) -> None:
    """Path, query and fragment are kept and quoted; `//` is harmless after the first segment."""
    assert safe_redirect_target(target) == location
    assert is_safe_redirect(target)


@pytest.mark.parametrize(
    ("target", "host", "location"),
    [
        ("https://example.com/a?b#c", "example.com", "/a?b#c"),
        ("https://EXAMPLE.com", "example.COM", "/"),
        ("http://example.com:80/a", "example.com", "/a"),
        ("https://example.com/a", "example.com:443", "/a"),
        ("http://[::1]:8000/a", "[::1]:8000", "/a"),
    ],
)
def test_an_absolute_url_of_this_host_is_cut_to_its_path(target: str, host: str, location: str) -> None:
    """When the host is known, its own URLs are targets too."""
    assert safe_redirect_target(target, host=host) == location


def test_this_host_itself_must_be_one() -> None:
    """A mistake in `host` is told apart from a bad target."""
    with pytest.raises(ValueError, match=r"'example\.com/' is no host of a URL"):
        safe_redirect_target("https://example.com/", host="example.com/")


@pytest.mark.parametrize("path", ["//evil.com", "/%2Fevil.com", "/.//evil.com"])
def test_row_064_the_path_that_is_left_is_checked_too(path: str) -> None:
    """An absolute URL of this host cannot smuggle another one in its path."""
    assert not is_safe_redirect(f"https://example.com{path}", host="example.com")


@given(st.text(max_size=20) | st.text("/\\.%0259aFfc:@?#\t eh", max_size=14).map(lambda text: "/" + text))
def test_row_064_every_target_stays_on_the_host(target: str) -> None:
    """Resolved as RFC 3986 says, and as browsers do with backslashes and tabs, the host is still ours."""
    try:
        location = safe_redirect_target(target)
    except ValueError:
        return

    browser = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
    assert location.isascii()
    assert urlsplit(urljoin("https://example.com/a/b", location)).netloc == "example.com"
    assert urlsplit(urljoin("https://example.com/a/b", browser)).netloc == "example.com"


@pytest.mark.parametrize("unit", ["/.", "./", "%2e/", "/", " ", "%", "\\", "é"])
def test_checking_a_target_is_linear(unit: str) -> None:
    """Twice the target is twice the work."""
    assert_linear(safe_redirect_target, lambda size: "/a" + unit * size, size=500)
    assert_linear(safe_redirect_target, lambda size: "/" + unit * size, size=500)
