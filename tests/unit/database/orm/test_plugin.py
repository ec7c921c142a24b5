"""
Tests of sessions and repositories as services of an application.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from covet import CovetPy
from covet.config import Settings, Sources
from covet.database import DatabaseAccessError, DatabasePlugin, DatabaseUnavailableError, DatabaseURL, SQLAdapter
from covet.database.orm import OrmConfig, OrmPlugin, RepeatedQueryWarning, Repository
from covet.events import DatabaseQueryEvent, SettingsChangedEvent
from covet.exceptions import ConfigurationError
from covet.http.response import Response
from covet.options import UnknownOptionError
from covet.responses import StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols
from tests.unit.database.databases import SLOW
from tests.unit.database.orm.tables import Base, Post, User, open_engine


class Users(Repository[User]):
    """Know more than all repositories do."""

    async def named(self, name: str) -> User | None:
        """Find one by its name."""
        return await self.find_one({"name": name})


class ReportedUsers(Repository[User]):
    """Find the users of another database."""

    def __init__(self, session: Annotated[AsyncSession, "reports"]) -> None:
        super().__init__(session)


@on_both_protocols
async def test_handlers_take_sessions_and_repositories(protocol: WireProtocol) -> None:
    """All of one request work in the same session."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata, repositories=[Users])])

    @app.post("/users/{name}")
    async def add(name: str, session: AsyncSession, users: Repository[User], own: Users) -> dict[str, bool]:
        made = await users.create({"name": name})
        found = await own.named(name)
        await session.commit()
        return {"same": found is made and users.session is own.session is session}

    @app.get("/users")
    async def count(users: Repository[User], posts: Repository[Post]) -> dict[str, int]:
        return {"users": await users.count(), "posts": await posts.count()}

    async with TestClient(app, protocol=protocol) as client:
        added = await client.post("/users/Ada")
        counted = await client.get("/users")

    assert added.json() == {"same": True}
    assert counted.json() == {"users": 1, "posts": 0}


async def test_what_is_not_committed_is_rolled_back(tmp_path: Path) -> None:
    """After an error, and after a handler that forgot it; the connection is free again."""
    plugin = OrmPlugin(url=f"sqlite:///{tmp_path}/test.db", create_all=Base.metadata)
    app = CovetPy(plugins=[plugin])

    @app.post("/users")
    async def add(users: Repository[User], fails: bool) -> dict[str, int]:
        user = await users.create({"name": "Ada"})
        if fails:
            raise RuntimeError("boom")
        return {"id": user.id}

    async with TestClient(app, raise_app_exceptions=False) as client:
        answers = [await client.post("/users", params={"fails": fails}) for fails in ("true", "false")]
        taken = plugin.engine.pool.checkedout()  # type: ignore[attr-defined]
        async with plugin.open_session() as session:
            count = await Repository[User](session).count()

    assert [answer.status_code for answer in answers] == [500, 200]
    assert (taken, count) == (0, 0)


