"""
Tests of `covet.database.plugin`.
"""

import logging
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import pytest

from covet import CovetPy, create_app
from covet.database import (
    DatabaseAdapter,
    DatabaseError,
    DatabasePlugin,
    DatabaseUnavailableError,
    DatabaseURL,
    PostgreSQLAdapter,
    QueryError,
    ReadReplicas,
    SQLAdapter,
    SQLiteAdapter,
    transaction,
)
from covet.di import DependencyGraphError
from covet.events import DatabaseQueryEvent
from covet.exceptions import ConfigurationError, RouteError
from covet.testing import TestClient
from tests.unit.database.databases import find_url, list_names, open_database
from tests.unit.database.test_adapter import Notebook


def make_app(plugin: DatabasePlugin) -> CovetPy:
    """An application that counts its visits in a database."""
    app = CovetPy(plugins=[plugin])

    @app.on_event("startup")
    async def create_table() -> None:
        database = await app.container.resolve(SQLAdapter)
        await database.execute("CREATE TABLE IF NOT EXISTS visits (path TEXT)")

    @app.get("/count")
    async def count(database: DatabaseAdapter) -> dict[str, Any]:
        row = await database.fetch_one("SELECT count(*) AS visits FROM visits")
        assert row is not None
        return row

    @app.post("/visit")
    async def visit(database: SQLiteAdapter, path: str, fail: bool = False) -> None:
        async with transaction():
            await database.insert("visits", {"path": path})
            if fail:
                raise LookupError("canary")

    return app


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_handlers_take_the_database(protocol: Any, tmp_path: Path) -> None:
    """By the contract, or by the adapter's class; a transaction finds it by itself."""
    plugin = DatabasePlugin(url=f"sqlite:///{tmp_path / 'visits.db'}")
    app = make_app(plugin)

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        assert (await client.post("/visit", params={"path": "/a"})).status_code == 204
        failed = await client.post("/visit", params={"path": "/b", "fail": "true"})
        assert (await client.get("/count")).json() == {"visits": 1}

    assert failed.status_code == 500
    assert "canary" not in failed.text
    assert not plugin.database.is_connected


async def test_settings_say_where_it_is(tmp_path: Path) -> None:
    """And how it is used."""
    app = create_app(
        plugins=[DatabasePlugin],
        database={"url": f"sqlite:///{tmp_path / 'a.db'}", "pool_size": 3, "pool_timeout": "2s", "query_timeout": "5s"},
    )

    async with TestClient(app):
        database = await app.container.resolve(SQLAdapter)
        assert str(database.pool.url) == f"sqlite:///{tmp_path / 'a.db'}"
        options = database.pool.options
        assert (options.max_size, options.timeout, options.query_timeout) == (3, 2.0, 5.0)


async def test_each_database_has_options_of_its_own(tmp_path: Path) -> None:
    """Those of the application's own one are its copies', and no other's: another kind would know none of them."""
    config = {
        "options": {"busy_timeout": 2.0, "max_size": 2},
        "database_options": {"reports": {"max_size": 3, "busy_timeout": 1.0}},
    }
    url = f"sqlite:///{tmp_path / 'a.db'}"
    plugin = DatabasePlugin(config, url=url, databases={"reports": url, "plain": url}, replicas=[url])
    app = CovetPy(plugins=[plugin])

    async with TestClient(app):
        found = {}
        for name, (database, _) in plugin._databases.items():
            assert isinstance(database, SQLAdapter)
            pool = database.pool
            found[name] = pool._driver_options.get("busy_timeout"), pool.options.max_size
        assert found == {"default": (2.0, 2), "reports": (1.0, 3), "plain": (None, 10), "replica 1": (2.0, 2)}


async def test_an_adapter_of_another_kind_gets_its_options() -> None:
    """They are its own to refuse, and not ignored."""

    class Noted(Notebook):
        """Note the options."""

        async def connect(self, url: str, **options: Any) -> None:
            await super().connect(url)
            self.options = options

    adapter = Noted()
    app = CovetPy(plugins=[DatabasePlugin({"options": {"colour": "green"}}, adapter=adapter, url="notes://")])

    async with TestClient(app):
        assert adapter.options == {"colour": "green"}


