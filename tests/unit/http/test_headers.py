"""
Header fields: what came, and what will be sent.
"""

from collections.abc import Callable

import pytest

from covet.exceptions import ResponseError
from covet.http.headers import Headers, MutableHeaders, check_header_name, check_header_value
from tests.linearity import assert_linear

Pairs = list[tuple[bytes, bytes]]
Make = Callable[[Pairs], Headers]

PLAIN: Pairs = [(b"host", b"example.com"), (b"accept", b"*/*")]
REPEATED: Pairs = [(b"accept", b"text/html"), (b"cookie", b"a=1"), (b"accept", b"*/*"), (b"cookie", b"b=2")]
CONTROLS = [chr(code) for code in (*range(0x09), *range(0x0A, 0x20), 0x7F)]


def by_hand(pairs: Pairs) -> Headers:
    """Make headers as a user does."""
    return Headers([(name.decode().title(), value.decode("latin-1")) for name, value in pairs])


def from_text(pairs: Pairs) -> Headers:
    """Make headers as RSGI brings them."""
    return Headers.from_lowered([(name.decode(), value.decode("latin-1")) for name, value in pairs])


every_make = pytest.mark.parametrize("make", [by_hand, from_text, Headers.from_bytes])


@every_make
def test_names_compare_without_case(make: Make) -> None:
    """It does not matter how they were made, or how they are asked."""
    headers = make(PLAIN)

    assert headers["HOST"] == headers.get("Host") == "example.com"
    assert "hOST" in headers
    assert headers.get_list("HosT") == ["example.com"]
    assert list(headers) == ["host", "accept"]
    assert len(headers) == 2


@every_make
def test_what_did_not_come_is_not_there(make: Make) -> None:
    """A mapping's ways of saying so."""
    headers = make(PLAIN)

    assert headers.get("x-other") is None
    assert headers.get("x-other", "none") == "none"
    assert headers.get_bytes(b"x-other") is None
    assert headers.get_list("x-other") == []
    assert "x-other" not in headers
    assert 5 not in headers  # type: ignore[comparison-overlap]
    with pytest.raises(KeyError, match="X-Other"):
        headers["X-Other"]


@every_make
def test_a_repeated_name_is_joined(make: Make) -> None:
    """With a comma, and Cookie with a semicolon, as HTTP/2 splits it (RFC 9113 §8.2.3)."""
    headers = make(REPEATED)

    assert headers["accept"] == "text/html, */*"
    assert headers.get("Cookie") == "a=1; b=2"
    assert headers.get_bytes(b"cookie") == b"a=1; b=2"
    assert headers.get_list("cookie") == ["a=1", "b=2"]
    assert headers.multi_items() == [
        ("accept", "text/html"), ("accept", "*/*"), ("cookie", "a=1"), ("cookie", "b=2")
    ]  # fmt: skip


@every_make
def test_row_058_underscore_is_no_hyphen(make: Make) -> None:
    """A header with `_` never answers a lookup by `-`."""
    headers = make([(b"x_user", b"admin"), (b"x_forwarded_for", b"1.1.1.1")])

    assert headers.get("x-user") is None
    assert "x-forwarded-for" not in headers
    assert headers["X_User"] == "admin"


@every_make
def test_bytes_beyond_ascii_are_latin_1(make: Make) -> None:
    """No byte is refused or lost."""
    headers = make([(b"x-name", bytes(range(0x20, 0x100)))])

    assert headers["x-name"] == bytes(range(0x20, 0x100)).decode("latin-1")
    assert headers.get_bytes(b"x-name") == bytes(range(0x20, 0x100))
    assert headers.get("x-n\u00e4me") is None


@every_make
@pytest.mark.parametrize(("pairs", "size"), [([], 0), (PLAIN, 24), (REPEATED, 42)])
def test_the_size_counts_names_and_values(make: Make, pairs: Pairs, size: int) -> None:
    """Every pair counts, also of a name that came several times."""
    assert make(pairs).size == size


@every_make
def test_equality_is_by_value(make: Make) -> None:
    """And like a dict they are not hashable."""
    assert make(REPEATED) == by_hand(REPEATED)
    assert make(PLAIN) != by_hand(REPEATED)
    assert make(PLAIN) != {"host": "example.com"}
    with pytest.raises(TypeError, match="unhashable"):
        hash(make(PLAIN))


@every_make
def test_the_representation_has_no_value(make: Make) -> None:
    """Authorization and Cookie would end up in logs."""
    assert repr(make([(b"authorization", b"Bearer secret")])) == "Headers(authorization)"


def test_a_list_that_was_given_is_a_copy() -> None:
    """Who changes it changes no request."""
    headers = Headers.from_bytes(REPEATED)

    headers.get_list("cookie").append("c=3")

    assert headers.get_list("cookie") == ["a=1", "b=2"]


