"""
Header fields that a response will carry: what is refused, and what goes to the wire.
"""

import pytest

from covet.exceptions import ResponseError
from covet.http import response_headers
from covet.http.response_headers import (
    MutableHeaders,
    check_header_name,
    check_header_value,
    make_field,
    make_headers,
)

CONTROLS = [chr(code) for code in (*range(0x09), *range(0x0A, 0x20), 0x7F)]


def test_a_value_replaces_those_before() -> None:
    """Assignment leaves one value of the name."""
    headers = MutableHeaders([("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "1")])

    headers["SET-COOKIE"] = "c=3"

    assert headers.multi_items() == [("set-cookie", "c=3"), ("x-a", "1")]


def test_append_keeps_those_before() -> None:
    """As many cookies as you like."""
    headers = MutableHeaders({"X-A": "1"})
    for number in range(3):
        headers.append("Set-Cookie", f"c{number}=1")

    assert headers.get_list("SET-cookie") == ["c0=1", "c1=1", "c2=1"]
    assert headers["set-cookie"] == "c0=1, c1=1, c2=1"
    assert headers.get_list("x-b") == []
    assert len(headers) == 2


def test_deleting_takes_every_value() -> None:
    """Of that name, and of no other."""
    headers = MutableHeaders([("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")])

    del headers["A"]

    assert headers.multi_items() == [("b", "1"), ("b", "2")]
    with pytest.raises(KeyError):
        del headers["a"]


@pytest.mark.parametrize("name", ["", "bad name", "a:b", "a\r\nb", "a\0", "ä", "a\x7f", "(a)", b"a", None, 5])
def test_row_045_a_name_that_is_no_token_is_refused(name: str) -> None:
    """Nothing can be smuggled through a name."""
    headers = MutableHeaders()

    with pytest.raises(ResponseError, match=r"is no header name\.\n  Use letters, digits and any of"):
        headers[name] = "1"
    with pytest.raises(ResponseError, match="is no header name"):
        headers.append(name, "1")

    assert headers.multi_items() == []


@pytest.mark.parametrize("character", [*CONTROLS, "\x80", "\xe9", "\u0100", "\ud800", "\u2028"])
def test_row_045_a_value_that_no_wire_carries_is_refused(character: str) -> None:
    """Also where it is added, and the error keeps what may be a secret to itself."""
    headers = MutableHeaders({"x-a": "1"})
    value = f"secret{character}set-cookie: a=b"

    with pytest.raises(ResponseError) as refused:
        headers["x-a"] = value
    with pytest.raises(ResponseError, match="has a character that no header can carry"):
        headers.append("x-a", value)

    assert "secret" not in str(refused.value)
    assert headers.multi_items() == [("x-a", "1")]


@pytest.mark.parametrize("value", [5, None, b"1", ["1"], True])
def test_a_value_that_is_no_text_is_refused(value: str) -> None:
    """The message names its type."""
    headers = MutableHeaders()

    with pytest.raises(ResponseError, match=rf"^The value of header 'x-a' is {type(value).__name__}, expected str"):
        headers["x-a"] = value

    assert "x-a" not in headers


@pytest.mark.parametrize("value", [" a ", "a ", " a", "\ta\t", "a"])
def test_space_around_a_value_is_dropped(value: str) -> None:
    """It is no part of it (RFC 9110 §5.5)."""
    headers = MutableHeaders()
    headers["x-a"] = value
    headers.append("x-a", value)

    assert headers.get_list("x-a") == ["a", "a"]


@pytest.mark.parametrize("value", ["", "a\tb", "a  b"])
def test_every_value_of_the_rfc_is_carried(value: str) -> None:
    """Tabs among them."""
    assert MutableHeaders({"x-a": value})["X-A"] == value


@pytest.mark.parametrize("name", ["Transfer-Encoding", "transfer-encoding"])
def test_transfer_encoding_is_the_servers(name: str) -> None:
    """Beside the computed length it would let one response be read as two."""
    headers = MutableHeaders()

    for _ in range(2):
        with pytest.raises(ResponseError, match=rf"^{name!r} is set by the server alone\.\n  Leave it out"):
            headers[name] = "chunked"


def test_a_name_is_remembered_only_if_it_is_short() -> None:
    """An application that makes names up fills no memory."""
    from covet.http import response_headers as module

    check_header_name("x-" + "a" * 5_000)
    for number in range(2_000):
        check_header_name(f"x-made-up-{number}")

    assert len(module._KNOWN_NAMES) <= module._MAX_KNOWN_NAMES
    assert max(map(len, module._KNOWN_NAMES)) <= module._MAX_KNOWN_NAME


def test_checking_a_value_returns_it_trimmed() -> None:
    """The function is for those who keep a header elsewhere."""
    assert check_header_value("x-a", " a\t") == "a"


@pytest.mark.parametrize(
    ("present", "added", "expected"),
    [
        (None, "Origin", "Origin"),
        ("Accept", "Origin", "Accept, Origin"),
        ("accept,  ORIGIN", "Origin", "accept,  ORIGIN"),
        ("*", "Origin", "*"),
    ],
)
def test_vary_names_everything_once(present: str | None, added: str, expected: str) -> None:
    """Without case, and not beside `*`."""
    headers = MutableHeaders() if present is None else MutableHeaders({"vary": present})

    headers.add_vary(added)

    assert headers["Vary"] == expected


def test_the_representation_has_no_value() -> None:
    """A cookie would end up in logs."""
    assert repr(MutableHeaders({"Set-Cookie": "sid=secret"})) == "MutableHeaders(set-cookie)"


def test_constant_headers_are_set_at_once() -> None:
    """Those of other headers replace what is there, case or not."""
    headers = MutableHeaders({"X-A": "0", "x-c": "3"})

    headers.update(MutableHeaders({"x-a": "1"}))

    assert dict(headers) == {"x-a": "1", "x-c": "3"}


def test_update_takes_every_value_of_a_name() -> None:
    """Repeated names replace those of the same name, and stay repeated."""
    headers = MutableHeaders([("set-cookie", "old=1"), ("set-cookie", "old=2"), ("x-a", "1")])

    headers.update(MutableHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2")]))

    assert headers.multi_items() == [("x-a", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]


@pytest.mark.parametrize("pairs", [{"x-a": "a\nb"}, [("x-a", "a\nb")]])
def test_update_checks_what_was_not(pairs: dict[str, str]) -> None:
    """A mapping or pairs are checked one by one."""
    with pytest.raises(ResponseError, match="'x-a' has a character that no header can carry"):
        MutableHeaders().update(pairs)


def test_changing_a_copy_leaves_constant_headers_alone() -> None:
    """What is set on one response is never seen by the next."""
    constant = MutableHeaders({"x-a": "1"})
    headers = MutableHeaders()
    headers.update(constant)

    headers["x-a"] = "2"
    headers.append("x-a", "3")

    assert constant.multi_items() == [("x-a", "1")]


def test_pairs_are_encoded() -> None:
    """Each name in lower case, each value as it is."""
    headers = MutableHeaders({"X-A": "cafe"})
    headers["X-B"] = "1"
    headers.append("x-b", "2")

    assert headers.encode() == [(b"x-a", b"cafe"), (b"x-b", b"1"), (b"x-b", b"2")]


def test_headers_begin_with_the_content_type() -> None:
    """A response without a body has none."""
    assert make_headers(None).multi_items() == []
    assert make_headers(make_field("content-type", "text/css"))["Content-Type"] == "text/css"


def test_defaults_are_set_where_nothing_is() -> None:
    """What is there stays, a second value of it too."""
    headers = MutableHeaders([("X-A", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

    headers.set_defaults(MutableHeaders({"X-A": "0", "X-B": "0", "Set-Cookie": "c=3"}))

    assert (headers["x-a"], headers["x-b"], headers.get_list("set-cookie")) == ("1", "0", ["a=1", "b=2"])
    assert (b"x-b", b"0") in headers.encode()


@pytest.mark.parametrize("value", ["v7", "", '"a b"', 'w/"a"', '"a""', "W/"])
def test_entity_tag_that_is_none_is_refused(value: str) -> None:
    """Without its quotation marks no cache could compare it."""
    with pytest.raises(ResponseError) as caught:
        MutableHeaders({"ETag": value})

    assert str(caught.value) == (
        f"{value!r} is no entity tag: caches and clients could not compare it.\n"
        "  It stands in quotation marks, 'W/' before them if it is weak, and has no spaces: '\"v7\"'."
    )


@pytest.mark.parametrize("value", ['"v7"', 'W/"v7"', '""', ' "v7" '])
def test_entity_tag_goes_out(value: str) -> None:
    """Strong or weak."""
    assert MutableHeaders({"etag": value})["etag"] == value.strip()


def test_a_field_replaces_every_value_or_stands_beside_them() -> None:
    """What was checked before is set without another look, and means the same as a text."""
    headers = MutableHeaders([("link", "</a>"), ("link", "</b>"), ("vary", "Accept")])

    headers.set_field(make_field("link", "</c>"))
    headers.append_fields(make_field("link", "</d>"), make_field("x-a", "1"))

    assert headers.multi_items() == [("link", "</c>"), ("vary", "Accept"), ("x-a", "1"), ("link", "</d>")]


def test_vary_of_several_values_becomes_one() -> None:
    """Whoever has appended a value finds it in the list."""
    headers = MutableHeaders([("vary", "Accept"), ("vary", "Cookie")])

    headers.add_vary("Origin")

    assert headers.get_list("vary") == ["Accept, Cookie, Origin"]


def test_a_value_of_vary_is_remembered_only_if_it_is_short() -> None:
    """An application that makes names up does not fill the memory."""
    headers = MutableHeaders({"vary": "x" * 300})
    before = len(response_headers._VARYING)

    headers.add_vary("Accept")

    assert headers["vary"].endswith(", Accept")
    assert len(response_headers._VARYING) == before


def test_a_header_that_is_not_set_is_the_default() -> None:
    """In any spelling of its name."""
    headers = MutableHeaders({"vary": "Accept"})

    assert (headers.get("VARY"), headers.get("etag"), headers.get("etag", "")) == ("Accept", None, "")
