"""
Values of every type, from texts and from builtins.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config import ByteSize, Duration, Environment, Secret
from covet.config.parsers import build_record, compile_parser, holds_secret, to_builtins
from covet.exceptions import ConfigurationError
from covet.validation import Constraints
from covet.validation.failures import Failed


class Color(Enum):
    """An enumeration whose names and values differ."""

    RED = "#f00"
    BLUE = 2


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A record within a collection."""

    host: str
    port: int = 80
    tags: list[str] = field(default_factory=list)


def problems_of(annotation: Any, value: object) -> list[tuple[str, str]]:
    """Parse what is wrong; returns the places and the messages."""
    failed = compile_parser(annotation)(value)
    assert isinstance(failed, Failed)
    return [(item.pointer, item.message) for problem in failed.problems for item in [problem.make_item("", "")]]


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (bool, "Yes", True),
        (bool, " off ", False),
        (int, " 8000 ", 8000),
        (float, "1.5", 1.5),
        (str, " as it is ", " as it is "),
        (str | None, "", None),
        (int | None, "", None),
        (int | None, "7", 7),
        (int | str, "7", 7),
        (int | str, "x", "x"),
        (Path, "/srv/shop", Path("/srv/shop")),
        (Decimal, "1.10", Decimal("1.10")),
        (date, "2026-01-31", date(2026, 1, 31)),
        (UUID, "00000000-0000-0000-0000-000000000001", UUID(int=1)),
        (Literal["a", 1], "1", 1),
        (Literal["debug", "info"], " DEBUG", "debug"),
        (Literal["Fast", "fast"], "fast", "fast"),
        (Literal["Fast"] | None, "fast", "Fast"),
        (Color, "#f00", Color.RED),
        (Color, "blue", Color.BLUE),
        (Color, "2", Color.BLUE),
        (Environment, "prod", Environment.PRODUCTION),
        (Secret, "key", Secret("key")),
        (Secret | None, "", None),
        (Duration, "5m", 300.0),
        (Duration, "PT1M", 60.0),
        (Duration | None, "1s", 1.0),
        (timedelta, "1h30m", timedelta(minutes=90)),
        (timedelta, "P1D", timedelta(days=1)),
        (ByteSize, "10MiB", 10_485_760),
        (list[str], "a, b,", ["a", "b"]),
        (list[str], '["a,b", "c"]', ["a,b", "c"]),
        (list[str], "", []),
        (tuple[int, ...], "1,2", (1, 2)),
        (tuple[int, str], "1,b", (1, "b")),
        (set[int], "1,2,1", {1, 2}),
        (frozenset[Color], "red,blue", frozenset(Color)),
        (list[Duration], "1s,1m", [1.0, 60.0]),
        (list[int] | None, "1", [1]),
        (list, "a,b", ["a", "b"]),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (dict[str, Secret], '{"a": "k"}', {"a": Secret("k")}),
        (dict[str, ByteSize], '{"a": "1k"}', {"a": 1024}),
        (Peer, '{"host": "a", "port": "81"}', Peer(host="a", port=81)),
        (list[Peer], '[{"host": "a", "tags": "x,y"}]', [Peer(host="a", tags=["x", "y"])]),
        (Annotated[int, Constraints(ge=1)], "1", 1),
        (Annotated[Duration, Constraints(ge=1)], "1s", 1.0),
        (Annotated[list[str], Constraints(min_length=1)], "a", ["a"]),
        (Annotated[int, Constraints(ge=1)] | None, "1", 1),
        (int | Duration, "1m", 60.0),
    ],
)
def test_texts_are_read(annotation: Any, text: str, value: object) -> None:
    """A text becomes what its type says."""
    found = compile_parser(annotation)(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (bool, True, True),
        (float, 1, 1.0),
        (Path, Path("a"), Path("a")),
        (UUID, UUID(int=1), UUID(int=1)),
        (date, date(2026, 1, 31), date(2026, 1, 31)),
        (bytes, b"tea", b"tea"),
        (Color, Color.RED, Color.RED),
        (Environment, Environment.TESTING, Environment.TESTING),
        (Secret, Secret("k"), Secret("k")),
        (Duration, 5, 5.0),
        (Duration, timedelta(minutes=1), 60.0),
        (timedelta, timedelta(minutes=1), timedelta(minutes=1)),
        (timedelta, 1.5, timedelta(seconds=1.5)),
        (ByteSize, 5, 5),
        (tuple[str, ...], ["a"], ("a",)),
        (list[str], ("a",), ["a"]),
        (set[str], frozenset("a"), {"a"}),
        (dict[str, list[int]], {"a": ["1", 2]}, {"a": [1, 2]}),
        (Peer, Peer(host="a"), Peer(host="a")),
        (int | None, None, None),
        (Any, {"a": [1]}, {"a": [1]}),
    ],
)
def test_builtins_and_objects_are_taken(annotation: Any, given: object, value: object) -> None:
    """What files and Python code give is read as well, and what was read once is read again."""
    found = compile_parser(annotation)(given)

    assert found == value
    assert type(found) is type(value)
    assert compile_parser(annotation)(found) == found


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (bool, "maybe", "must be true or false"),
        (int, "1.5", "must be an integer"),
        (int, True, "must be an integer"),
        (int, "", "must be an integer"),
        (int, None, "must be an integer"),
        (str, 5, "must be a string"),
        (Secret, 5, "must be a text"),
        (Duration, "soon", "must be a duration such as 30s, 5m or 1h30m, or a number of seconds"),
        (Duration, True, "must be a duration such as 30s, 5m or 1h30m, or a number of seconds"),
        (Duration, float("nan"), "must be a duration such as 30s, 5m or 1h30m, or a number of seconds"),
        (timedelta, "1e300", "must be a duration such as 30s, 5m or 1h30m, or a number of seconds"),
        (ByteSize, "much", "must be a size such as 512KiB or 10MB, or a number of bytes"),
        (ByteSize, 1.5, "must be a size such as 512KiB or 10MB, or a number of bytes"),
        (list[str], 5, 'must be a list: a,b or ["a", "b"]'),
        (list[str], "[", 'must be a list: a,b or ["a", "b"]'),
        (list[str], "1,,2", "has nothing between two commas; write a,b"),
        (list[str], ",,", "has nothing between two commas; write a,b"),
        (list[dict[str, int]], '[{"a": 1, "a": 2}]', "has the key 'a' twice in one table"),
        (dict[str, int], '{"a": 1, "a": 2}', "has the key 'a' twice in one table"),
        (Peer, '{"host": "a", "host": "b"}', "has the key 'host' twice in one table"),
        (Literal["Fast", "fast"], "FAST", "must be one of: 'Fast', 'fast'"),
        (tuple[int, int], "1", "must be a list of 2 items"),
        (dict[str, int], "a=1", "must be a table of names and values; as text, JSON"),
        (Peer, "a", "must be a table; as text, JSON"),
        (Annotated[int, Constraints(ge=1)], "0", "must be at least 1"),
        (Annotated[Duration, Constraints(gt=0)], "0s", "must be greater than 0"),
        (Annotated[ByteSize, Constraints(le=1024)], "1MB", "must be at most 1024"),
        (Annotated[list[str], Constraints(min_length=1)], "", "must have at least 1 item"),
    ],
)
def test_wrong_values_say_what_was_expected(annotation: Any, value: object, message: str) -> None:
    """The message is about the type, and never repeats the value."""
    assert problems_of(annotation, value) == [("", message)]


