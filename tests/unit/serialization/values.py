"""
Values of every supported type, for the tests of both JSON engines.
"""

# ruff: noqa: DTZ001 - moments without a zone are among the values

import uuid
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, EnumMeta, Flag, IntEnum, IntFlag, StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Self, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pydantic


class Level(IntEnum):
    LOW = 1


class Color(Enum):
    RED = "red"
    TWO = 2
    HALF = 0.5
    NONE = None
    RAW = b"x"
    DAY = date(2026, 1, 2)
    PAIR = (1, "a")


class Right(Flag):
    READ = 1
    WRITE = 2


class Bit(IntFlag):
    ONE = 1
    TWO = 2


class Word(StrEnum):
    YES = "yes"


class Labelled(str, Enum):  # noqa: UP042 - the kind that is meant
    """An enumeration whose value is not the text it is."""

    A = ("x", "label")

    def __new__(cls, text: str, label: str) -> Self:
        member = str.__new__(cls, text)
        member._value_ = label
        return member


class OwnMeta(EnumMeta):
    pass


class Own(Enum, metaclass=OwnMeta):
    A = "a"


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Real(float):
    pass


class Raw(bytes):
    pass


class Items(list[object]):
    pass


class Table(dict[str, object]):
    pass


class Bag(set[object]):
    pass


class Moment(datetime):
    pass


class Day(date):
    pass


class Hour(time):
    pass


class Span(timedelta):
    pass


class Amount(Decimal):
    pass


class Id(UUID):
    pass


class Pair(NamedTuple):
    number: int
    text: str


class Movie(TypedDict):
    title: str


# No repr: one instance lacks a member.
@dataclass(repr=False)
class Point:
    x: int
    y: object = None
    _private: int = 3
    kind: ClassVar[str] = "point"
    start: InitVar[int] = 4
    made: int = field(default_factory=int, init=False)


class Point3(Point):
    """A subclass that is not decorated."""


@dataclass(slots=True, frozen=True)
class Slotted:
    x: int
    y: object = None


@attrs.define
class Book:
    title: str
    _secret: int = 2


class Novel(Book):
    """A subclass that is not decorated."""


@attrs.define(slots=False)
class Page:
    number: int


@attrs.define
class Chapter(Book):
    """Members out of alphabetical order, below others in a base class."""

    words: int = 3
    pages: int = 4


@attrs.define(slots=False)
class Appendix(Page):
    """Members in a dictionary, which may hold more than the class declares."""

    letter: str = "b"
    author: str = "c"


@attrs.define(slots=False)
class Note(Book):
    """Members in a dictionary and in slots."""

    page: int = 1
    line: int = 2


def add_attribute(model: object) -> object:
    """Let an instance hold what its class does not declare."""
    model.added = 1  # type: ignore[attr-defined]
    return model


class Item(msgspec.Struct):
    number: int
    text: str = msgspec.field(name="label", default="q")


class Tagged(msgspec.Struct, tag=True, omit_defaults=True, rename="camel"):
    first_name: str = "ann"
    last_name: object = msgspec.UNSET
    tags: list[str] = msgspec.field(default_factory=list)
    extra: object = None


class Row(msgspec.Struct, array_like=True, tag="row"):
    number: int
    text: str


class User(pydantic.BaseModel):
    name: str
    born: datetime
    raw: bytes = b"x"
    age: int = pydantic.Field(default=1, alias="years")


class Numbers(pydantic.RootModel[list[int]]):
    pass


@pydantic.dataclasses.dataclass
class Checked:
    x: int


def slotless() -> Point:
    """Make a point that has lost a member."""
    point = Point(1)
    del point.x
    return point


HALF_PAST_FIVE = timezone(timedelta(hours=5, minutes=30))

