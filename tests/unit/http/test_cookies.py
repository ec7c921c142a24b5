"""
Cookies: what is read, what is dropped, and what is refused when one is set.
"""

import logging
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import covet.http.cookies
from covet.exceptions import HeadersTooLargeError
from covet.http.cookies import make_delete_cookie, make_set_cookie, parse_cookies
from tests.linearity import assert_linear, assert_quick

TOKEN = st.text("!#$%&'*+-.^_`|~0123456789abcXYZ", min_size=1, max_size=20).filter(
    lambda name: not name.lower().startswith(("__host-", "__secure-"))
)
VALUE = st.text([chr(code) for code in range(0x20, 0x7F) if chr(code) not in '";\\'], max_size=200)
NO_LIMIT = {"max_size": 10**9, "max_count": 10**9}


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;", {"a": "1", "b": "2"}),
        (" a = 1 ;\tb\t=\t2\t", {"a": "1", "b": "2"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ('a="x y"', {"a": "x y"}),
        ('a=""', {"a": ""}),
        ('a="', {"a": '"'}),
        ('a="x', {"a": '"x'}),
        (r'a="\"\054"', {"a": r"\"\054"}),
        ("a=%20", {"a": "%20"}),
        ("a=1; A=2", {"a": "1", "A": "2"}),
        ("[x]=1; a:b=2", {"[x]": "1", "a:b": "2"}),
        ("a=\xe9", {"a": "\xe9"}),
        (";;; ;", {}),
    ],
)
def test_a_header_is_read_as_browsers_write_it(header: str, cookies: dict[str, str]) -> None:
    """Names and values lose the space around them and one pair of quotes, and nothing else."""
    assert parse_cookies(header) == cookies


def test_the_first_of_two_cookies_of_one_name_counts() -> None:
    """Browsers send the cookie with the more specific path first (RFC 6265 §5.4)."""
    assert parse_cookies("sid=specific; sid=general") == {"sid": "specific"}


@pytest.mark.parametrize(
    "header", ["=__Host-sid=bad", "=; =x", "__Host-sid", " =__Host-sid=bad; x", "\t=\t__Host-sid=a"]
)
def test_row_031_a_nameless_cookie_never_gets_a_name(header: str) -> None:
    """A cookie without a name is dropped, whatever its value looks like."""
    assert parse_cookies(header) == {}


@pytest.mark.parametrize("control", ["\0", "\r", "\n", "\x1f", "\x7f"])
@pytest.mark.parametrize("bad", ["b{}c=1", "bc=1{}2", "{}=1"])
def test_a_cookie_with_a_control_character_is_dropped(bad: str, control: str) -> None:
    """The cookies beside a malformed one are still read."""
    assert parse_cookies(f"a=1; {bad.format(control)}; d=2") == {"a": "1", "d": "2"}


def test_a_header_over_the_limits_is_refused() -> None:
    """More than 8 KiB or 150 cookies is 431, and the text says which limit."""
    assert len(parse_cookies("; ".join(f"c{i}=1" for i in range(150)))) == 150
    assert parse_cookies("a=" + "x" * 8190)["a"] == "x" * 8190

    with pytest.raises(HeadersTooLargeError, match=r"^The request has more than 150 cookies\.$") as too_many:
        parse_cookies("; ".join(f"c{i}=1" for i in range(151)))
    with pytest.raises(HeadersTooLargeError, match=r"^The Cookie header is longer than 8192 bytes\.$"):
        parse_cookies("a=" + "x" * 8191)

    assert too_many.value.status_code == 431


def test_the_limits_are_arguments() -> None:
    """A caller may set both limits."""
    with pytest.raises(HeadersTooLargeError, match="more than 1 cookies"):
        parse_cookies("a=1; b=2", max_count=1)
    with pytest.raises(HeadersTooLargeError, match="longer than 2 bytes"):
        parse_cookies("a=1", max_size=2)


@pytest.mark.parametrize("unit", ["\\", '"', '\\"', "a=1;", '="\\', ";", " ", "\t;", "=", "\0;", 'a="\\\\', "%41", "é"])
def test_row_029_reading_is_linear(unit: str) -> None:
    """Quotes and backslashes, or anything else repeated, take linear time and little of it."""
    assert_linear(lambda header: parse_cookies(header, **NO_LIMIT), lambda size: 'a="' + unit * size, size=500)
    assert_quick(parse_cookies, ('a="' + unit * 8192)[:8192], max_count=10**9)


