"""
The forms of supported types, and the errors of those without one.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import ConfigurationError
from covet.serialization import SerializationError
from covet.serialization.builtin_forms import Forms, bytes_text, datetime_text, time_text, timedelta_text
from tests.unit.serialization.values import Color, Novel


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (timedelta(0), "Z"),
        (timedelta(hours=1), "+01:00"),
        (-timedelta(hours=3, minutes=30), "-03:30"),
        (timedelta(seconds=30), "Z"),
        (timedelta(seconds=31), "+00:01"),
        (-timedelta(seconds=31), "-00:01"),
        (timedelta(hours=23, minutes=59, seconds=59), "+23:59"),
    ],
)
def test_an_offset_has_hours_and_minutes(offset: timedelta, text: str) -> None:
    """RFC 3339 has no seconds in an offset and no 24th hour."""
    assert datetime_text(datetime(2026, 1, 2, tzinfo=timezone(offset))) == f"2026-01-02T00:00:00{text}"
    assert time_text(time(1, tzinfo=timezone(offset))) == f"01:00:00{text}"


def test_without_a_zone_there_is_no_offset() -> None:
    """A naive moment stays naive."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC).replace(tzinfo=None)

    assert datetime_text(moment) == "2026-01-02T03:04:05.000600"
    assert time_text(time(1, 2)) == "01:02:00"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_can_be_read_back(moment: datetime) -> None:
    """The form says the moment to the microsecond."""
    assert datetime.fromisoformat(datetime_text(moment)) == moment


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(0), "P0D"),
        (timedelta(days=2), "P2D"),
        (timedelta(days=2, seconds=3), "P2DT3S"),
        (timedelta(seconds=3600), "PT3600S"),
        (timedelta(microseconds=10), "PT0.00001S"),
        (-timedelta(days=1, microseconds=1), "-P1DT0.000001S"),
    ],
)
def test_a_duration_has_days_and_seconds(value: timedelta, text: str) -> None:
    """Months, hours and minutes do not occur; the sign stands first."""
    assert timedelta_text(value) == text


def test_bytes_are_base64() -> None:
    """The alphabet is the standard one, with padding."""
    assert bytes_text(b"\xfb\xff\xfe\x00") == "+//+AA=="


@pytest.mark.parametrize(
    ("value", "form"), [(Color.PAIR, (1, "a")), ({1}, [1]), (b"a", "YQ=="), (Novel("N"), {"title": "N"})]
)
def test_simplify_takes_one_step(value: object, form: object) -> None:
    """A form may need another step of its own."""
    assert Forms().simplify(value) == form


def test_the_error_names_the_language() -> None:
    """The way out names the serializer of the format that was asked for."""
    with pytest.raises(SerializationError) as caught:
        Forms(language="MessagePack").extend(1j)

    assert str(caught.value) == (
        "complex has no form in MessagePack.\n"
        "  Return a dict or a model instead, or register a serializer with an encoder for it: "
        "MessagePackSerializer(encoders={complex: function})."
    )


def test_a_fixed_form_says_what_to_do() -> None:
    """An encoder for a type whose form is fixed is refused with the alternative."""
    with pytest.raises(ConfigurationError) as caught:
        Forms({datetime: str})

    assert str(caught.value) == (
        "The form of datetime.datetime is fixed: an encoder for it would never be called.\n"
        "  Encoders are for types that JSON does not know; convert the value before it is returned."
    )


def test_an_undecorated_subclass_may_have_an_encoder() -> None:
    """Where msgspec does not read a class by itself, an encoder is called."""
    assert Forms({Novel: lambda novel: novel.title}).simplify(Novel("N")) == {"title": "N"}


def test_encoders_are_copied() -> None:
    """Changing the caller's dict later changes nothing."""
    encoders: dict[type, Any] = {complex: str}
    forms = Forms(encoders)

    encoders.clear()

    assert forms.extend(1j) == "1j"
    with pytest.raises(ConfigurationError, match=re.escape("must be classes, got 7.")):
        Forms({7: str})  # type: ignore[dict-item]


def test_a_type_may_say_its_own_form() -> None:
    """What the framework's own types are in JSON is written there: a secret is a mask."""

    class Masked:
        def __json_form__(self) -> str:
            return "***"

    assert Forms().simplify({"key": Masked()}["key"]) == "***"
