"""
Tests of `covet.database.statement_words`.
"""

import re
from contextlib import aclosing
from typing import Any

import pytest

from covet.database import DatabaseError, QueryError, SQLAdapter, TransactionError
from covet.database.dialect import MYSQL, POSTGRESQL, SQLITE, Dialect
from covet.database.placeholders import StatementCache
from covet.database.statement_words import StatementKind
from tests.unit.database.databases import list_names

DIALECTS = [pytest.param(dialect, id=dialect.name) for dialect in (SQLITE, POSTGRESQL, MYSQL)]


def read(query: str, dialect: Dialect) -> StatementKind:
    """Read a statement as an adapter does."""
    return StatementCache(dialect).bind(query, (), {})[0].kind


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "There is no statement in the text."),
        ("  \n-- nothing\n /* ; */ ;;", "There is no statement in the text."),
        ("SELECT 1; DELETE FROM tea", "There are 2 statements in the text, and each is to be run alone."),
        (";SELECT ';';;SELECT 2 -- ;\n; SELECT 3;", "There are 3 statements in the text, and each is to be run alone."),
        ("CREATE TABLE a (x INTEGER); DROP TABLE a", "There are 2 statements in the text"),
        ("COMMIT", "Transactions are not begun and ended by hand: 'COMMIT'."),
        ("/* so */ rollback\tWORK;", "Transactions are not begun and ended by hand: 'rollback WORK'."),
        ("BEGIN", "Transactions are not begun"),
        ("begin immediate", "Transactions are not begun"),
        ("START  TRANSACTION READ ONLY", "Transactions are not begun"),
        ("SAVEPOINT a", "Transactions are not begun"),
        ("RELEASE SAVEPOINT a", "Transactions are not begun"),
        ("ROLLBACK TO SAVEPOINT a", "Transactions are not begun"),
        ("END", "Transactions are not begun"),
        ("ABORT", "Transactions are not begun"),
        ("PREPARE TRANSACTION 'a'", "Transactions are not begun"),
        ("SET SESSION autocommit = 0", "Transactions are not begun"),
    ],
)
def test_what_is_no_statement_that_can_be_run_alone_is_refused(dialect: Dialect, query: str, message: str) -> None:
    """In the same words for all kinds of databases."""
    with pytest.raises(DatabaseError, match="^" + re.escape(message)):
        read(query, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("query", "writes"),
    [
        ("SELECT 'a; COMMIT'", False),
        ("SELECT 1;", False),
        ("(select 1) UNION (SELECT 2)", False),
        ("WITH n AS (SELECT 1) SELECT replace('a', 'b', 'c') FROM n", False),
        ("WITH n AS (SELECT 1) SELECT (update_me) FROM n", False),
        ("WITH n AS (DELETE FROM tea RETURNING 1) SELECT * FROM n", True),
        ("WITH n AS (SELECT 1)\nUPDATE tea SET name = 'a'", True),
        ("VALUES (1)", False),
        ("EXPLAIN SELECT 1", False),
        ("INSERT INTO tea (name) VALUES ('a') RETURNING id", True),
        ("selected", True),
        ("CREATE TRIGGER a AFTER INSERT ON b BEGIN DELETE FROM c; DELETE FROM d; END", True),
        ("CREATE OR REPLACE PROCEDURE a() BEGIN COMMIT; DELETE FROM d; END", True),
        ("BEGIN NOT ATOMIC SELECT 1; SELECT 2; END", True),
        ("COMMIT PREPARED 'a'", True),
        ("BEGINNING", True),
    ],
)
def test_what_reads_and_what_may_write(dialect: Dialect, query: str, writes: bool) -> None:
    """Told by words, not by what stands in literals and names."""
    assert read(query, dialect).writes is writes


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("query", "is_lasting"),
    [
        ("SET ROLE pot", True),
        ("set search_path = a", True),
        ("SET LOCAL search_path = a", False),
        ("PRAGMA foreign_keys = OFF", True),
        ("/* so */ USE other", True),
        ("CREATE TEMPORARY TABLE a (x INTEGER)", True),
        ("CREATE OR REPLACE TEMP VIEW a AS SELECT 1", True),
        ("CREATE TABLE temp (x INTEGER)", False),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT pg_advisory_xact_lock(1)", False),
        ("WITH a AS (SELECT set_config('a', 'b', false)) SELECT * FROM a", True),
        ("SELECT 'get_lock(' AS a", False),
        ("SELECT @a := 1", True),
        ("SELECT 1 INTO @a", True),
        ("SELECT ':=' AS a", False),
        ("INSERT INTO tea (name) VALUES ('@')", False),
        ("UPDATE tea SET name = $1", False),
    ],
)
def test_some_leave_something_in_the_session(dialect: Dialect, query: str, is_lasting: bool) -> None:
    """So that a pool knows what to end before somebody else has the connection."""
    values = ("a",) if "$1" in query else ()
    assert StatementCache(dialect).bind(query, values, {})[0].kind.is_lasting is is_lasting