def test_row_029_the_standard_parser_is_not_imported() -> None:
    """`http.cookies` is imported neither by this module nor by what it imports."""
    code = "import sys, covet.http.cookies; print('http.cookies' in sys.modules)"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "False\n"


def test_row_029_no_module_of_the_package_imports_the_standard_parser() -> None:
    """No source file has an import of `http.cookies`."""
    package = Path(covet.http.cookies.__file__).parents[1]
    imports = re.compile(r"^\s*(from http\.cookies |import http\.cookies|from http import .*\bcookies\b)", re.MULTILINE)

    assert [path.name for path in package.rglob("*.py") if imports.search(path.read_text("utf-8"))] == []


def test_row_030_many_bad_cookies_are_one_line_of_debug(caplog: pytest.LogCaptureFixture) -> None:
    """4,000 malformed cookies are logged once, by their number alone."""
    with caplog.at_level(logging.DEBUG, logger="covet"):
        parse_cookies("; ".join(["=secret"] * 4000), **NO_LIMIT)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "Dropped 4000 malformed cookies of a request.")
    ]


def test_good_cookies_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A well-formed header, trailing semicolon included, leaves no trace in the log."""
    with caplog.at_level(logging.DEBUG, logger="covet"):
        parse_cookies("a=1; b=2; ")

    assert caplog.records == []


@given(st.text(max_size=300))
def test_reading_raises_nothing(header: str) -> None:
    """Any text within the limits gives a dictionary."""
    cookies = parse_cookies(header, **NO_LIMIT)

    assert all(cookies)


@given(TOKEN, VALUE)
def test_what_is_set_is_read_back(name: str, value: str) -> None:
    """A browser that returns the first part of `Set-Cookie` returns name and value unchanged."""
    header = make_set_cookie(name, value)

    assert parse_cookies(header.partition(";")[0]) == {name: value}


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_row_032_setting_sends_what_it_was_given_or_raises(
    name: str, value: str, path: str, domain: str, samesite: Any
) -> None:
    """Whatever the arguments are, there is a `ValueError` or a header with the given attributes alone."""
    try:
        header = make_set_cookie(name, value, path=path, domain=domain, samesite=samesite, secure=True)
    except ValueError:
        return

    assert header.isascii()
    assert header.isprintable()
    assert [part.partition("=")[0] for part in header.split("; ")] == [
        name, "Path", "Domain", "Secure", "HttpOnly", "SameSite",
    ]  # fmt: skip


def test_a_cookie_is_safe_unless_told_otherwise() -> None:
    """The defaults are the whole site, no scripts, no cross-site posts, until the browser closes."""
    assert make_set_cookie("sid", "k7") == "sid=k7; Path=/; HttpOnly; SameSite=Lax"


def test_every_attribute_is_written() -> None:
    """Each argument appears in the form of RFC 6265."""
    header = make_set_cookie(
        "sid",
        "k7",
        max_age=60,
        expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        path="/app",
        domain="example.com",
        secure=True,
        httponly=False,
        samesite="none",
        partitioned=True,
    )

    assert header == (
        "sid=k7; Max-Age=60; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/app; Domain=example.com; Secure; "
        "SameSite=None; Partitioned"
    )


def test_attributes_can_be_left_out() -> None:
    """Without any attribute only the pair is sent."""
    assert make_set_cookie("a", path=None, httponly=False, samesite=None) == "a="


@pytest.mark.parametrize(
    ("value", "written"), [("a b", 'a="a b"'), ("a,b", 'a="a,b"'), (" ", 'a=" "'), ("a=b", "a=a=b")]
)
def test_spaces_and_commas_are_quoted(value: str, written: str) -> None:
    """What RFC 6265 allows nowhere bare is sent in quotes."""
    assert make_set_cookie("a", value).partition("; ")[0] == written


@pytest.mark.parametrize(
    ("max_age", "written"), [(0, 0), (-1, -1), (timedelta(days=1), 86400), (timedelta(seconds=1.9), 1)]
)
def test_the_age_is_whole_seconds(max_age: int | timedelta, written: int) -> None:
    """Seconds and timedeltas are both understood."""
    assert make_set_cookie("a", max_age=max_age).startswith(f"a=; Max-Age={written}; ")


INJECTIONS = [
    "x\r\nSet-Cookie: b=1",
    "x\n",
    "x\r",
    "x\0",
    "x; HttpOnly; Domain=evil",
    "x;",
    "\x1f",
    "x\x7f",
    "é",
    "\ud800",
]


@pytest.mark.parametrize("value", [7, b"x", None])
def test_a_value_is_a_text(value: Any) -> None:
    """Anything else is refused by the cookie's name."""
    with pytest.raises(TypeError, match=f"The value of cookie 'a' must be a text, got {type(value).__name__}"):
        make_set_cookie("a", value)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("name", " is no name for a cookie. Use letters"),
        ("value", "The value of cookie 'a' holds a character that no cookie can carry"),
        ("path", " is no path for a cookie. It starts with '/'"),
        ("domain", " is no domain for a cookie. Write a host name"),
        ("samesite", "samesite must be 'lax', 'strict', 'none' or None, got "),
    ],
)
def test_row_032_no_argument_injects(argument: str, message: str, text: str) -> None:
    """Each argument refuses line breaks, NUL, semicolons, control and non-ASCII characters."""
    arguments: dict[str, Any] = {"name": "a", argument: "/" + text if argument == "path" else text}

    with pytest.raises(ValueError, match=re.escape(message)):
        make_set_cookie(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": ""}, "'' is no name for a cookie"),
        ({"name": 7}, "7 is no name for a cookie"),
        ({"name": "a b"}, "'a b' is no name for a cookie"),
        ({"name": "a=b"}, "'a=b' is no name for a cookie"),
        ({"value": 'say "hi"'}, "Encode it first, for example with urllib.parse.quote()"),
        ({"value": "a\\b"}, "without ';', '\"' and '\\'"),
        ({"value": "x" * 4096}, "are longer than 4096 bytes together: browsers would ignore it"),
        ({"path": "app"}, "'app' is no path for a cookie"),
        ({"path": "/" + "x" * 1024}, "has at most 1024 visible ASCII"),
        ({"domain": ""}, "'' is no domain for a cookie"),
        ({"domain": "example.com:8000"}, "without scheme, port or path"),
        ({"domain": "a." * 600 + "b"}, "is no domain for a cookie"),
        ({"samesite": "loose"}, "samesite must be 'lax', 'strict', 'none' or None, got 'loose'."),
        ({"samesite": "none"}, "samesite='none' needs secure=True: browsers ignore the cookie otherwise."),
        ({"partitioned": True}, "partitioned=True needs secure=True: browsers ignore the cookie otherwise."),
        ({"expires": datetime(2030, 1, 1)}, "has no time zone"),  # noqa: DTZ001
        ({"expires": "soon"}, "expires must be an aware datetime, got 'soon'."),
        ({"max_age": "60; Domain=evil"}, "max_age must be whole seconds or a timedelta, got '60; Domain=evil'."),
        ({"max_age": True}, "got True."),
        ({"max_age": 1.5}, "got 1.5."),
        ({"name": "__Secure-a"}, "Cookie '__Secure-a' needs secure=True"),
        ({"name": "__Host-a"}, "Cookie '__Host-a' needs secure=True"),
        ({"name": "__HOST-a", "secure": True, "path": "/app"}, "needs path='/' and no domain"),
        ({"name": "__Host-a", "secure": True, "path": None}, "needs path='/' and no domain"),
        ({"name": "__Host-a", "secure": True, "domain": "a.b"}, "needs path='/' and no domain"),
    ],
)
def test_a_cookie_that_browsers_would_ignore_is_refused(arguments: dict[str, Any], message: str) -> None:
    """The error says which argument is wrong, and what it may be."""
    with pytest.raises(ValueError, match=re.escape(message)):
        make_set_cookie(**({"name": "a"} | arguments))


def test_a_refused_value_is_not_in_the_error() -> None:
    """The value may be a secret."""
    with pytest.raises(ValueError, match="The value of cookie 'sid'") as refused:
        make_set_cookie("sid", "hunter2;")

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["__Secure-sid", "__Host-sid"])
def test_prefixed_cookies_are_set_when_they_are_right(name: str) -> None:
    """A secure cookie of the whole host may have either prefix."""
    assert make_set_cookie(name, "x", secure=True) == f"{name}=x; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_deleting_names_the_same_scope() -> None:
    """The header expires the cookie in the past and repeats path, domain and partition."""
    header = make_delete_cookie(
        "sid", path="/app", domain="example.com", secure=True, httponly=False, samesite="none", partitioned=True
    )

    assert header == (
        "sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/app; Domain=example.com; Secure; "
        "SameSite=None; Partitioned"
    )


def test_row_032_deleting_does_not_inject_either() -> None:
    """`make_delete_cookie` refuses what `make_set_cookie` refuses."""
    with pytest.raises(ValueError, match="is no path for a cookie"):
        make_delete_cookie("sid", path="/; HttpOnly; Domain=evil")