async def test_begin_commits_by_itself() -> None:
    """A block is a transaction, as SQLAlchemy has it."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata)])

    @app.post("/users")
    async def add(session: AsyncSession, users: Repository[User]) -> None:
        async with session.begin():
            await users.create({"name": "Ada"})

    @app.get("/users")
    async def count(users: Repository[User]) -> int:
        return await users.count()

    async with TestClient(app) as client:
        await client.post("/users")
        assert (await client.get("/users")).json() == 1


async def test_streams_hold_no_connection(tmp_path: Path) -> None:
    """However slow a client is; what was read before stays readable, and the session may be used again."""
    plugin = OrmPlugin(url=f"sqlite:///{tmp_path}/test.db", create_all=Base.metadata)
    app = CovetPy(plugins=[plugin])
    taken: list[int] = []

    @app.get("/slow")
    async def slow(users: Repository[User], session: AsyncSession) -> Response:
        user = await users.create({"name": "Ada"})
        await session.commit()
        await users.count()

        async def pieces() -> AsyncIterator[str]:
            for _ in range(2):
                taken.append(plugin.engine.pool.checkedout())  # type: ignore[attr-defined]
                yield user.name
            yield str(await users.count())

        return StreamingResponse(pieces())

    async with TestClient(app) as client:
        answer = await client.get("/slow")
        left = plugin.engine.pool.checkedout()  # type: ignore[attr-defined]

    assert (answer.text, taken, left) == ("AdaAda1", [0, 0], 0)


async def test_rows_are_streamed_out_of_the_session(tmp_path: Path) -> None:
    """A handler that yields what it reads keeps its connection while it does."""
    plugin = OrmPlugin(url=f"sqlite:///{tmp_path}/test.db", create_all=Base.metadata)
    app = CovetPy(plugins=[plugin])

    @app.get("/names", media_type="text/plain")
    async def names(users: Repository[User]) -> AsyncIterator[str]:
        async for user in users.stream(order_by=["name"], batch_size=2):
            yield user.name

    async with TestClient(app) as client:
        async with plugin.open_session() as session:
            await Repository[User](session).create_many([{"name": name} for name in "abcde"])
            await session.commit()
        answer = await client.get("/names")

    assert answer.text == "abcde"
    assert plugin.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_nobody_who_answers_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """As `DatabasePlugin` does: for a while, with a line for each attempt; then the start fails."""
    app = CovetPy(plugins=[OrmPlugin({"connect_for": "0.35s"}, url="postgresql://ada:enigma@127.0.0.1:1/shop")])

    with pytest.raises(DatabaseUnavailableError, match=r"Nobody answers as PostgreSQL at .*127\.0\.0\.1:1/shop"):
        async with TestClient(app):
            pass

    lines = [record.getMessage() for record in caplog.records if record.name == "covet.database"]
    assert [line.partition(": ")[0] for line in lines] == [
        "The database 'orm' does not answer yet; it is tried again in 0.1 s",
        "The database 'orm' does not answer yet; it is tried again in 0.2 s",
    ]
    assert "enigma" not in caplog.text


@pytest.mark.parametrize("make", [OrmPlugin, DatabasePlugin])
async def test_a_file_that_cannot_be_opened_is_an_error_at_once(
    make: type[OrmPlugin | DatabasePlugin], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It names the file, and nobody waits for what waiting does not mend."""
    path = tmp_path / "nowhere" / "shop.db"
    app = CovetPy(plugins=[make(url=f"sqlite:///{path}")])

    with pytest.raises(DatabaseAccessError) as caught:
        async with TestClient(app):
            pass

    assert str(caught.value) == (
        f"The file of the database cannot be used: '{path}': No such file or directory.\n"
        "  See that its folder is there, that both may be written, and that it is a database."
    )
    assert "tried again" not in caplog.text


def make_asking_app(url: str, *, by_session: bool) -> tuple[CovetPy, Any]:
    """Make an application whose `/` asks the database, and what closes its connections."""
    plugin: OrmPlugin | DatabasePlugin = OrmPlugin(url=url) if by_session else DatabasePlugin(url=url)
    app = CovetPy(plugins=[plugin])

    async def close() -> None:
        if isinstance(plugin, OrmPlugin):
            await plugin.engine.dispose()
        else:
            assert isinstance(plugin.database, SQLAdapter)
            await plugin.database.pool.disconnect()
            await plugin.database.pool.connect()

    @app.get("/")
    async def ask() -> int:
        if isinstance(plugin, OrmPlugin):
            async with plugin.open_session() as session:
                return int((await session.execute(text("SELECT 1"))).scalar_one())
        assert isinstance(plugin.database, SQLAdapter)
        return int(await plugin.database.fetch_val("SELECT 1") or 0)

    return app, close


@pytest.mark.parametrize("by_session", [True, False])
async def test_a_database_that_lets_nobody_in_any_more_is_a_503(
    postgresql_url: str, tmp_path: Path, by_session: bool
) -> None:
    """By a session and by an adapter; the client may come again, and the text stays inside."""
    async with (
        open_engine(postgresql_url) as admin,
        admin.execution_options(isolation_level="AUTOCOMMIT").connect() as connection,
    ):
        await connection.execute(text("CREATE ROLE visitor_of_a_test LOGIN"))
        try:
            where = DatabaseURL.parse(postgresql_url)
            role = dataclasses.replace(where, user="visitor_of_a_test", password="enigma").render(hide_password=False)
            app, close = make_asking_app(role, by_session=by_session)
            async with TestClient(app, raise_app_exceptions=False) as client:
                before = await client.get("/")
                await connection.execute(text("ALTER ROLE visitor_of_a_test NOLOGIN"))
                await close()
                refused = await client.get("/")
        finally:
            await connection.execute(text("DROP ROLE visitor_of_a_test"))
    folder = tmp_path / "folder"
    folder.mkdir()
    app, close = make_asking_app(f"sqlite:///{folder}/shop.db", by_session=by_session)
    async with TestClient(app, raise_app_exceptions=False) as client:
        await close()
        folder.rename(tmp_path / "moved")
        gone = await client.get("/")

    assert before.status_code == 200
    for answer in (refused, gone):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["detail"] == "The database cannot be reached at the moment."
        assert not [word for word in ("enigma", "visitor", "127.0.0.1", "shop.db") if word in answer.text]