_LEFT: dict[str, list[tuple[str, str, object]]] = {
    "sqlite": [
        ("PRAGMA foreign_keys = OFF", "SELECT foreign_keys FROM pragma_foreign_keys", 1),
        ("PRAGMA query_only = ON", "SELECT query_only FROM pragma_query_only", 0),
    ],
    "postgresql": [
        ("SET search_path = pg_catalog", "SELECT current_setting('search_path')", '"$user", public'),
        ("SELECT set_config('search_path', 'pg_catalog', false)", "SHOW search_path", '"$user", public'),
        ("SET ROLE pg_monitor", "SELECT current_user <> session_user", False),
        ("SET SESSION AUTHORIZATION pg_monitor", "SELECT current_user = 'pg_monitor'", False),
        (
            "SELECT pg_advisory_lock(7)",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
            0,
        ),
        ("CREATE TEMP TABLE left_over (x INTEGER)", "SELECT to_regclass('left_over')", None),
    ],
    "mysql": [
        ("USE information_schema", "SELECT database() = 'information_schema'", 0),
        ("SELECT GET_LOCK('covet_left_over', 0)", "SELECT IS_FREE_LOCK('covet_left_over')", 1),
        ("SET SESSION sql_mode = ''", "SELECT @@sql_mode = ''", 0),
        ("SET SESSION TRANSACTION READ ONLY", "SELECT @@tx_read_only", 0),
        ("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT @@tx_isolation = 'SERIALIZABLE'", 0),
        ("SET @mine = 7", "SELECT @mine", None),
        ("SELECT @mine := 7", "SELECT @mine", None),
        ("SET NAMES latin1", "SELECT @@collation_connection", "utf8mb4_general_ci"),
        ("SET time_zone = '+05:00'", "SELECT @@time_zone", "+00:00"),
        (
            "CREATE TEMPORARY TABLE left_over (x INTEGER)",
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'left_over'",
            0,
        ),
    ],
}


@pytest.mark.parametrize("way", ["statement", "transaction", "acquire", "stream"])
async def test_nobody_finds_what_another_has_left_in_the_session(
    database: SQLAdapter, database_url: str, way: str
) -> None:
    """Whatever way the statement went; the pool has one connection, so that it is the same one."""
    await database.disconnect()
    await database.connect(database_url, max_size=1)
    for statement, question, expected in _LEFT[database_url.partition(":")[0]]:
        fetches = statement.startswith("SELECT")
        if way == "transaction":
            async with database.transaction() as inner:
                await (inner.connection.fetch_val if fetches else inner.connection.execute)(statement)
        elif way == "acquire":
            async with database.acquire() as connection:
                await (connection.fetch_val if fetches else connection.execute)(statement)
        elif way == "stream" and fetches:
            async with aclosing(database.stream(statement)) as rows:
                assert [row async for row in rows]
        else:
            await (database.fetch_val if fetches else database.execute)(statement)

        assert await database.fetch_val(question) == expected, statement


@pytest.mark.parametrize(
    ("query", "is_committing"),
    [
        ("CREATE TABLE a (x INTEGER)", True),
        ("create temporary table a (x INTEGER)", False),
        ("CREATE OR REPLACE TEMPORARY TABLE a (x INTEGER)", False),
        ("DROP TEMPORARY TABLE a", False),
        ("TRUNCATE tea", True),
        ("ALTER TABLE tea ADD x INTEGER", True),
        ("/*!50000 DROP TABLE tea */", True),
        ("INSERT INTO tea VALUES (1)", False),
        ("SELECT 'DROP'", False),
    ],
)
def test_mysql_commits_at_some(query: str, is_committing: bool) -> None:
    """The others do not."""
    assert read(query, MYSQL).is_committing is is_committing
    assert not read(query.replace("/*!50000", "").replace("*/", ""), POSTGRESQL).is_committing


def test_what_mysql_executes_of_a_comment_is_read() -> None:
    """To the others it is a comment."""
    for query in ("/*! COMMIT */", "/*M!100100 COMMIT */", "SELECT 1 /*! ; DELETE FROM tea */"):
        with pytest.raises(DatabaseError):
            read(query, MYSQL)
    assert not read("SELECT 1 /*! ; DELETE FROM tea */", POSTGRESQL).writes


@pytest.mark.parametrize("text", ["SELECT 1 AS one; DELETE FROM tea", "DELETE FROM tea; SELECT 1 AS one"])
async def test_a_second_statement_is_run_by_no_database(database: SQLAdapter, text: str) -> None:
    """Whatever way it comes: nothing is run of it."""
    await database.insert("tea", {"name": "stays"})

    async def stream(query: str) -> None:
        async with aclosing(database.stream(query)) as rows:
            _ = [row async for row in rows]

    async def run_many(query: str) -> None:
        await database.execute_many(query, [()])

    async with database.acquire() as connection:
        for run in (database.execute, database.fetch_one, database.fetch_all, database.fetch_val, stream, run_many):
            with pytest.raises(QueryError, match="There are 2 statements in the text"):
                await run(text)
        with pytest.raises(QueryError, match="There are 2 statements in the text"):
            await connection.fetch_all(text)

    assert await list_names(database) == ["stays"]


