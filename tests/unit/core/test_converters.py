"""
The converters take what they say, and nothing that Python would take besides.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.core.converters import (
    ConverterTable,
    DateConverter,
    FloatConverter,
    IntConverter,
    PathConverter,
    StrConverter,
    UUIDConverter,
)
from covet.exceptions import ItemExistsError, RouteError


class Slug:
    """A converter as an application writes one."""

    def __init__(self, regex: str = "[a-z0-9-]+") -> None:
        self.regex = regex

    def convert(self, text: str) -> str:
        return text.upper()

    def to_string(self, value: str) -> str:
        return value.lower()


def takes(name: str, text: str) -> bool:
    """
    Ask a built-in converter about a text.
    """
    return ConverterTable().get(name).fullmatch(text) is not None


@pytest.mark.row(21)
@pytest.mark.parametrize(
    "text", ["", "²", "１２", "٣", "1_0", "+1", "-1", " 1", "1 ", "1\n", "1.0", "0x1", "1e3", "1" * 20, "1" * 100_000]
)
def test_int_takes_ascii_digits_only(text: str) -> None:
    """
    A text that is not 1 to 19 ASCII digits never reaches `int()`.
    """
    assert not takes("int", text)


@pytest.mark.row(21)
@pytest.mark.parametrize(("text", "value"), [("0", 0), ("007", 7), ("9" * 19, 10**19 - 1)])
def test_int_reads_up_to_19_digits(text: str, value: int) -> None:
    """
    1 to 19 digits are a number, leading zeros included.
    """
    assert takes("int", text)
    assert IntConverter().convert(text) == value


@pytest.mark.parametrize("text", ["²", "1_0", "+1", "-1", "1e5", "inf", "nan", "1.", ".5", "1.5\n", "1" * 20, "１.５"])
def test_float_takes_plain_decimals_only(text: str) -> None:
    """
    Signs, exponents, names and other scripts' digits are no float in a path.
    """
    assert not takes("float", text)


@pytest.mark.parametrize(
    "text",
    ["A8098C1A", "{a8098c1a-f86e-11da-bd1a-00112444be1e}", "a8098c1af86e11dabd1a00112444be1e", "urn:uuid:" + "0" * 32],
)
def test_uuid_takes_the_usual_form_only(text: str) -> None:
    """
    The other spellings that `uuid.UUID` reads are no match.
    """
    assert not takes("uuid", text)


@pytest.mark.parametrize("text", ["2026-1-2", "20260102", "2026-13-01", "2026-00-10", "2026-01-32", "２０２６-01-01"])
def test_date_takes_days_only(text: str) -> None:
    """
    What cannot be a day by its digits is no match.
    """
    assert not takes("date", text)


def test_date_refuses_a_day_that_does_not_exist() -> None:
    """
    The thirtieth of February matches, and is refused when it is read.
    """
    with pytest.raises(ValueError, match="day"):
        DateConverter().convert("2026-02-30")


@given(st.integers(0, 10**19 - 1))
def test_int_round_trips(value: int) -> None:
    """
    What `to_string()` writes is taken and read as the same number.
    """
    text = IntConverter().to_string(value)

    assert takes("int", text)
    assert IntConverter().convert(text) == value


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_float_round_trips_or_is_refused(value: float) -> None:
    """
    A float is written so that it reads back as the same number, or not at all.
    """
    try:
        text = FloatConverter().to_string(value)
    except ValueError:
        return

    assert takes("float", text)
    assert FloatConverter().convert(text) == value


@given(st.uuids())
def test_uuid_round_trips(value: UUID) -> None:
    """
    Every UUID is written in a form that is taken.
    """
    text = UUIDConverter().to_string(value)

    assert takes("uuid", text)
    assert UUIDConverter().convert(text) == value


@given(st.dates())
def test_date_round_trips(value: date) -> None:
    """
    Every day is written in a form that is taken.
    """
    text = DateConverter().to_string(value)

    assert takes("date", text)
    assert DateConverter().convert(text) == value


@pytest.mark.parametrize("converter", [StrConverter(), PathConverter()])
def test_texts_stay_as_they_are(converter: StrConverter | PathConverter) -> None:
    """
    `str` and `path` leave the text alone and write anything.
    """
    assert converter.convert("a b") == "a b"
    assert converter.to_string(7) == "7"


@pytest.mark.parametrize("value", [-1, 10**19, True, 1.5, "7"])
def test_int_refuses_to_write_what_it_would_not_take(value: object) -> None:
    """
    Writing says which numbers a path can have.
    """
    with pytest.raises(ValueError, match=r"An int parameter is 0 to 9999999999999999999, got"):
        IntConverter().to_string(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "is a finite number, got nan"),
        (True, "is a finite number, got True"),
        (-1.5, "no sign, got -1.5"),
        (1e300, "at most 19 digits"),
        (5e-324, "at most 19 digits"),
    ],
)
def test_float_refuses_to_write_what_it_would_not_take(value: float, message: str) -> None:
    """
    Writing says which numbers a path can have.
    """
    with pytest.raises(ValueError, match=message):
        FloatConverter().to_string(value)


def test_uuid_refuses_a_text() -> None:
    """
    Only a UUID is written as one.
    """
    with pytest.raises(ValueError, match=r"A uuid parameter is a uuid\.UUID, got 'x'"):
        UUIDConverter().to_string("x")


def test_date_refuses_a_moment() -> None:
    """
    A `datetime` is a `date` to Python, and would lose its time here.
    """
    with pytest.raises(ValueError, match=r"A date parameter is a datetime\.date"):
        DateConverter().to_string(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_table_forgets_nothing_and_tells_nobody() -> None:
    """
    A registered converter is known to its own table only.
    """
    table = ConverterTable()

    table.register("slug", Slug())

    assert list(table) == ["int", "date", "uuid", "float", "str", "path", "slug"]
    assert "slug" not in ConverterTable()


def test_a_converter_comes_after_the_built_in_ones_unless_told_otherwise() -> None:
    """
    Lower priorities go first, ties in order of registration.
    """
    table = ConverterTable()

    table.register("slug", Slug())
    table.register("word", Slug())
    table.register("early", Slug(), priority=5)

    assert sorted(table, key=lambda name: table.get(name).order) == [
        "early", "int", "date", "uuid", "float", "slug", "word", "str", "path",
    ]  # fmt: skip


def test_an_unknown_converter_is_named_with_the_closest_one() -> None:
    """
    The error helps with a typing mistake.
    """
    with pytest.raises(RouteError) as caught:
        ConverterTable().get("itn")

    assert str(caught.value) == (
        "There is no converter 'itn'.\n  Did you mean 'int'? Available: date, float, int, path, str, uuid."
    )


def test_a_name_is_taken_once() -> None:
    """
    Neither a built-in converter nor one's own is replaced in silence.
    """
    with pytest.raises(ItemExistsError, match="There is a converter 'int' already"):
        ConverterTable().register("int", Slug())


@pytest.mark.parametrize(
    ("name", "regex", "message"),
    [
        ("my slug", "a", "must be an identifier, got 'my slug'"),
        ("slug", "(a", "of converter 'slug' is wrong: missing \\)"),
        ("slug", "(?i)a", "of converter 'slug' is wrong: global flags"),
        ("slug", "(a|b)", "has a capturing group.*\n  Write \\(\\?:…\\)"),
        ("slug", "[a-z]*", "matches the empty string.*\n  A parameter is never empty"),
    ],
)
def test_a_converter_that_would_break_a_path_is_refused(name: str, regex: str, message: str) -> None:
    """
    The mistake is said when the converter is registered.
    """
    with pytest.raises(RouteError, match=message):
        ConverterTable().register(name, Slug(regex))


class NoRegex:
    """
    Lacks the pattern.
    """

    def convert(self, text: str) -> str:
        """
        Leave the text as it is.
        """
        return text

    to_string = convert


class NoMethods:
    """
    Lacks both directions.
    """

    regex = "[a-z]+"


@pytest.mark.parametrize("converter", [IntConverter, NoRegex(), NoMethods(), "[a-z]+", None])
def test_what_is_no_converter_is_refused(converter: Any) -> None:
    """
    A class in place of its instance would fail with the first request.
    """
    with pytest.raises(RouteError) as caught:
        ConverterTable().register("slug", converter)

    assert str(caught.value) == (
        f"{converter!r} is no converter, registered as 'slug'.\n"
        "  Register an instance of a class with regex, convert(text) and to_string(value)."
    )