async def test_stale_row_is_a_409() -> None:
    """As an HTTP error it needs no handler of its own."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata)])

    @app.put("/")
    async def put(posts: Repository[Post], users: Repository[User]) -> None:
        await users.create({"id": 1, "name": "Ada"})
        post = await posts.create({"author_id": 1, "slug": "a"})
        await posts.update(post, {"title": "x"}, expected_version=7)

    async with TestClient(app, raise_app_exceptions=False) as client:
        answer = await client.put("/")

    assert (answer.status_code, answer.json()["detail"]) == (409, "It was changed meanwhile. Read it again.")


async def test_several_databases_have_names() -> None:
    """Each is a plugin; who asks for the services of one says its name."""
    plugins = [
        OrmPlugin(url="sqlite://", create_all=Base.metadata),
        OrmPlugin(url="sqlite://", name="reports", create_all=Base.metadata, repositories=[ReportedUsers]),
    ]
    app = CovetPy(plugins=plugins)

    @app.get("/")
    async def index(
        own: Repository[User],
        others: ReportedUsers,
        engine: AsyncEngine,
        other: Annotated[AsyncEngine, "reports"],
    ) -> list[int]:
        await own.create({"name": "Ada"})
        return [await own.count(), await others.count(), int(engine is other)]

    async with TestClient(app) as client:
        answer = await client.get("/")
        health = [await check() for plugin in plugins for check in plugin.health_checks().values()]
        names = [name for plugin in plugins for name in plugin.health_checks()]

    assert answer.json() == [1, 0, 0]
    assert (names, health) == (["orm", "orm_reports"], [True, True])


async def test_settings_say_where_it_is(tmp_path: Path) -> None:
    """The section of databases, unless the plugin's own says otherwise."""
    settings = Settings(database={"url": f"sqlite:///{tmp_path}/general.db", "pool_size": 3}, sources=Sources.none())
    general, own = OrmPlugin(), OrmPlugin(OrmConfig(url=f"sqlite:///{tmp_path}/own.db", pool_size=2))

    for plugin in (general, own):
        app = CovetPy(plugins=[plugin], settings=settings)
        async with TestClient(app):
            pass

    assert [str(plugin.engine.url).rpartition("/")[2] for plugin in (general, own)] == ["general.db", "own.db"]
    assert [plugin.engine.pool.size() for plugin in (general, own)] == [3, 2]  # type: ignore[attr-defined]


async def test_nobody_says_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application has a file of SQLite, as with `DatabasePlugin`; who wants another one has to say so."""
    monkeypatch.chdir(tmp_path)
    plugin = OrmPlugin(create_all=Base.metadata)
    app = CovetPy(plugins=[plugin], settings=Settings(sources=Sources.none()))

    async with TestClient(app):
        assert [path.name for path in tmp_path.glob("*.db")] == ["database.db"]
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(plugins=[OrmPlugin(name="reports")], settings=Settings(sources=Sources.none()))

    assert "Nobody says where the database of the plugin 'reports' is." in str(caught.value)
    assert ("Write OrmPlugin(name='reports', url='sqlite:///reports.db'), or add url under [plugins.reports].") in str(
        caught.value
    )


def test_what_is_written_in_python_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a plugin's own section stands between."""
    monkeypatch.setenv("COVET_DB_URL", "sqlite:///environment.db")
    plugins = [
        OrmPlugin(url="sqlite:///argument.db"),
        OrmPlugin({"url": "sqlite:///section.db"}),
        OrmPlugin(),
        OrmPlugin({"url": "sqlite:///section.db"}, url="sqlite:///argument.db"),
    ]

    for plugin in plugins:
        CovetPy(plugins=[plugin], settings=Settings())

    assert [plugin.engine.url.database for plugin in plugins] == [
        "argument.db",
        "section.db",
        "environment.db",
        "argument.db",
    ]