async def test_what_the_framework_takes_for_one_is_one_for_the_database(database: SQLAdapter) -> None:
    """A text that may have statements within it is read by the database itself, which runs no second one."""
    await database.insert("tea", {"name": "stays"})

    for run in (database.execute, database.fetch_one, database.fetch_all):
        with pytest.raises(QueryError):
            await run("CREATE VIEW event AS SELECT 1 AS one; DELETE FROM tea")
        with pytest.raises(QueryError):
            await run("CREATE VIEW rule AS SELECT 1 AS one; DELETE FROM tea")

    assert await list_names(database) == ["stays"]


async def test_statements_within_a_statement_are_run(database: SQLAdapter) -> None:
    """A trigger and a function have semicolons in them."""
    body = "INSERT INTO tea (name) VALUES ('b'); INSERT INTO tea (name) VALUES ('c'); END;"
    makers = {
        "sqlite": f"CREATE TRIGGER covet_pour AFTER INSERT ON tea WHEN new.name = 'a' BEGIN {body}",
        "postgresql": f"CREATE OR REPLACE PROCEDURE covet_pour() BEGIN ATOMIC {body}",
        "mysql": f"CREATE OR REPLACE PROCEDURE covet_pour() BEGIN {body}",
    }
    is_trigger = database.scheme == "sqlite"

    await database.execute(makers[database.scheme])
    try:
        await database.execute("INSERT INTO tea (name) VALUES ('a')")
        if not is_trigger:
            await database.execute("CALL covet_pour()")
        assert await list_names(database) == ["a", "b", "c"]
    finally:
        await database.execute(f"DROP {'TRIGGER' if is_trigger else 'PROCEDURE'} covet_pour")


async def test_a_statement_may_end_with_a_semicolon(database: SQLAdapter) -> None:
    """What became of it is told as ever."""
    assert (await database.execute("INSERT INTO tea (name) VALUES ('a'), ('b');")).rows_affected == 2
    assert (await database.execute("UPDATE tea SET price = 1; -- all\n")).rows_affected == 2
    assert await database.fetch_val("SELECT count(*) AS n FROM tea;") == 2


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT a", "/* */ commit;"])
async def test_a_transaction_is_not_ended_by_hand(database: SQLAdapter, statement: str) -> None:
    """The block goes on, and so does whoever catches the error."""
    async with database.transaction():
        await database.insert("tea", {"name": "a"})
        for run in (database.execute, database.fetch_all):
            with pytest.raises(TransactionError, match=r"(?s)not begun and ended by hand.*async with transaction\(\)"):
                await run(statement)
        await database.insert("tea", {"name": "b"})
    with pytest.raises(TransactionError, match="not begun and ended by hand"):
        await database.execute(statement)

    assert await list_names(database) == ["a", "b"]
    assert database.stats.idle == database.stats.size


async def test_tables_are_made_within_a_transaction_where_it_takes_them_back(database: SQLAdapter) -> None:
    """MySQL would commit half of it: there it is refused, and nothing was committed."""
    if database.supports_feature("transactional_ddl"):
        with pytest.raises(LookupError):
            async with database.transaction():
                await database.execute("CREATE TABLE pot (id INTEGER)")
                raise LookupError
        with pytest.raises(QueryError, match="pot"):
            await database.fetch_all("SELECT * FROM pot")
        return
    with pytest.raises(LookupError):
        async with database.transaction():
            await database.insert("tea", {"name": "a"})
            for query in ("CREATE TABLE pot (id INTEGER)", "TRUNCATE tea", "DROP TABLE IF EXISTS pot"):
                with pytest.raises(TransactionError, match="MySQL commits what stands before such a statement"):
                    await database.execute(query)
            await database.execute("CREATE TEMPORARY TABLE pot (id INTEGER)")
            await database.execute("DROP TEMPORARY TABLE pot")
            raise LookupError

    assert await list_names(database) == []


@pytest.mark.parametrize("database_url", ["postgresql", "mysql"], indirect=True)
async def test_a_procedure_that_ends_the_transaction_is_noticed(database: SQLAdapter) -> None:
    """PostgreSQL refuses it; of MySQL's the server tells. SQLite has no procedures."""
    body = "BEGIN COMMIT; END"
    if database.scheme == "postgresql":
        body = f"LANGUAGE plpgsql AS $$ {body} $$"
    await database.execute(f"CREATE OR REPLACE PROCEDURE covet_end() {body}")

    async def work() -> None:
        async with database.transaction():
            await database.insert("tea", {"name": "a"})
            with pytest.raises((TransactionError, QueryError), match=r"has ended the transaction|invalid transaction"):
                await database.execute("CALL covet_end()")
            await database.insert("tea", {"name": "b"})

    try:
        expected: Any = TransactionError if database.scheme == "mysql" else QueryError
        with pytest.raises(expected):
            await work()
        assert "b" not in await list_names(database)
        assert database.stats.idle == database.stats.size
    finally:
        await database.execute("DROP PROCEDURE covet_end")
