"""
Tests of what columns can hold: a client that sends something else gets a 422 that names the field, on each database.
"""

import enum
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from covet import CovetPy
from covet.database.orm import DTO, Model, OffsetQuery, OrmPlugin, PageAnswer, Repository, UTCDateTime
from covet.database.orm.column_bounds import ColumnValues, bound_by_column
from covet.http.request import Request
from covet.parameters import Query
from covet.testing import TestClient
from covet.validation import Constraints

PLAIN = datetime(2026, 1, 1)  # noqa: DTZ001 - a moment of no zone
Id = NewType("Id", int)


class Base(Model):
    """Keep this table apart from those of other tests."""

    __abstract__ = True
    metadata = MetaData()


class Thing(Base):
    """Have what databases disagree on."""

    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str | None] = mapped_column(Text)
    moment: Mapped[datetime | None]
    plain: Mapped[datetime | None] = mapped_column(DateTime)
    day: Mapped[date | None]
    hour: Mapped[time | None]
    pause: Mapped[timedelta | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    small: Mapped[int | None] = mapped_column(SmallInteger)
    middle: Mapped[int | None] = mapped_column(Integer)
    large: Mapped[int | None]
    single: Mapped[float | None] = mapped_column(Float)
    data: Mapped[bytes | None] = mapped_column(LargeBinary(4))
    word: Mapped[str | None] = mapped_column(Enum("up", "down", native_enum=False))


class ThingIn(DTO[Thing], exclude={"id"}, partial=True):
    """Be whatever a client sends."""


class ThingOut(DTO[Thing]):
    """Be what it gets."""


class ThingQuery(OffsetQuery[Thing]):
    """Compare it all."""

    name: str | None = None
    name__contains: str | None = None
    name__in: list[str] | None = None
    text__contains: str | None = None
    moment__ge: datetime | None = None
    moment__in: list[datetime] | None = None
    plain__ge: datetime | None = None
    hour__ge: time | None = None
    price__lt: Decimal | None = None
    small: int | None = None
    middle__in: list[int] | None = None
    large__ge: int | None = None


@pytest.fixture
async def client(url: str) -> AsyncIterator[TestClient]:
    """Serve the table."""
    app = CovetPy(plugins=[OrmPlugin(url=url, create_all=Base.metadata)])

    @app.post("/things", status_code=201)
    async def add(body: ThingIn, things: Repository[Thing], session: AsyncSession) -> ThingOut:
        thing = await things.create(body)
        await session.commit()
        await session.refresh(thing)
        return ThingOut.of(thing)

    @app.get("/things")
    async def find(
        request: Request, query: Annotated[ThingQuery, Query()], things: Repository[Thing]
    ) -> PageAnswer[ThingOut]:
        return (await things.list(query)).map(ThingOut.of).answer(request)

    @app.get("/things/{ident}")
    async def show(ident: str, things: Repository[Thing]) -> ThingOut:
        return ThingOut.of(await things.get_by_id(ident))

    @app.post("/found")
    async def look(request: Request, things: Repository[Thing]) -> int:
        return await things.count(await request.json())

    async with TestClient(app) as client:
        yield client
        async with app.container.scope() as scope:
            session = await scope.resolve(AsyncSession)
            await (await session.connection()).run_sync(Base.metadata.drop_all)
            await session.commit()


# Each is the first that does not fit, on one side or on both.
REFUSED: list[tuple[str, Any]] = [
    ("name", "a" * 21),
    ("name", "a\0"),
    ("text", "\0"),
    ("moment", "2026-01-01T00:00:00"),
    ("moment", "0001-01-01T00:00:00+00:01"),
    ("moment", "9999-12-31T23:59:59-00:01"),
    ("plain", "2026-01-01T00:00:00Z"),
    ("day", "0000-01-01"),
    ("hour", "12:30:00Z"),
    ("pause", "P999999999D"),
    ("pause", "-P999999999D"),
    ("price", "10000"),
    ("price", -10000),
    ("price", "1.001"),
    ("price", 1e300),
    ("price", "1e999999999"),
    ("small", 2**15),
    ("small", -(2**15) - 1),
    ("middle", 2**31),
    ("middle", -(2**31) - 1),
    ("large", 2**63),
    ("large", -(2**63) - 1),
    ("large", 10**4000),
    ("single", 3.5e38),
    ("data", "AAAAAAA="),
    ("word", "sideways"),
]

TAKEN: dict[str, list[Any]] = {
    "name": ["a" * 20, "\U0001f600" * 20, "a\n", ""],
    "moment": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
    "plain": ["0001-01-01T00:00:00", "9999-12-31T23:59:59"],
    "day": ["0001-01-01", "9999-12-31"],
    "hour": ["00:00:00", "23:59:59.999999"],
    "pause": ["P2932896D", "-P719162D"],
    "price": ["9999.99", "-9999.99", "0.01"],
    "small": [2**15 - 1, -(2**15)],
    "middle": [2**31 - 1, -(2**31)],
    "large": [2**63 - 1, -(2**63)],
    "data": ["AAAAAA=="],
    "word": ["up"],
}


async def test_bodies_that_do_not_fit_are_refused(client: TestClient) -> None:
    """The answer names the field, and nothing is kept."""
    seen = []
    for field, value in REFUSED:
        answer = await client.post("/things", json={field: value})
        errors = answer.json().get("errors", [])
        seen.append((field, value, answer.status_code, {error["pointer"] for error in errors}))

    assert seen == [(field, value, 422, {f"/{field}"}) for field, value in REFUSED]
    assert (await client.get("/things")).json()["total"] == 0


async def test_bodies_that_just_fit_are_kept_as_they_are(client: TestClient) -> None:
    """Not rounded, not cut."""
    for field, values in TAKEN.items():
        for value in values:
            answer = await client.post("/things", json={field: value})

            assert (answer.status_code, field, answer.json().get(field)) == (201, field, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "a\0"),
        ("name__contains", "\0"),
        ("name__in", "\0"),
        ("text__contains", "\0"),
        ("moment__ge", "2026-01-01T00:00:00"),
        ("moment__ge", "0001-01-01T00:00:00+14:00"),
        ("moment__in", "2026-01-01T00:00:00"),
        ("plain__ge", "2026-01-01T00:00:00Z"),
        ("hour__ge", "12:00:00Z"),
        ("price__lt", "1.999"),
        ("price__lt", "1e99"),
        ("small", "32768"),
        ("middle__in", "2147483648"),
        ("large__ge", "9223372036854775808"),
    ],
)
async def test_filters_that_do_not_fit_are_refused(client: TestClient, name: str, value: str) -> None:
    """A NUL would end the pattern on SQLite, and match every row."""
    await client.post("/things", json={"name": "a"})

    answer = await client.get("/things", params={name: value})

    assert answer.status_code == 422
    assert [error["pointer"].split("/")[1] for error in answer.json()["errors"]] == [name]


