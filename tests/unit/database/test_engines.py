"""
Tests of `covet.database.engines`: an engine has the connections that an adapter has.
"""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from covet.database import DatabaseUnavailableError, SQLAdapter, get_adapter_registry
from covet.database.drivers import make_driver
from covet.database.engines import make_engine
from covet.database.migrations import Migrations
from covet.database.orm import create_engine
from covet.database.url import DatabaseURL
from covet.exceptions import ConfigurationError, MissingDependencyError
from tests.unit.database.databases import find_url

SESSIONS = {
    "sqlite": "SELECT foreign_keys FROM pragma_foreign_keys UNION ALL SELECT synchronous FROM pragma_synchronous",
    "postgresql": "SELECT concat_ws(',', current_setting('application_name'), current_setting('TimeZone'))",
    "mysql": (
        "SELECT concat_ws(',', @@time_zone, @@sql_mode, @@character_set_connection, @@foreign_key_checks,"
        " @@tx_read_only)"
    ),
}


async def ask_adapter(url: str, query: str, **options: Any) -> list[Any]:
    """Ask by an adapter."""
    adapter = get_adapter_registry().get_or_fail(DatabaseURL.parse(url).scheme)()
    assert isinstance(adapter, SQLAdapter)
    await adapter.connect(url, **options)
    rows = await adapter.fetch_all(query)
    await adapter.disconnect()
    return [next(iter(row.values())) for row in rows]


async def ask_engine(url: str, query: str, **options: Any) -> list[Any]:
    """Ask by an engine."""
    engine = create_engine(url, options=options)
    async with engine.connect() as connection:
        rows = (await connection.execute(text(query))).scalars().all()
    await engine.dispose()
    return list(rows)


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("sqlite", "?synchronous=full"),
        ("postgresql", "?application_name=till&statement_cache_size=0&sslmode=disable"),
        ("mysql", "?read_only=yes"),
    ],
)
async def test_sessions_and_options_are_those_of_adapters(
    kind: str, query: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Behind the URL, and by name."""
    url = find_url(kind, request, tmp_path)
    options = dict(DatabaseURL.parse(f"{url}{query}").options)

    plain = await ask_adapter(url, SESSIONS[kind])
    asked = await ask_adapter(f"{url}{query}", SESSIONS[kind])

    assert await ask_engine(url, SESSIONS[kind]) == plain
    assert await ask_engine(f"{url}{query}", SESSIONS[kind]) == asked != plain
    assert await ask_engine(url, SESSIONS[kind], **options) == asked


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        (
            "sqlite:///a.db?busy_timeot=1",
            "A connection of SQLite has no option 'busy_timeot'.",
            "Did you mean 'busy_timeout'? Available: busy_timeout, read_only, synchronous.",
        ),
        (
            "postgresql://127.0.0.1/shop?aplication_name=a",
            "A connection of PostgreSQL has no option 'aplication_name'.",
            f"Did you mean 'application_name'? Available: {', '.join(sorted(make_driver('postgresql').option_types))}.",
        ),
        (
            "mysql://127.0.0.1/shop?unix_sock=a",
            "A connection of MySQL has no option 'unix_sock'.",
            "Did you mean 'unix_socket'? Available: read_only, unix_socket.",
        ),
        (
            "postgresql://127.0.0.1/shop?sslmode=maybe",
            "The option 'sslmode' of the database's URL cannot be read.",
            "It is allow, disable, prefer, require, verify-ca or verify-full.",
        ),
        (
            "postgresql://127.0.0.1/shop?statement_cache_size=few",
            "The option 'statement_cache_size' of the database's URL cannot be read.",
            "It is a whole number.",
        ),
    ],
)
async def test_unknown_options_are_refused_in_the_same_words(url: str, message: str, hint: str, tmp_path: Path) -> None:
    """By adapters, engines and migrations."""
    migrations = Migrations(url, sa.MetaData(), tmp_path / "migrations")
    await migrations.init()
    adapter = get_adapter_registry().get_or_fail(DatabaseURL.parse(url).scheme)()

    with pytest.raises(ConfigurationError) as by_adapter:
        await adapter.connect(url)
    with pytest.raises(ConfigurationError) as by_engine:
        create_engine(url)
    with pytest.raises(ConfigurationError) as by_migrations:
        await migrations.get_current()

    assert {str(each.value) for each in (by_adapter, by_engine, by_migrations)} == {f"{message}\n  {hint}"}


async def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Whoever makes them, and those that SQLite makes beside them."""
    engine = create_engine(f"sqlite:///{tmp_path}/orm.db")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tea (name TEXT)"))
        names = [path.name for path in tmp_path.iterdir()]
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    await engine.dispose()
    migrations = Migrations(f"sqlite:///{tmp_path}/migrated.db", sa.MetaData(), tmp_path / "migrations")
    await migrations.init()
    await migrations.create_revision("nothing", empty=True)
    await migrations.upgrade()

    assert sorted(names) == ["orm.db", "orm.db-shm", "orm.db-wal"]
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "migrated.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_who_does_not_answer_in_time_is_given_up(kind: str) -> None:
    """The error says how long it was waited."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    engine = create_engine(f"{kind}://ada:canary@127.0.0.1:{port}/shop", connect_timeout=0.2)

    with pytest.raises(DatabaseUnavailableError) as caught:
        async with engine.connect():
            pass
    await engine.dispose()
    silent.close()
    await silent.wait_closed()

    assert caught.value.message == (
        f"The database at {kind}://ada:**********@127.0.0.1:{port}/shop did not answer within 0.2 s."
    )


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it, and what wants it."""
    monkeypatch.setitem(__import__("sys").modules, "aiosqlite", None)

    with pytest.raises(MissingDependencyError) as caught:
        make_engine(DatabaseURL("sqlite"), needed_for="tea")

    assert str(caught.value) == 'aiosqlite is needed for tea.\n  Install it with: pip install "covetpy[orm]"'
