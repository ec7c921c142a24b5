"""
Tests of `covet.database.table_writes`.
"""

import enum
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from covet.database import DatabaseError, DataError, QueryError, SQLAdapter
from covet.database.queries import Queries
from tests.unit.database.databases import open_database


class Number(enum.IntEnum):
    """Be kept as a number."""

    ZERO = 0


class Word(enum.Enum):
    """Be kept as a text."""

    A = "a"


ODD = "o\"d`d' ]na$1me:x --%s;"


@pytest.fixture(params=["adapter", "connection", "transaction"])
def run(request: pytest.FixtureRequest, database: SQLAdapter) -> Callable[[Callable[[Queries], Awaitable[None]]], Any]:
    """Run something with what is written by: an adapter, a connection, or inside a transaction."""

    async def run(function: Callable[[Queries], Awaitable[None]]) -> None:
        if request.param == "adapter":
            await function(database)
        elif request.param == "connection":
            async with database.acquire() as connection:
                await function(connection)
        else:
            async with database.transaction():
                await function(database)

    return run


async def test_a_row_is_put_in_and_known_by_its_key(run: Any) -> None:
    """By the number that the database gives it, or by one of its own."""

    async def write(queries: Queries) -> None:
        key = await queries.insert("tea", {"name": "a", "price": 1})
        assert await queries.insert("tea", {"id": 500, "name": "b"}) == 500
        assert await queries.fetch_all("SELECT id, name, price FROM tea ORDER BY id") == [
            {"id": key, "name": "a", "price": 1},
            {"id": 500, "name": "b", "price": None},
        ]
        assert await queries.update("tea", key, {"name": "c", "price": None})
        assert await queries.update("tea", {"id": 500}, {"price": 7})
        assert not await queries.update("tea", 501, {"price": 7})
        assert await queries.delete("tea", key)
        assert not await queries.delete("tea", key)
        assert await queries.fetch_all("SELECT id, name, price FROM tea") == [{"id": 500, "name": "b", "price": 7}]

    await run(write)


async def test_an_update_that_changes_nothing_has_its_row(database: SQLAdapter) -> None:
    """It tells whether there is one, and not whether it was another before."""
    key = await database.insert("tea", {"name": "a", "price": 1})

    assert await database.update("tea", key, {"price": 1})


async def test_a_row_of_defaults(database: SQLAdapter) -> None:
    """Nothing is said of any column; what has no default is an error."""
    await database.execute("CREATE TABLE pot (size INTEGER DEFAULT 3)")

    assert await database.insert("pot", {}) is None
    assert await database.fetch_all("SELECT * FROM pot") == [{"size": 3}]
    with pytest.raises(DatabaseError):
        await database.insert("tea", {})
    with pytest.raises(QueryError, match="Nothing was given to change a row of 'tea' to"):
        await database.update("tea", 1, {})


async def test_a_key_of_several_columns(database: SQLAdapter) -> None:
    """Is a mapping."""
    await database.execute("CREATE TABLE pot (shelf INTEGER, place INTEGER, what INTEGER, PRIMARY KEY (shelf, place))")

    key = await database.insert("pot", {"shelf": 1, "place": 2, "what": 3})
    assert key == {"shelf": 1, "place": 2}
    assert await database.update("pot", key, {"what": 4})
    with pytest.raises(QueryError, match="is not known by what was given"):
        await database.delete("pot", 1)
    assert await database.delete("pot", key)


