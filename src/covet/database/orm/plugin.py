"""
`OrmPlugin`: sessions and repositories as services of an application.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from covet.app import CovetPy
from covet.checks import Check
from covet.config import DatabaseSettings, Duration, section
from covet.config.key_ring import make_key_ring
from covet.core.afterwards import release_before_stream
from covet.core.middleware import Middleware
from covet.database.observation import Observation
from covet.database.orm.engine import Begin, create_engine
from covet.database.orm.model import Model
from covet.database.orm.repeated_queries import watch_repeated_queries
from covet.database.orm.repository import Repository
from covet.database.orm.session import RowSession, create_session_factory
from covet.database.start import DEFAULT_SQLITE, connect_patiently
from covet.database.url import DatabaseURL
from covet.di import Lifetime
from covet.events import SettingsChangedEvent
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.options import refuse_unknown
from covet.plugins import HealthCheck, Plugin
from covet.plugins.base import check_plugin_name
from covet.security import Signer
from covet.validation import Constraints

RepeatedQueries = Literal["auto", "off", "warn", "raise"]

# Outermost: a middleware may resolve a session, too.
_PRIORITY: Final = -1_000

# What the section of all databases says, unless the plugin's own does.
_SHARED: Final = ("pool_size", "pool_timeout", "connect_timeout", "query_timeout", "slow_query", "echo")

# The request that sessions are opened for; services that are built in parallel inherit it.
_request: ContextVar[Request | None] = ContextVar("covet_orm_request", default=None)


@section
class OrmConfig:
    """
    What there is to say about a database: `[plugins.orm]`.

    Attributes:
        url: Where it is; by default what `[database]` says.
        pool_size: How many connections are open at most; by default what `[database]` says.
        pool_timeout: How long to wait for one; by default what `[database]` says.
        connect_timeout: How long the opening of one may take; by default what `[database]` says.
        query_timeout: How long a statement may take; by default what `[database]` says.
        slow_query: From how long on a statement is logged as slow; by default what `[database]` says.
        echo: Whether every statement is logged; by default what `[database]` says.
        connect_for: For how long it is tried to connect when the application starts, while nobody answers.
        options: Further options of connections, such as `busy_timeout` of SQLite.
        sqlite_begin: How SQLite begins a transaction: `deferred`, or `immediate` to take the lock for writing at once.
        repeated_queries: What happens to a line that asks the same again and again (N+1): `off`, `warn`, `raise`, or
            `auto`, which warns while the application is in debug or under test.
    """

    url: str | None = None
    pool_size: Annotated[int, Constraints(ge=1, le=10_000)] | None = None
    pool_timeout: Annotated[Duration, Constraints(gt=0)] | None = None
    connect_timeout: Annotated[Duration, Constraints(gt=0)] | None = None
    query_timeout: Annotated[Duration, Constraints(gt=0)] | None = None
    slow_query: Annotated[Duration, Constraints(ge=0)] | None = None
    echo: bool | None = None
    connect_for: Duration = 10.0
    options: dict[str, Any] = field(default_factory=dict)  # Any: each driver has its own
    sqlite_begin: Begin = "deferred"
    repeated_queries: RepeatedQueries = "auto"


class OrmPlugin(Plugin):
    """
    Offer a database to handlers: an `AsyncSession` for each request, and `Repository[Model]` in it.

    The database has to answer when the application starts. A session connects at its first query. It is never committed
    for you: what was not committed when the request ends is rolled back. Before a response is streamed its connection
    goes back, so that slow clients hold none. Whoever subscribes to `DatabaseQueryEvent` hears of each statement.

    Args:
        config: The configuration as a mapping or an `OrmConfig`; it wins over `[plugins.orm]`.
        url: Where the database is, in place of what the configuration says. That of the application is the file
            `database.db` of SQLite if nobody says anything else.
        name: The plugin's name, for a further database. Its services are asked for by that name:
            `Annotated[AsyncSession, "reports"]`.
        repositories: Subclasses of `Repository` that handlers take.
        create_all: Tables to create at the start if they are missing: for examples and tests, which have no migrations.
        migrations: The directory of the migrations. With it there are the commands `covet db`, and while migrations are
            pending the application is not healthy, and `covet check` finds an error.
        metadata: The tables that the migrations are about, by default those of `Model`.

    Example:
        >>> from sqlalchemy import text
        >>> from sqlalchemy.ext.asyncio import AsyncSession
        >>> app = CovetPy(plugins=[OrmPlugin(url="sqlite://")])
        >>> @app.get("/answer")
        ... async def answer(session: AsyncSession) -> dict[str, int]:
        ...     return {"answer": (await session.execute(text("SELECT 42"))).scalar_one()}
        >>> from covet.testing import TestClient
        >>> async with TestClient(app) as client:
        ...     response = await client.get("/answer")
        >>> response.json()
        {'answer': 42}
    """

    name = "orm"
    version = "1.0.0"
    description = "Rows as objects, by SQLAlchemy: sessions and repositories."
    Config: ClassVar[type[Any] | None] = OrmConfig
    config: OrmConfig

    @refuse_unknown
    def __init__(
        self,
        config: Mapping[str, object] | OrmConfig | None = None,
        *,
        url: str | DatabaseURL | None = None,
        name: str | None = None,
        repositories: Sequence[type[Repository[Any]]] = (),
        create_all: MetaData | None = None,
        migrations: str | Path | None = None,
        metadata: MetaData | Sequence[MetaData] | None = None,
    ) -> None:
        super().__init__(config)
        if name is not None:
            check_plugin_name(type(self), name)
            # Each database of an application is a plugin of its own.
            self.__dict__["name"] = name
        self._qualifier = name if name != "orm" else None
        self._url = url
        self._repositories = tuple(repositories)
        self._create_all = create_all
        self._directory = migrations
        self._metadata = metadata
        self._where: str | DatabaseURL | None = None
        self._engine: AsyncEngine | None = None
        self._sessions: async_sessionmaker[AsyncSession] | None = None

    @property
    def engine(self) -> AsyncEngine:
        """
        The engine, once the plugin belongs to an application.

        Raises:
            ConfigurationError: If it does not yet.
        """
        if self._engine is None:
            raise ConfigurationError("The plugin has no engine yet.", hint="Give it to an application first.")
        return self._engine

    @property
    def has_migrations(self) -> bool:
        """Whether it was given a directory of migrations."""
        return self._directory is not None

    def open_session(self) -> AsyncSession:
        """
        Open a session outside of a request; whoever does closes it.

        Raises:
            ConfigurationError: If the plugin belongs to no application yet.
        """
        if self._sessions is None:
            raise ConfigurationError("The plugin has no sessions yet.", hint="Give it to an application first.")
        session = self._sessions()
        request = _request.get()
        if request is not None:
            # Not a rollback: the objects stay as they are, and may be read on; the session may be used again.
            release_before_stream(request, session.close)
        return session

    def init_app(self, app: CovetPy) -> None:
        """
        Make the engine, which does not connect yet, and register what handlers take.

        Raises:
            ConfigurationError: If nobody says where a further database is, or an option cannot be.
            MissingDependencyError: If its driver is not installed.
        """
        self._where = self._find_url(app.settings.database)
        chosen = self._choose(app.settings.database)
        observation = Observation(self.name, echo=chosen.pop("echo"), slow_query=chosen.pop("slow_query"))
        observation.follow(app.events)
        self._engine = create_engine(
            self._where,
            sqlite_begin=self.config.sqlite_begin,
            options=self.config.options,
            observation=observation,
            **chosen,
        )

        @app.events.subscribe(SettingsChangedEvent)
        def follow_settings(_: SettingsChangedEvent) -> None:
            observation.set_echo(self._choose(app.settings.database)["echo"])

        has_key = bool(app.settings.security.secret_key)
        sealer = Signer(make_key_ring(app.settings, needed_for="cursors"), purpose="covet.cursor") if has_key else None
        self._sessions = create_session_factory(self._engine, cursor_sealer=sealer)
        self._watch(app)
        container = app.container
        container.register_instance(AsyncEngine, self._engine, qualifier=self._qualifier)
        container.register(
            AsyncSession,
            factory=self.open_session,
            lifetime=Lifetime.SCOPED,
            qualifier=self._qualifier,
            enter=False,
            close="close",
        )
        if self._qualifier is None:
            container.register(Repository, lifetime=Lifetime.SCOPED)
        for repository in self._repositories:
            container.register(repository, lifetime=Lifetime.SCOPED)
        if not any(isinstance(layer, _RequestMiddleware) for layer in app.layers):
            app.add_middleware(_RequestMiddleware())

    def _find_url(self, general: DatabaseSettings) -> str | DatabaseURL:
        url = self._url or self.config.url
        if url:
            return url
        if self._qualifier is None:
            return general.url or DEFAULT_SQLITE
        raise ConfigurationError(
            f"Nobody says where the database of the plugin {self.name!r} is.",
            hint=f"Write OrmPlugin(name={self.name!r}, url='sqlite:///{self.name}.db'), "
            f"or add url under [plugins.{self.name}].",
        )

    # Any: each option has a type of its own.
    def _choose(self, general: DatabaseSettings) -> dict[str, Any]:
        """Put together what the plugin's own section says, and what that of all databases says besides."""
        own = {name: getattr(self.config, name) for name in _SHARED}
        return {name: getattr(general, name) if value is None else value for name, value in own.items()}

    def _watch(self, app: CovetPy) -> None:
        reaction = self.config.repeated_queries
        if reaction == "auto":
            environment = app.settings.environment
            reaction = "warn" if app.debug or environment.value == "testing" else "off"
        if reaction != "off" and self._sessions is not None:
            # A class of its own: other applications of the process are not watched.
            watched = type("WatchedSession", (RowSession,), {})
            watch_repeated_queries(watched, reaction=reaction)
            self._sessions.configure(sync_session_class=watched)

    async def on_startup(self) -> None:
        """
        Connect, while nobody answers again and again for a while, and create the missing tables if that was asked for.

        Raises:
            DatabaseAccessError: If the database does not let the application in.
            DatabaseUnavailableError: If nobody answered for `connect_for`.
        """
        try:
            await connect_patiently(self.name, self._connect, seconds=self.config.connect_for)
            if self._create_all is not None:
                async with self.engine.begin() as connection:
                    await connection.run_sync(self._create_all.create_all)
        except BaseException:
            await self.engine.dispose()
            raise

    async def on_shutdown(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    def health_checks(self) -> Mapping[str, HealthCheck]:
        """Tell whether the database answers, and whether it has all migrations."""
        suffix = "" if self._qualifier is None else f"_{self._qualifier}"
        checks: dict[str, HealthCheck] = {f"orm{suffix}": self._ping}
        if self._directory is not None:
            # Loaded here: it brings Alembic, which nobody without migrations has need of.
            from covet.database.migrations import create_health_check

            checks[f"migrations{suffix}"] = create_health_check(self.make_migrations(), database=self._database_option)
        return checks

    def checks(self) -> Sequence[Check]:
        """Look whether the database lacks migrations, if it has any."""
        if self._directory is None:
            return ()
        from covet.database.migrations import create_check

        return [create_check(self.make_migrations(), database=self._database_option)]

    def commands(self) -> Mapping[str, object]:
        """Name the commands `covet db`, of all databases that have migrations; the first one of them brings it."""
        migrated = self._list_migrated()
        if not migrated or migrated[0] is not self:
            return {}
        from covet.database.migrations.commands import create_commands

        is_production = self.app is not None and self.app.settings.is_production
        return {
            "db": create_commands(
                lambda: {plugin.name: plugin.make_migrations() for plugin in migrated}, is_production=is_production
            )
        }

    def _list_migrated(self) -> "list[OrmPlugin]":
        """List the databases of the application that have migrations, that of sessions without a name first."""
        plugins = [self] if self.app is None else self.app.plugin_manager.list_plugins()
        found = [plugin for plugin in plugins if isinstance(plugin, OrmPlugin) and plugin.has_migrations]
        return sorted(found, key=lambda plugin: plugin.name != "orm")

    @property
    def _database_option(self) -> str | None:
        """What `covet db --database` calls it; `None` if it is the first one."""
        return None if self._list_migrated()[0] is self else self.name

    # Any: `Migrations`, whose module brings Alembic.
    def make_migrations(self) -> Any:
        """
        Make the migrations of the database, to run them from code.

        Raises:
            ConfigurationError: If the plugin was given no `migrations`, or the database can have none.
            MissingDependencyError: If Alembic is not installed.
        """
        from covet.database.migrations import Migrations

        if self._directory is None or self._where is None:
            raise ConfigurationError(
                f"The plugin {self.name!r} knows no migrations.",
                hint="Write OrmPlugin(migrations='migrations'), and give it to an application.",
            )
        metadata = Model.metadata if self._metadata is None else self._metadata
        general = DatabaseSettings() if self.app is None else self.app.settings.database
        timeout: float = self._choose(general)["connect_timeout"]
        return Migrations(self._where, metadata, self._directory, connect_timeout=timeout, options=self.config.options)

    async def _connect(self) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def _ping(self) -> bool:
        await self._connect()
        return True


class _RequestMiddleware(Middleware):
    """Let sessions know their request: their connections go back before a response is streamed."""

    priority = _PRIORITY

    def process_request(self, request: Request) -> None:
        """Note it."""
        _request.set(request)


__all__ = ["OrmConfig", "OrmPlugin", "RepeatedQueries"]