async def test_statements_have_the_limits_of_the_settings(caplog: pytest.LogCaptureFixture) -> None:
    """The section of databases holds for sessions as it does for adapters, and the plugin's own counts more."""
    caplog.set_level("INFO", "covet.database")
    database = {"query_timeout": "0.1s", "slow_query": "0s", "connect_timeout": "3s"}
    settings = Settings(database=database, sources=Sources.none())
    plugins = [OrmPlugin(url="sqlite://"), OrmPlugin({"query_timeout": "0.2s", "slow_query": "90s"}, url="sqlite://")]
    said = []

    for plugin in plugins:
        app = CovetPy(plugins=[plugin], settings=settings)
        async with TestClient(app), plugin.open_session() as session:
            await session.execute(text("SELECT :a"), {"a": "canary"})
            with pytest.raises(DatabaseUnavailableError) as caught:
                await session.execute(text(SLOW["sqlite"]))
            said.append(caught.value.message)

    assert said == [f"The database did not answer within {seconds} s." for seconds in ("0.1", "0.2")]
    assert "A statement of orm took 0.0" in caplog.text
    assert "gave 1 rows: SELECT ?" in caplog.text
    assert caplog.text.count("SELECT ?") == 1
    assert "canary" not in caplog.text


async def test_whoever_subscribes_hears_of_statements() -> None:
    """Of their text, without values, how long they took and how many rows they gave or changed."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata)])
    heard: list[DatabaseQueryEvent] = []

    @app.events.subscribe(DatabaseQueryEvent)
    async def hear(event: DatabaseQueryEvent) -> None:
        heard.append(event)

    @app.post("/users")
    async def add(users: Repository[User], session: AsyncSession) -> int:
        await users.create({"name": "canary"})
        await session.commit()
        return len(await users.find())

    async with TestClient(app) as client:
        assert (await client.post("/users")).json() == 1
        await app.events.drain()

    told = {event.query.split()[0]: event for event in heard if "users" in event.query and "PRAGMA" not in event.query}
    assert (told["INSERT"].rows_affected, told["SELECT"].rows_affected) == (1, 1)
    assert told["SELECT"].duration_ms > 0
    assert not [event for event in heard if "canary" in event.query]


async def test_a_request_that_is_too_late_ends_its_statement(tmp_path: Path) -> None:
    """The deadline of a route holds for what its session waits for, and the connection is good for the next one."""
    plugin = OrmPlugin({"pool_size": 1}, url=f"sqlite:///{tmp_path}/shop.db")
    app = CovetPy(plugins=[plugin])

    @app.get("/slow", timeout=0.2)
    async def slow(session: AsyncSession) -> int:
        return int((await session.execute(text(SLOW["sqlite"]))).scalar_one())

    @app.get("/quick")
    async def quick(session: AsyncSession) -> int:
        return int((await session.execute(text("SELECT 1"))).scalar_one())

    async with TestClient(app, raise_app_exceptions=False) as client, asyncio.timeout(10):
        late = await client.get("/slow")
        next_one = await client.get("/quick")

    assert (late.status_code, next_one.json()) == (504, 1)
    assert plugin.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"query_timout": "1s"}, "query_timeout"),
        ({"slow_queries": "1s"}, "slow_query"),
    ],
)
def test_a_section_takes_what_it_knows(config: dict[str, str], message: str) -> None:
    """With a suggestion."""
    with pytest.raises(ConfigurationError, match=message):
        CovetPy(plugins=[OrmPlugin(config, url="sqlite://")])


def test_options_of_connections_stand_in_the_section_too() -> None:
    """And unknown ones are refused when the application is made."""
    with pytest.raises(ConfigurationError, match="Did you mean 'busy_timeout'"):
        CovetPy(plugins=[OrmPlugin({"options": {"busy_timeot": 1}}, url="sqlite://")])


async def test_echo_follows_the_settings(caplog: pytest.LogCaptureFixture) -> None:
    """While the application runs, as that of an adapter does."""
    caplog.set_level("INFO", "covet.database")
    plugin = OrmPlugin(url="sqlite://")
    app = CovetPy(plugins=[plugin], settings=Settings(sources=Sources.none()))

    async with TestClient(app), plugin.open_session() as session:
        await session.execute(text("SELECT 'quiet'"))
        app._adopt(app.settings.replace(database={"echo": True}))
        await app.events.publish(SettingsChangedEvent(changed=(), needs_restart=()))
        await session.execute(text("SELECT 'loud'"))

    assert "quiet" not in caplog.text
    assert "SELECT 'loud'" in caplog.text


def test_plugin_alone_has_nothing() -> None:
    """Nor does it take what it does not know."""
    with pytest.raises(ConfigurationError, match="no engine yet"):
        _ = OrmPlugin(url="sqlite://").engine
    with pytest.raises(ConfigurationError, match="no sessions yet"):
        OrmPlugin(url="sqlite://").open_session()
    with pytest.raises(UnknownOptionError, match="create_all"):
        OrmPlugin(url="sqlite://", create_tables=True)  # type: ignore[call-arg]


@pytest.mark.parametrize(("debug", "warns"), [(True, True), (False, False)])
async def test_repeated_queries_are_found_in_development(debug: bool, warns: bool) -> None:
    """In production nothing looks."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata)], debug=debug)

    @app.get("/")
    async def index(users: Repository[User]) -> int:
        return sum([await users.count({"age": age}) for age in range(20)])

    async with TestClient(app) as client:
        if warns:
            with pytest.warns(
                RepeatedQueryWarning, match=r"^This line asks the database for User more than 5 times\. "
            ):
                await client.get("/")
        else:
            assert (await client.get("/")).json() == 0