@pytest.mark.parametrize(
    ("columns", "has_number"),
    [
        ("id UUID DEFAULT uuid() PRIMARY KEY, name INTEGER", False),
        ("id VARCHAR(36) DEFAULT (uuid()) PRIMARY KEY, name INTEGER", False),
        ("id UUID DEFAULT uuid() PRIMARY KEY, n INTEGER AUTO_INCREMENT UNIQUE, name INTEGER", False),
        ("id UUID DEFAULT uuid(), n INTEGER AUTO_INCREMENT UNIQUE, name INTEGER, PRIMARY KEY (id, n)", True),
        ("n INTEGER AUTO_INCREMENT UNIQUE, id INTEGER DEFAULT 77, name INTEGER, PRIMARY KEY (id, n)", True),
    ],
)
async def test_a_key_that_a_default_makes_is_told(mysql_url: str, columns: str, has_number: bool) -> None:
    """Whatever else the database counts up in the row; MariaDB returns it."""
    async with open_database(mysql_url) as mysql:
        await mysql.execute(f"CREATE TABLE pot ({columns})")
        for name in (1, 2):
            key = await mysql.insert("pot", {"name": name})
            row = await mysql.fetch_one("SELECT id" + (", n" if has_number else "") + f" FROM pot WHERE name = {name}")

            assert row == (key if has_number else {"id": key})
            assert await mysql.delete("pot", key)


async def test_names_of_odd_letters(database: SQLAdapter) -> None:
    """Quotes of every kind, placeholders and comments in the names of a table and its columns."""
    quote = database._driver.dialect.quote_identifier
    await database.execute(f"CREATE TABLE {quote(ODD)} ({quote('i' + ODD)} INTEGER PRIMARY KEY, {quote(ODD)} INTEGER)")
    try:
        assert await database.insert(ODD, {"i" + ODD: 1, ODD: 2}) == 1
        assert await database.update(ODD, 1, {ODD: 3})
        assert await database.fetch_all(f"SELECT * FROM {quote(ODD)}") == [{"i" + ODD: 1, ODD: 3}]
        assert await database.delete(ODD, 1)
    finally:
        await database.execute(f"DROP TABLE {quote(ODD)}")


@pytest.mark.parametrize(
    "name",
    [
        "_connector",
        "__class__",
        "__pk_only__",
        "id__raw",
        "id__in",
        "self",
        "name = 'x' --",
        "name\" = 'x' --",
        "name` = 'x' -- ",
        "name) VALUES ('x') --",
        "NAME\0",
        "\udc80",
    ],
)
async def test_row_096_names_from_outside_reach_nothing_inside(run: Any, name: str) -> None:
    """What a client sends as columns is refused where it is none, and is no parameter of ours."""

    async def write(queries: Queries) -> None:
        await queries.insert("tea", {"id": 1, "name": "a"})
        for values in ({name: "x"}, {"name": "b", name: "x"}):
            with pytest.raises(QueryError, match="The table 'tea' has no column"):
                await queries.insert("tea", values)
            with pytest.raises(QueryError, match="The table 'tea' has no column"):
                await queries.update("tea", 1, values)
        for write in (queries.delete("tea", {name: 1}), queries.update("tea", {name: 1, "id": 1}, {"name": "b"})):
            with pytest.raises(QueryError, match="is not known by what was given"):
                await write
        assert await queries.fetch_all("SELECT id, name FROM tea") == [{"id": 1, "name": "a"}]

    await run(write)


PIECES: list[str] = [
    *"abn_'\"`;-#/*()[]{}$%\\.,:=<>! \t\n\r\x1a\u2028ı\u0301é茶",
    "--",
    "/*",
    "*/",
    "tea",
    "name",
    "id",
    "$1",
    ":name",
    "%s",
    " OR 1=1",
    "; DROP TABLE tea; ",
    "UNION SELECT",
    "' OR '1'='1",
    '" OR "1"="1',
    "` OR `1`=`1",
    "\\'",
    "0x27",
    "𝕏",
]


def make_name(source: random.Random) -> str:
    """Make a name that somebody would send who means no good."""
    if source.random() < 0.3:
        base: str = source.choice(["tea", "name", "id", "price"])
        return base + source.choice(PIECES) + "".join(source.choices(PIECES, k=source.randrange(4)))
    return "".join(source.choices(PIECES, k=source.randrange(1, 9)))


