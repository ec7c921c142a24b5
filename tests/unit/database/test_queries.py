"""
Tests of `covet.database.queries`.
"""

import enum
from contextlib import aclosing
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from covet.database import QueryError, SQLAdapter
from covet.serialization import encode_json


class Colour(enum.Enum):
    """A member is kept as its value."""

    GREEN = "green"


NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
IN_UTC = datetime(2030, 1, 2, 10, 0, 0, 123456)  # noqa: DTZ001 - as MySQL gives it
KEY = UUID("12345678-1234-5678-1234-567812345678")
TYPES = {
    "sqlite": {"moment": "TEXT", "key": "TEXT", "bytes": "BLOB", "decimal": "TEXT", "time": "TEXT", "json": "TEXT"},
    "postgresql": {"moment": "TIMESTAMPTZ", "key": "UUID", "bytes": "BYTEA", "json": "JSONB"},
    "mysql": {"moment": "DATETIME(6)", "key": "CHAR(36)", "bytes": "BLOB", "time": "TIME(6)"},
}
# The type of the column, the value, and what comes back: from all, or from each.
VALUES: list[tuple[str, object, object]] = [
    ("INTEGER", 5, 5),
    ("INTEGER", None, None),
    ("BIGINT", -(2**63), -(2**63)),
    ("DOUBLE PRECISION", 0.1, 0.1),
    ("DOUBLE PRECISION", 1e300, 1e300),
    ("BOOLEAN", True, True),
    ("VARCHAR(50)", 'it\'s "tea" \\ `$1` :name %s ?', 'it\'s "tea" \\ `$1` :name %s ?'),
    ("VARCHAR(50)", "茶 🍵 \n\r\t\x1a", "茶 🍵 \n\r\t\x1a"),
    ("VARCHAR(50)", "", ""),
    ("VARCHAR(50)", Colour.GREEN, "green"),
    ("bytes", bytes(range(256)), bytes(range(256))),
    ("bytes", b"", b""),
    (
        "DECIMAL(30, 10)",
        Decimal("12345678901234567890.0123456789"),
        {"sqlite": 1.2345678901234567e19, "": Decimal("12345678901234567890.0123456789")},
    ),
    ("DATE", date(2030, 1, 2), {"sqlite": "2030-01-02", "": date(2030, 1, 2)}),
    (
        "moment",
        NOON,
        {"sqlite": "2030-01-02T10:00:00.123456+00:00", "postgresql": IN_UTC.replace(tzinfo=UTC), "mysql": IN_UTC},
    ),
    (
        "time",
        time(12, 30, 1, 5),
        {"sqlite": "12:30:01.000005", "mysql": timedelta(0, 45001, 5), "": time(12, 30, 1, 5)},
    ),
    ("key", KEY, {"postgresql": KEY, "": str(KEY)}),
    ("json", {"a": [1, None, "x"]}, {"postgresql": {"a": [1, None, "x"]}, "": '{"a":[1,null,"x"]}'}),
]


@pytest.mark.parametrize(("column", "value", "expected"), VALUES)
async def test_a_value_comes_back(database: SQLAdapter, column: str, value: object, expected: object) -> None:
    """By each way that gives rows; where databases differ, the documents say so."""
    kind = database.scheme
    await database.execute(f"CREATE TABLE pot (it {TYPES[kind].get(column, column)})")
    await database.execute("INSERT INTO pot (it) VALUES ($1)", value)
    await database.execute_many("INSERT INTO pot (it) VALUES ($1)", [(value,)])
    await database.execute("INSERT INTO pot (it) VALUES (:value)", value=value)
    wanted: Any = expected.get(kind, expected.get("")) if isinstance(expected, dict) else expected

    rows = await database.fetch_all("SELECT it FROM pot")
    async with aclosing(database.stream("SELECT it FROM pot")) as stream:
        streamed = [row async for row in stream]

    assert rows == streamed == [{"it": wanted}] * 3
    assert await database.fetch_one("SELECT it FROM pot") == {"it": wanted}
    assert await database.fetch_val("SELECT it FROM pot") == wanted
    assert isinstance(rows[0]["it"], int if wanted is True else type(wanted))
    assert encode_json(rows)


async def test_rows_are_dictionaries_that_serialise(database: SQLAdapter) -> None:
    """Handlers return them as they are."""
    await database.execute("INSERT INTO tea (name, price) VALUES ($1, $2)", "oolong", 3)

    rows = await database.fetch_all("SELECT name, price FROM tea")

    assert type(rows[0]) is dict
    assert encode_json(rows) == b'[{"name":"oolong","price":3}]'


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE tea; --", "\\'; DROP TABLE tea; --", "\udcbf'", "¿' OR 1=1 --", "%s %d %"]
)
async def test_no_value_becomes_text_of_a_statement(database: SQLAdapter, text: str) -> None:
    """Whatever is in it, in a statement with percent signs, too."""
    try:
        await database.execute("INSERT INTO tea (name) VALUES ($1)", text)
    except QueryError as exc:
        assert "UTF-8" in str(exc) or "The value of $1" in str(exc)
        return

    found = await database.fetch_one("SELECT name FROM tea WHERE name = $1 AND 5 % 3 = 2 AND 'a%' LIKE 'a%'", text)
    assert found == {"name": text}
    assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 1


async def test_rows_by_the_names_of_their_table(database: SQLAdapter) -> None:
    """Put in, changed, deleted, as the standards do it."""
    key = await database.insert("tea", {"name": "oolong", "price": 3})
    assert await database.update("tea", key, {"price": 4})
    assert await database.fetch_one("SELECT * FROM tea") == {"id": key, "name": "oolong", "price": 4}

    assert await database.delete("tea", key)
    assert not await database.delete("tea", key)
    assert not await database.update("tea", key, {"price": 5})


async def test_the_number_of_a_row_is_that_of_the_one_row_that_was_put_in(database: SQLAdapter) -> None:
    """None otherwise, whatever the connection has done before; PostgreSQL returns it when it is asked to."""
    tells = database.scheme != "postgresql"
    async with database.acquire() as connection:
        for statement, expected in (
            ("INSERT INTO tea (id, name) VALUES (40, 'a')", 40),
            ("INSERT INTO tea (id, name) VALUES (41, 'b'), (42, 'c')", None),
            ("INSERT INTO tea (name) SELECT 'd' FROM tea WHERE name = 'none'", None),
            ("UPDATE tea SET price = 5 WHERE name = 'a'", None),
            ("INSERT INTO tea (id, name) VALUES (43, 'd')", 43),
            ("DELETE FROM tea WHERE name = 'd'", None),
        ):
            result = await connection.execute(statement)
            assert result.last_id == (expected if tells else None), statement
        assert (await connection.execute_many("INSERT INTO tea (name) VALUES ($1)", [("x",)])).last_id is None