async def test_filters_that_fit_are_asked(client: TestClient) -> None:
    """At their limits, too."""
    await client.post("/things", json={"name": "a", "price": "1.99", "small": 7, "moment": "2026-01-01T00:00:00Z"})

    for query in ("name__in=a", "price__lt=9999.99", "small=7", "moment__ge=0001-01-01T00:00:00Z"):
        assert (await client.get(f"/things?{query}")).json()["total"] == 1


async def test_keys_of_another_kind_find_nothing(client: TestClient) -> None:
    """What MySQL takes for the number 1 least of all."""
    await client.post("/things", json={"name": "a"})

    for ident in ("1", "1 OR 1=1", "a\0", "9" * 30):
        assert (await client.get("/things/" + ident.replace("\0", "%00"))).status_code == 404


@pytest.mark.parametrize(
    ("condition", "status", "found"),
    [
        ({"name": "a"}, 200, 1),
        ({"name": 0}, 422, None),
        ({"id": "1 OR 1=1"}, 422, None),
        ({"id": True}, 422, None),
        ({"name": {"$gt": ""}}, 422, None),
        ({"name": "a\0"}, 200, 0),
        ({"id": 2**70}, 200, 0),
    ],
)
@pytest.mark.row(96)
async def test_conditions_of_a_client_are_no_more_than_they_say(
    client: TestClient, condition: dict[str, Any], status: int, found: int | None
) -> None:
    """Even where an application hands them on as they came."""
    await client.post("/things", json={"name": "a"})

    answer = await client.post("/found", json=condition)

    assert (answer.status_code, answer.json() if found is not None else None) == (status, found)


# ── Types ────────────────────────────────────────────────────────────────────


class Shade(enum.Enum):
    """Have values of its own."""

    DARK = "dark"


class Number(enum.IntEnum):
    """Be kept as a number."""

    ONE = 1


class Shouted(TypeDecorator[str]):
    """Be a type of somebody's own, whose values nobody else knows."""

    impl = String(5)
    cache_ok = True