def test_options_of_no_database_are_refused() -> None:
    """With the name that may be meant."""
    plugin = DatabasePlugin({"database_options": {"report": {}}}, url="sqlite://", databases={"reports": "sqlite://"})

    with pytest.raises(ConfigurationError) as caught:
        CovetPy(plugins=[plugin])

    assert str(caught.value) == (
        "There are database_options for 'report', and there is no further database of that name.\n"
        "  Did you mean 'reports'? Available: reports."
    )


def test_a_missing_url_is_explained() -> None:
    """With both ways to give one."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(plugins=[DatabasePlugin(adapter="postgresql")])

    assert str(caught.value) == (
        "'database.url' is missing.\n"
        '  Set COVET_DB_URL, or add url = "postgresql://…" under [database] in config.toml.'
    )


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        ("postgres", r"There is no database adapter 'postgres'\.\n  Did you mean 'postgresql'"),
        (int, "adapter must be a DatabaseAdapter, its class or its name"),
        ("covet.database:Row", "adapter must be a DatabaseAdapter, its class or its name"),
    ],
)
def test_what_is_no_adapter_is_refused(adapter: Any, message: str) -> None:
    """When the application is made, whether or not it says where the database is."""
    for url in ("sqlite://", None):
        with pytest.raises(ConfigurationError, match=message):
            CovetPy(plugins=[DatabasePlugin(adapter=adapter, url=url)])


@pytest.mark.parametrize("kind", [DatabaseAdapter, SQLAdapter, SQLiteAdapter])
async def test_a_further_database_is_asked_for_by_each_of_its_classes(kind: type[DatabaseAdapter]) -> None:
    """As that of the application is; one of another name is told from those that there are."""
    app = CovetPy(plugins=[DatabasePlugin(url="sqlite://", databases={"reports": "sqlite://"})])
    wrong = CovetPy(plugins=[DatabasePlugin(url="sqlite://", databases={"reports": "sqlite://"})])

    async def ask(database: Any) -> list[dict[str, Any]]:
        return list(await database.fetch_all("SELECT 1 AS one"))

    async def ask_wrongly(database: Any) -> None:
        raise AssertionError

    ask.__annotations__["database"] = Annotated[kind, "reports"]
    ask_wrongly.__annotations__["database"] = Annotated[kind, "report"]
    app.get("/")(ask)
    wrong.get("/")(ask_wrongly)

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == [{"one": 1}]
    with pytest.raises(DependencyGraphError) as caught:
        async with TestClient(wrong):
            pass

    name = kind.__name__
    assert f"{name} 'report' is not registered." in str(caught.value)
    assert f"with other qualifiers: none, 'reports'. Write Annotated[{name}, " in str(caught.value)


async def test_who_forgot_the_plugin_is_told() -> None:
    """By whoever asks for a database."""
    app = CovetPy()

    @app.get("/")
    async def ask(database: DatabaseAdapter) -> None:
        raise AssertionError

    with pytest.raises(RouteError) as caught:
        await app.startup()

    assert "Nothing has registered it. Write CovetPy(plugins=[DatabasePlugin()])" in str(caught.value)


async def test_an_adapter_that_is_for_another_url_is_refused() -> None:
    """When the application starts."""
    app = CovetPy(plugins=[DatabasePlugin(adapter="postgresql", url="mysql://localhost/shop")])

    with pytest.raises(ConfigurationError, match="PostgreSQLAdapter is for postgresql://, got mysql://"):
        async with TestClient(app):
            pass


async def test_nobody_who_answers_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """For a while, with a line for each attempt; then the start fails."""
    app = CovetPy(plugins=[DatabasePlugin({"connect_for": "0.35s"}, url="postgresql://ada:canary@127.0.0.1:1/shop")])

    with pytest.raises(DatabaseUnavailableError, match=r"Nobody answers as PostgreSQL at .*127\.0\.0\.1:1/shop"):
        async with TestClient(app):
            pass

    lines = [record.getMessage() for record in caplog.records if record.name == "covet.database"]
    assert [line.partition(": ")[0] for line in lines] == [
        "The database 'default' does not answer yet; it is tried again in 0.1 s",
        "The database 'default' does not answer yet; it is tried again in 0.2 s",
    ]
    assert "canary" not in caplog.text


async def test_several_databases_have_names(tmp_path: Path) -> None:
    """The first one is meant where no name is said."""
    plugin = DatabasePlugin(
        url=f"sqlite:///{tmp_path / 'a.db'}", databases={"reports": f"sqlite:///{tmp_path / 'b.db'}"}
    )
    app = CovetPy(plugins=[plugin])

    @app.get("/")
    async def show(database: DatabaseAdapter, reports: Annotated[DatabaseAdapter, "reports"]) -> dict[str, bool]:
        await database.execute("CREATE TABLE here (id INTEGER)")
        async with transaction("reports"):
            await reports.execute("CREATE TABLE there (id INTEGER)")
        mine = await database.fetch_all("SELECT name FROM sqlite_master")
        theirs = await reports.fetch_all("SELECT name FROM sqlite_master")
        return {"right": mine == [{"name": "here"}] and theirs == [{"name": "there"}]}

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == {"right": True}
        health = await app.plugin_manager.check_health()

    assert sorted(health) == ["database", "reports"]
    assert all(report.is_healthy for report in health.values())


async def test_copies_are_asked_and_nothing_is_written_there(tmp_path: Path) -> None:
    """In turn; one that does not answer is left out."""
    paths = [tmp_path / f"{name}.db" for name in ("primary", "one", "two")]
    urls = [f"sqlite:///{path}" for path in paths]
    for number, url in enumerate(urls):
        database = SQLiteAdapter()
        await database.connect(url)
        await database.execute("CREATE TABLE which (number INTEGER)")
        await database.execute("INSERT INTO which VALUES ($1)", number)
        await database.disconnect()
    app = CovetPy(plugins=[DatabasePlugin(url=urls[0], replicas=urls[1:])])

    @app.get("/")
    async def ask(replicas: ReadReplicas, database: SQLAdapter) -> list[int]:
        answers = [await replicas.fetch_val("SELECT number FROM which") for _ in range(4)]
        return [*answers, await database.fetch_val("SELECT number FROM which")]

    async with TestClient(app) as client:
        assert sorted((await client.get("/")).json()) == [0, 1, 1, 2, 2]


async def test_whoever_subscribes_hears_of_statements() -> None:
    """Of their text, without values, and how long they took; a handler that asks the database is not told of that."""
    app = make_app(DatabasePlugin(url="sqlite://"))
    heard: list[DatabaseQueryEvent] = []

    @app.events.subscribe(DatabaseQueryEvent)
    async def hear(event: DatabaseQueryEvent, database: SQLAdapter) -> None:
        heard.append(event)
        await database.fetch_val("SELECT 'mine'")

    async with TestClient(app, raise_app_exceptions=False) as client:
        await client.post("/visit", params={"path": "/canary", "fail": "true"})
        await app.events.drain()

    texts = [event.query for event in heard]
    assert 'INSERT INTO "visits" ("path") VALUES ($1)' in texts
    assert not [text for text in texts if "canary" in text or "mine" in text]
    assert all(event.duration_ms >= 0 for event in heard)


async def test_slow_statements_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Their text, how long they took, and no value."""
    caplog.set_level(logging.INFO, "covet.database")
    app = create_app(plugins=[DatabasePlugin], database={"url": "sqlite://", "slow_query": "0s"})

    async with TestClient(app):
        database = await app.container.resolve(SQLAdapter)
        await database.fetch_val("SELECT $1", "canary")

    assert "A statement of default took 0.0" in caplog.text
    assert "gave 1 rows: SELECT $1" in caplog.text
    assert "canary" not in caplog.text