# Any: that is the point.
VALUES: list[Any] = [
    *[
        None,
        True,
        False,
        0,
        -1,
        2**63,
        2**64,
        -(2**63) - 1,
        10**30,
        "",
        "é",
        '\u2028\x7f\x00\x1f/<>&"\\\b\f\n\r\t',
        "😀",
    ],
    *[0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1.5e17, 1e22, 1e-4, 1e-5, -1e-5, 1.25e-5, 1e-6, 1e-7, 5e-324, 1.7e308],
    *[float("nan"), float("inf"), float("-inf")],
    *[b"", b"abc", bytearray(b"\xff\xfe"), memoryview(b"abc"), memoryview(b"abcdef")[::2]],
    *[[], [[]], (), (1,), {}, {"a": {}}, set(), {1}, frozenset({"a"}), deque([1, 2]), range(3), UserList([1])],
    *[OrderedDict(a=1), defaultdict(int, a=1), Counter("aab"), UserDict(a=1), ChainMap({"a": 1})],
    *[MappingProxyType({"a": 1}), {"a": 1}.keys(), {"a": 1}.items()],
    *[Level.LOW, *Color, Right.READ, Right.READ | Right.WRITE, Bit.ONE | Bit.TWO, Word.YES, Labelled.A, Own.A],
    *[Text("x"), Number(3), Real(1e16), Real("nan"), Raw(b"x"), Items([1]), Table(a=1), Bag({1})],
    *[Moment(2026, 1, 2, tzinfo=UTC), Day(2026, 1, 2), Hour(1, 2), Span(days=1), Amount("1.50"), Id(int=5)],
    *[datetime(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, 6, UTC), datetime(2026, 1, 2, tzinfo=HALF_PAST_FIVE)],
    *[datetime(2026, 1, 2, tzinfo=timezone(-timedelta(hours=8))), datetime(2026, 7, 2, tzinfo=ZoneInfo("UTC"))],
    *[datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(2026, 1, 2, 3, 4, 5, 400000)],
    *[datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5, seconds=seconds))) for seconds in (1, 30, 31, 59)],
    *[date(2026, 1, 2), time(1, 2, 3), time(1, 2, 3, 4), time(1, tzinfo=UTC), time(1, tzinfo=HALF_PAST_FIVE)],
    *[timedelta(0), timedelta(days=1), timedelta(hours=25), timedelta(milliseconds=-1500), timedelta(microseconds=-1)],
    *[timedelta.max, timedelta.min, timedelta(days=-2, seconds=1), timedelta(microseconds=100)],
    *[Decimal("1.50"), Decimal("1E+10"), Decimal("NaN"), Decimal("-Infinity"), UUID(int=5), uuid.NAMESPACE_DNS],
    *[Path("/a/b"), PurePosixPath("a"), PureWindowsPath("c:\\a")],
    *[
        Pair(1, "x"),
        Movie(title="M"),
        Point(1, y=(2,)),
        Point3(1),
        slotless(),
        Slotted(1, y={2}),
        Point(1, msgspec.UNSET),
    ],
    *[Chapter("C"), Appendix(8), Note("N"), add_attribute(Appendix(9)), add_attribute(Novel("O"))],
    *[Book("B"), Novel("N"), Page(7), Item(1), Item(2, "z"), Tagged(), Tagged("bob", "b", ["x"], {}), Row(1, "x")],
    *[User(name="u", born=datetime(2026, 1, 2, tzinfo=UTC)), Numbers([1, 2]), Checked(1), msgspec.Raw(b'{"raw":1}')],
]

KEYS: list[Any] = [
    *["a", "", "é", Text("t"), 1, -(10**30), Number(3), 1.5, 1e16, 1e-7, float("nan"), float("-inf"), Real(2.5)],
    *[True, False, None, b"abc", Raw(b"x"), UUID(int=5), Id(int=5), Decimal("1.5"), Amount("2"), Path("a")],
    *[Level.LOW, Color.RED, Color.TWO, Color.HALF, Color.NONE, Color.RAW, Color.DAY, Right.READ, Bit.ONE, Word.YES],
    *[Labelled.A, Own.A, date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), time(1), timedelta(days=1)],
    *[Moment(2026, 1, 2), Day(2026, 1, 2), Hour(1), Span(days=1)],
]
