"""
Tests of values as bytes.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.cache.errors import CacheValueError
from covet.cache.stored_form import read_value, write_value
from covet.serialization import MessagePackSerializer, get_json_serializer

JSON = get_json_serializer()
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@dataclass
class Tea:
    """What JSON writes as an object."""

    name: str = "oolong"


class Contrary:
    """What refuses to be compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]


@given(PLAIN | st.binary())
def test_what_comes_back_is_what_was_put_in(value: Any) -> None:
    """
    Of the same type, too, all the way down.
    """
    back = read_value(JSON, write_value(JSON, value))

    assert repr(back) == repr(value)


@pytest.mark.parametrize("value", [0, "", [], {}, None, False, b"", 0.0], ids=repr)
def test_what_is_empty_is_a_value(value: Any) -> None:
    """
    And stays of its type.
    """
    back = read_value(JSON, write_value(JSON, value))

    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        [(1,)],
        {1: "a"},
        {"a": {2}},
        Tea(),
        [Tea()],
        datetime.now(UTC),
        Decimal("1.5"),
        UUID(int=7),
        [b"bytes"],
        math.nan,
        [math.inf],
        "\ud800",
        object(),
        print,
        10**5000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_would_come_back_otherwise_is_refused(value: Any) -> None:
    """
    When it is put in; the error says what can be.
    """
    with pytest.raises(CacheValueError, match=r"(?s)cannot be kept: .*Store what JSON has words for: None"):
        write_value(JSON, value)


def test_what_contains_itself_is_refused() -> None:
    """
    It has no end.
    """
    value: list[Any] = []
    value.append(value)

    with pytest.raises(CacheValueError, match="cannot be kept"):
        write_value(JSON, value)


def test_what_cannot_be_compared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nobody knows what would come back.
    """
    monkeypatch.setattr(JSON, "_encode", lambda value: b"{}")

    with pytest.raises(CacheValueError, match="A value of type Contrary cannot be kept: it would come back as a dict"):
        write_value(JSON, Contrary())


def test_a_number_is_its_digits() -> None:
    """
    So that backends can add to it; a flag is none.
    """
    assert write_value(JSON, -12) == b"-12"
    assert write_value(JSON, True) == b"strue"
    assert write_value(JSON, 1.0) == b"s1.0"


def test_another_serializer_knows_more() -> None:
    """
    MessagePack has bytes inside of lists; its name is in the error.
    """
    packer = MessagePackSerializer()

    assert read_value(packer, write_value(packer, {"raw": [b"\x00"]})) == {"raw": [b"\x00"]}
    with pytest.raises(CacheValueError, match="what application/msgpack has words for"):
        write_value(packer, (1,))


@pytest.mark.parametrize(
    "stored", [b"", b"x", b"s{", b"-", b"1e5", b"1" * 5000, b"cos\nsystem\n(S'true'\ntR.", b"\x80\x04"]
)
def test_what_somebody_else_has_written_is_refused(stored: bytes) -> None:
    """
    And runs nothing.
    """
    with pytest.raises(CacheValueError, match="What is kept"):
        read_value(JSON, stored)


class Cup(IntEnum):
    """A member is a number, and would be nothing else afterwards."""

    BIG = 2


@pytest.mark.parametrize("value", [Cup.BIG, OrderedDict(a=1), [Cup.BIG], {"cup": Cup.BIG}])
def test_what_is_equal_but_of_another_type_is_refused(value: object) -> None:
    """
    A text that is safe in HTML would be escaped when it comes back.
    """
    with pytest.raises(CacheValueError, match=r"it would come back as a|something in it would come back"):
        write_value(get_json_serializer(), value)