async def test_a_start_that_fails_leaves_nothing_connected(tmp_path: Path) -> None:
    """The databases that were connected are disconnected."""
    plugin = DatabasePlugin(
        {"connect_for": "0s"},
        url=f"sqlite:///{tmp_path / 'a.db'}",
        databases={"reports": f"sqlite:///{tmp_path / 'nowhere' / 'b.db'}"},
    )
    app = CovetPy(plugins=[plugin])

    with pytest.raises(DatabaseUnavailableError, match="The file of the database cannot be used"):
        async with TestClient(app):
            pass

    assert not plugin.database.is_connected


def test_a_plugin_without_an_application_has_no_database() -> None:
    """It says so."""
    with pytest.raises(ConfigurationError, match="The plugin has no database yet"):
        _ = DatabasePlugin().database


def test_the_adapter_may_be_an_object() -> None:
    """As it may be a class, a name or an import path."""
    adapter = SQLiteAdapter()
    plugins = [
        DatabasePlugin(adapter=choice, url="sqlite://")
        for choice in (adapter, SQLiteAdapter, "sqlite", "covet.database:SQLiteAdapter")
    ]

    for plugin in plugins:
        CovetPy(plugins=[plugin])

    assert plugins[0].database is adapter
    assert all(isinstance(plugin.database, SQLiteAdapter) for plugin in plugins)
    assert not isinstance(plugins[1].database, PostgreSQLAdapter)