def test_an_enumeration_lists_its_values() -> None:
    """What may be written is in the message."""
    ((_, message),) = problems_of(Environment, "moon")

    assert "'development'" in message
    assert "'production'" in message


@pytest.mark.parametrize(
    ("annotation", "value", "problems"),
    [
        (list[int], "1,x,y", [("/1", "must be an integer"), ("/2", "must be an integer")]),
        (dict[str, int], {"a": "x"}, [("/a", "must be an integer")]),
        (dict[int, str], {"x": "y"}, [("/x", "must be an integer")]),
        (
            list[Peer],
            [{"hst": 1, "port": "x"}],
            [
                ("/0", "has no setting 'hst'. Did you mean 'host'? Available: host, port, tags"),
                ("/0/port", "must be an integer"),
                ("/0/host", "is missing"),
            ],
        ),
    ],
)
def test_every_part_that_is_wrong_is_told(annotation: Any, value: object, problems: list[tuple[str, str]]) -> None:
    """Parts have their places, and none hides another."""
    assert problems_of(annotation, value) == problems


def test_a_type_that_nothing_can_spell_is_refused() -> None:
    """It is an error when the class is read, not when a value comes."""
    with pytest.raises(ConfigurationError, match="Values of type type cannot be validated"):
        compile_parser(type)


def test_types_with_secrets_are_known() -> None:
    """A secret is one within a collection or a union as well."""
    assert all(map(holds_secret, [Secret, Secret | None, list[Secret], dict[str, Secret | None]]))
    assert not any(map(holds_secret, [str, list[str], tuple[int, ...]]))


def test_what_a_record_checks_itself_is_a_problem() -> None:
    """The errors of `__post_init__` join the others, whatever their kind."""

    @dataclass
    class Strict:
        value: int

        def __post_init__(self) -> None:
            if self.value == 1:
                raise ValueError("1 is odd.")
            raise ConfigurationError("It is even.", hint="no")

    failures = [build_record(Strict, {"value": value}) for value in (1, 2)]

    assert [failure.problems[0].message for failure in failures if isinstance(failure, Failed)] == [
        "is wrong: 1 is odd",
        "is wrong: It is even",
    ]


def test_builtins_are_made_of_what_files_hold() -> None:
    """TOML has times, Python has everything."""
    value = {"d": date(2026, 1, 31), "p": [Path("a"), Decimal("1.0"), Color.BLUE], "b": b"tea"}

    assert to_builtins(value) == {"d": "2026-01-31", "p": ["a", "1.0", 2], "b": "dGVh"}


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    "annotation",
    [
        bool,
        int,
        str,
        Path,
        Color,
        Secret,
        Duration,
        timedelta,
        ByteSize,
        list[int],
        dict[str, Duration],
        Peer,
        Peer | None,
    ],
)
@given(value=_JUNK)
def test_anything_is_read_or_refused(annotation: Any, value: object) -> None:
    """No input raises, and what is read once is read again to the same."""
    parse = compile_parser(annotation)

    found = parse(value)

    assert isinstance(found, Failed) or parse(found) == found