async def test_requests_at_once_have_sessions_of_their_own(tmp_path: Path) -> None:
    """None sees what another one has not committed."""
    app = CovetPy(plugins=[OrmPlugin(url=f"sqlite:///{tmp_path}/test.db", create_all=Base.metadata)])

    @app.get("/{number}")
    async def index(number: int, session: AsyncSession) -> list[int]:
        await session.execute(text("SELECT 1"))
        await asyncio.sleep(0)
        return [number, id(session)]

    async with TestClient(app) as client:
        answers = await asyncio.gather(*(client.get(f"/{number}") for number in range(8)))

    assert sorted(answer.json()[0] for answer in answers) == list(range(8))


async def test_migrations_are_checked(tmp_path: Path) -> None:
    """While one is pending the application is not healthy; `covet check` says how to run it."""
    plugin = OrmPlugin(url=f"sqlite:///{tmp_path}/test.db", migrations=tmp_path / "migrations", metadata=Base.metadata)
    further = OrmPlugin(url=f"sqlite:///{tmp_path}/further.db", name="reports", migrations=tmp_path / "further")
    app = CovetPy(plugins=[plugin, further])

    async with TestClient(app):
        migrations = plugin.make_migrations()
        await migrations.init()
        await migrations.create_revision("add all")
        before = (await app.plugin_manager.check_health())["migrations"]
        await migrations.upgrade()
        after = (await app.plugin_manager.check_health())["migrations"]

    assert (before.is_healthy, after.is_healthy) == (False, True)
    assert (await migrations.check()).is_clean
    assert {check.setting: check.fix for _, check in app.plugin_manager.list_checks()} == {
        "migrations": "Run what is missing: covet db upgrade",
        "migrations of reports": "Run what is missing: covet db --database reports upgrade",
    }


@pytest.mark.parametrize("is_reversed", [False, True])
def test_one_command_is_for_all_databases(tmp_path: Path, is_reversed: bool) -> None:
    """The one without a name is the first, wherever its plugin stands."""
    plugins = [
        OrmPlugin(url=f"sqlite:///{tmp_path}/test.db", migrations=tmp_path / "first"),
        OrmPlugin(url=f"sqlite:///{tmp_path}/further.db", name="reports", migrations=tmp_path / "further"),
        OrmPlugin(url=f"sqlite:///{tmp_path}/plain.db", name="plain"),
    ]
    app = CovetPy(plugins=list(reversed(plugins)) if is_reversed else plugins)
    [(plugin, command)] = app.plugin_manager.list_commands().values()
    assert isinstance(command, click.Group)

    results = [
        CliRunner().invoke(command, arguments)
        for arguments in (["init"], ["--database", "reports", "init"], ["--database", "plain", "init"])
    ]

    assert plugin == "orm"
    assert [result.exit_code for result in results] == [0, 0, 1]
    assert results[2].output == "There is no database 'plain'.\n  Available: orm, reports.\n"
    assert (tmp_path / "first" / "env.py").exists()
    assert (tmp_path / "further" / "env.py").exists()


def test_without_a_directory_there_are_no_migrations() -> None:
    """The error says what to write."""
    plugin = OrmPlugin(url="sqlite://")
    _ = CovetPy(plugins=[plugin])

    with pytest.raises(ConfigurationError) as caught:
        plugin.make_migrations()

    assert str(caught.value) == (
        "The plugin 'orm' knows no migrations.\n"
        "  Write OrmPlugin(migrations='migrations'), and give it to an application."
    )
    assert plugin.commands() == {}


async def test_it_stands_beside_the_plugin_of_statements() -> None:
    """Both look after the database, each by a check of its own name."""
    app = CovetPy(plugins=[DatabasePlugin(url="sqlite://"), OrmPlugin(url="sqlite://")])

    async with TestClient(app):
        health = await app.plugin_manager.check_health()

    assert sorted(health) == ["database", "orm"]
    assert all(report.is_healthy for report in health.values())