async def fuzz(database: SQLAdapter, count: int, seed: int) -> None:
    """Use names as tables, as columns and as keys, and see that nothing of them is carried out."""
    source = random.Random(seed)
    await database.insert("tea", {"id": 1, "name": "kept", "price": 1})
    good = {"tea", "name", "id", "price"}
    async with database.acquire() as connection:
        for _ in range(count):
            name = make_name(source)
            if name in good:
                continue
            for write in (
                lambda: connection.insert(name, {"name": "x"}),  # noqa: B023
                lambda: connection.insert("tea", {name: "x"}),  # noqa: B023
                lambda: connection.update("tea", 1, {"price": 2, name: 2}),  # noqa: B023
                lambda: connection.delete("tea", {name: 1}),  # noqa: B023
            ):
                try:
                    await write()
                except QueryError as exc:
                    message = exc.message
                else:
                    message = "nothing was refused"
                assert message.startswith(("There is no table", "The table 'tea' has no column", "A row of 'tea'")), (
                    repr(name),
                    message,
                )
        assert await connection.fetch_all("SELECT * FROM tea") == [{"id": 1, "name": "kept", "price": 1}]


async def test_row_097_no_name_from_outside_is_sql(database: SQLAdapter) -> None:
    """Names that end quotes, begin comments or are statements: as tables, columns and keys."""
    await fuzz(database, 60, seed=97)


@pytest.mark.campaign
@pytest.mark.timeout(1200)
async def test_row_097_no_name_of_many_from_outside_is_sql(database_url: str) -> None:
    """50,000 of them on each database."""
    async with open_database(database_url, max_size=2) as database:
        await fuzz(database, 50_000, seed=random.randrange(2**32))


@pytest.mark.parametrize("name", ["max((SELECT 1))", "count(*)", "name AS x", "*", "tea.name", "name, price"])
async def test_row_098_an_expression_is_no_column(database: SQLAdapter, name: str) -> None:
    """Neither an aggregate nor a list, nor a column with its table."""
    with pytest.raises(QueryError, match="The table 'tea' has no column"):
        await database.insert("tea", {"name": "a", name: "b"})
    assert await database.fetch_all("SELECT name FROM tea") == []


@pytest.mark.parametrize("key", ["1", "1 OR 1=1", "", b"1", {"id": "1"}, UUID(int=1)])
async def test_a_key_is_of_the_kind_of_its_column(run: Any, key: object) -> None:
    """MySQL would take `1 OR 1=1` for the number 1, and change that row."""

    async def write(queries: Queries) -> None:
        await queries.insert("tea", {"id": 1, "name": "a"})
        values = {"id": key} if not isinstance(key, dict) else key

        for refused in (
            queries.delete("tea", key),
            queries.update("tea", key, {"name": "b"}),
            queries.insert("tea", {**values, "name": "c"}),
        ):
            with pytest.raises(DataError) as caught:
                await refused
            assert str(caught.value) == "tea.id is a number, and was given a text.\n  Convert the value first."
            assert caught.value.status_code == 422

    await run(write)


async def test_a_key_of_texts_is_no_number(database: SQLAdapter) -> None:
    """MySQL would take all texts for 0 that are no numbers."""
    await database.execute("CREATE TABLE pot (name VARCHAR(20), size INTEGER, PRIMARY KEY (name, size))")
    await database.insert("pot", {"name": "a", "size": 1})

    for key in ({"name": 0, "size": 1}, {"name": "a", "size": "1"}, {"name": Number.ZERO, "size": 1}):
        with pytest.raises(DataError):
            await database.delete("pot", key)

    assert await database.update("pot", {"name": "a", "size": 1}, {"size": 2})
    assert await database.delete("pot", {"name": Word.A, "size": Decimal(2)})


async def test_keys_of_other_kinds_are_the_database_s_to_read(sqlite: SQLAdapter) -> None:
    """A moment is a text to SQLite, whose column may be of no kind at all."""
    await sqlite.execute("CREATE TABLE pot (moment TIMESTAMP PRIMARY KEY, anything)")
    moment = datetime(2030, 1, 1, tzinfo=UTC)

    await sqlite.insert("pot", {"moment": moment})

    assert await sqlite.update("pot", moment, {"anything": 1})
    assert not await sqlite.delete("pot", 7)