@pytest.mark.parametrize(
    ("annotation", "kind", "expected"),
    [
        (int, SmallInteger(), Annotated[int, Constraints(ge=-32768, le=32767)]),
        (Id, Integer(), Annotated[Id, Constraints(ge=-(2**31), le=2**31 - 1)]),
        (int, mysql.TINYINT(unsigned=True), Annotated[int, Constraints(ge=0, le=255)]),
        (int, mysql.MEDIUMINT(), Annotated[int, Constraints(ge=-(2**23), le=2**23 - 1)]),
        (
            Annotated[int, Constraints(ge=1)],
            SmallInteger(),
            Annotated[int, Constraints(ge=1), Constraints(le=32767)],
        ),
        (Annotated[int, Constraints(gt=0, lt=9)], Integer(), Annotated[int, Constraints(gt=0, lt=9)]),
        (
            Annotated[int, Constraints(le=10**12)],
            Integer(),
            Annotated[int, Constraints(le=10**12), Constraints(ge=-(2**31), le=2**31 - 1)],
        ),
        (
            Annotated[str, Constraints(max_length=9)],
            String(20),
            Annotated[str, Constraints(max_length=9), Constraints(without="\0")],
        ),
        (str, Text(), Annotated[str, Constraints(without="\0")]),
        (str | None, Enum("a", "b"), Literal["a", "b"] | None),
        (str, Enum("a", "b"), Literal["a", "b"]),
        (Shade, Enum(Shade), Shade),
        (int | str, Enum("a"), int | str),
        (Decimal, Numeric(4), Annotated[Decimal, Constraints(gt=-(10**4), lt=10**4, multiple_of=Decimal(1))]),
        (int, Numeric(4, 2), Annotated[int, Constraints(gt=-100, lt=100)]),
        (
            Decimal,
            Numeric(2, 4),
            Annotated[Decimal, Constraints(gt=Decimal("-0.01"), lt=Decimal("0.01"), multiple_of=Decimal("0.0001"))],
        ),
        (float, Numeric(), float),
        (float, Double(), float),
        (float, Float(53), float),
        (datetime, DateTime(), Annotated[datetime, Constraints(tz=False)]),
        (
            Annotated[datetime, Constraints(ge=PLAIN)],
            DateTime(timezone=True),
            Annotated[
                datetime,
                Constraints(ge=PLAIN),
                Constraints(ge=datetime.min.replace(tzinfo=UTC), le=datetime.max.replace(tzinfo=UTC), tz=True),
            ],
        ),
        (time, Time(timezone=True), Annotated[time, Constraints(tz=True)]),
        (bytes, LargeBinary(), bytes),
        (bool, Boolean(), bool),
        (str, Shouted(), str),
        (complex, Integer(), complex),
    ],
)
def test_types_are_as_strict_as_their_columns(annotation: Any, kind: Any, expected: Any) -> None:
    """What a type says already is not said again."""
    assert bound_by_column(annotation, kind) == expected


@pytest.mark.parametrize(
    ("kind", "held", "taken", "refused"),
    [
        (Integer(), [7, Number.ONE], [2**31], ["7", 7.0, True, None, [7]]),
        (BigInteger(), [2**63 - 1], [2**63], ["7"]),
        (String(2), ["ab"], ["abc", "\0"], [7, b"ab"]),
        (Boolean(), [True, 1], [], ["true"]),
        (Numeric(4, 2), [Decimal("1.25"), 1, 1.25], [Decimal("1.255"), 100], ["1", True]),
        (Double(), [1.5, 1, Decimal(1)], [], ["1.5"]),
        (UTCDateTime(), [datetime(2026, 1, 1, tzinfo=UTC)], [PLAIN], ["2026-01-01", date(2026, 1, 1)]),
        (DateTime(), [PLAIN], [datetime(2026, 1, 1, tzinfo=UTC)], [7]),
        (Uuid(), [UUID(int=1)], [], [str(UUID(int=1)), 1]),
        (Interval(), [timedelta(1)], [timedelta.max], [1]),
        (Enum(Shade), [Shade.DARK, "dark", 7], [], []),
        (Shouted(), ["a", 7], [], []),
    ],
)
def test_values_are_known_by_their_kind(kind: Any, held: list[Any], taken: list[Any], refused: list[Any]) -> None:
    """What a row has, what a column of that kind might have, and what is of another kind."""
    values = ColumnValues(kind)

    assert [(values.takes(value), values.holds(value)) for value in held] == [(True, True)] * len(held)
    assert [(values.takes(value), values.holds(value)) for value in taken] == [(True, False)] * len(taken)
    assert [(values.takes(value), values.holds(value)) for value in refused] == [(False, False)] * len(refused)