@every_make
def test_row_025_joining_repeated_headers_is_linear(make: Make) -> None:
    """One name, as often as you like."""

    def join(pairs: Pairs) -> str:
        return make(pairs)["x-many"]

    assert join([(b"x-many", b"a")] * 10_000).count("a") == 10_000
    assert_linear(join, lambda size: [(b"x-many", b"a")] * size, size=1_000)


class TestMutableHeaders:
    def test_a_value_replaces_those_before(self) -> None:
        """Assignment leaves one value of the name."""
        headers = MutableHeaders([("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "1")])

        headers["SET-COOKIE"] = "c=3"

        assert headers.multi_items() == [("set-cookie", "c=3"), ("x-a", "1")]

    def test_append_keeps_those_before(self) -> None:
        """As many cookies as you like."""
        headers = MutableHeaders({"X-A": "1"})
        for number in range(3):
            headers.append("Set-Cookie", f"c{number}=1")

        assert headers.get_list("SET-cookie") == ["c0=1", "c1=1", "c2=1"]
        assert headers["set-cookie"] == "c0=1, c1=1, c2=1"
        assert headers.get_list("x-b") == []
        assert len(headers) == 2

    def test_deleting_takes_every_value(self) -> None:
        """Of that name, and of no other."""
        headers = MutableHeaders([("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")])

        del headers["A"]

        assert headers.multi_items() == [("b", "1"), ("b", "2")]
        with pytest.raises(KeyError):
            del headers["a"]

    @pytest.mark.parametrize("name", ["", "bad name", "a:b", "a\r\nb", "a\0", "ä", "a\x7f", "(a)", b"a", None, 5])
    def test_row_045_a_name_that_is_no_token_is_refused(self, name: str) -> None:
        """Nothing can be smuggled through a name."""
        headers = MutableHeaders()

        with pytest.raises(ResponseError, match=r"is no header name\.\n  Use letters, digits and any of"):
            headers[name] = "1"
        with pytest.raises(ResponseError, match="is no header name"):
            headers.append(name, "1")

        assert headers.multi_items() == []

    @pytest.mark.parametrize("character", [*CONTROLS, "\u0100", "\ud800", "\u2028"])
    def test_row_045_a_value_that_no_wire_carries_is_refused(self, character: str) -> None:
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
    def test_a_value_that_is_no_text_is_refused(self, value: str) -> None:
        """The message names its type."""
        headers = MutableHeaders()

        with pytest.raises(ResponseError, match=rf"^The value of header 'x-a' is {type(value).__name__}, expected str"):
            headers["x-a"] = value

        assert "x-a" not in headers

    @pytest.mark.parametrize("value", [" a ", "a ", " a", "\ta\t", "a"])
    def test_space_around_a_value_is_dropped(self, value: str) -> None:
        """It is no part of it (RFC 9110 §5.5)."""
        headers = MutableHeaders()
        headers["x-a"] = value
        headers.append("x-a", value)

        assert headers.get_list("x-a") == ["a", "a"]

    @pytest.mark.parametrize("value", ["", "a\tb", "caf\xe9", "a  b"])
    def test_every_value_of_the_rfc_is_carried(self, value: str) -> None:
        """Tabs and Latin-1 among them."""
        assert MutableHeaders({"x-a": value})["X-A"] == value

    @pytest.mark.parametrize("name", ["Transfer-Encoding", "transfer-encoding"])
    def test_transfer_encoding_is_the_servers(self, name: str) -> None:
        """Beside the computed length it would let one response be read as two."""
        headers = MutableHeaders()

        for _ in range(2):
            with pytest.raises(ResponseError, match=rf"^{name!r} is set by the server alone\.\n  Leave it out"):
                headers[name] = "chunked"

    def test_a_name_is_remembered_only_if_it_is_short(self) -> None:
        """An application that makes names up fills no memory."""
        from covet.http import headers as module

        check_header_name("x-" + "a" * 5_000)
        for number in range(2_000):
            check_header_name(f"x-made-up-{number}")

        assert len(module._KNOWN_NAMES) <= module._MAX_KNOWN_NAMES
        assert max(map(len, module._KNOWN_NAMES)) <= module._MAX_KNOWN_NAME

    def test_checking_a_value_returns_it_trimmed(self) -> None:
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
    def test_vary_names_everything_once(self, present: str | None, added: str, expected: str) -> None:
        """Without case, and not beside `*`."""
        headers = MutableHeaders() if present is None else MutableHeaders({"vary": present})

        headers.add_vary(added)

        assert headers["Vary"] == expected

    def test_the_representation_has_no_value(self) -> None:
        """A cookie would end up in logs."""
        assert repr(MutableHeaders({"Set-Cookie": "sid=secret"})) == "MutableHeaders(set-cookie)"