@pytest.mark.parametrize("scheme", ["sqlite", "postgresql", "mysql"])
async def test_a_copy_that_is_away_is_left_out(
    scheme: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The application starts, the database itself answers, the log and the health say so."""
    url = find_url(scheme, request, tmp_path)
    away = {"sqlite": f"sqlite:///{tmp_path / 'nowhere.db'}"}.get(scheme, f"{scheme}://ada:canary@127.0.0.1:1/shop")
    app = CovetPy(plugins=[DatabasePlugin(url=url, replicas=[away])])

    @app.get("/")
    async def ask(replicas: ReadReplicas) -> int | None:
        async with aclosing(replicas.stream("SELECT 1 AS one")) as rows:
            assert [row async for row in rows] == [{"one": 1}]
        one: int | None = await replicas.fetch_val("SELECT 1 AS one")
        return one

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == 1
        health = await app.plugin_manager.check_health()

    assert health["database"].is_healthy
    assert not health["replica 1"].is_healthy
    assert str(health["replica 1"].error) == (
        "The database 'replica 1' does not answer: others are asked in its place."
    )
    assert "The database 'replica 1' does not answer: others are asked in its place: " in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("scheme", ["sqlite", "postgresql", "mysql"])
async def test_the_sessions_of_a_copy_only_read(scheme: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Whatever a statement looks like, after a reset as before."""
    url = find_url(scheme, request, tmp_path)
    async with open_database(url) as primary:
        await primary.insert("tea", {"name": "stays"})
        plugin = DatabasePlugin(url=url, replicas=[url])
        app = CovetPy(plugins=[plugin])
        async with TestClient(app):
            copy = plugin._copies["replica 1"]
            assert await copy.fetch_val("SELECT name FROM tea") == "stays"
            for _ in range(2):
                with pytest.raises(QueryError, match=r"(?i)read.?only"):
                    await copy.execute("DELETE FROM tea")
                async with copy.transaction(read_only=True):
                    assert await list_names(copy) == ["stays"]
                with pytest.raises(QueryError, match=r"(?i)read.?only"):
                    await copy.fetch_all("UPDATE tea SET price = 1")
                async with copy.acquire() as connection:
                    assert await connection.fetch_val("SELECT count(*) AS n FROM tea") == 1
            assert copy.stats.opened == 1
            await plugin.database.execute("DELETE FROM tea")
        assert await list_names(primary) == []


async def test_a_copy_that_refuses_is_an_error_of_the_start(postgresql_url: str) -> None:
    """A wrong password does not mend itself."""
    wrong = str(DatabaseURL.parse(postgresql_url)).replace("**********", "wrong")
    if "@" not in wrong:
        wrong = postgresql_url.replace("://", "://nobody-of-that-name:wrong@")
    app = CovetPy(plugins=[DatabasePlugin(url=postgresql_url, replicas=[f"{wrong}-that-is-not-there"])])

    with pytest.raises(DatabaseError, match="refuses the connection"):
        async with TestClient(app):
            pass


def test_what_cannot_be_meant_is_refused() -> None:
    """Of the start, and not ignored."""

    def start(**options: Any) -> None:
        CovetPy(plugins=[DatabasePlugin(**options)])

    with pytest.raises(ConfigurationError, match="it has no scheme"):
        start(url="")
    for name in ("default", "database", "replica 1"):
        with pytest.raises(ConfigurationError, match=f"A further database cannot be called '{name}'"):
            start(url="sqlite://", databases={name: "sqlite://"})
    with pytest.raises(ConfigurationError, match=r"(?s)postgresql://\S+ can be no copy of a database of SQLiteAdapter"):
        start(url="sqlite://", replicas=["postgresql://ada:canary@db/shop"])
