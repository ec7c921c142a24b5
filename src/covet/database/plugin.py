"""
`DatabasePlugin`: the databases of an application, connected while it runs.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any, ClassVar, Final

from covet.app import CovetPy
from covet.config import Duration, section
from covet.config.masking import show
from covet.database.adapter import DatabaseAdapter
from covet.database.adapter_registry import ENTRY_POINTS, get_adapter_registry
from covet.database.adapters import SQLiteAdapter
from covet.database.errors import DatabaseAccessError, DatabaseUnavailableError
from covet.database.replicas import ReadReplicas
from covet.database.sql_adapter import SQLAdapter
from covet.database.start import DEFAULT_SQLITE, connect_patiently
from covet.database.url import DatabaseURL
from covet.events import SettingsChangedEvent
from covet.exceptions import ConfigurationError, suggest
from covet.import_paths import import_path
from covet.options import refuse_unknown
from covet.plugins import Plugin
from covet.plugins.base import HealthCheck

logger = logging.getLogger("covet.database")

Adapter = str | type[DatabaseAdapter] | DatabaseAdapter

_TAKEN: Final = frozenset({"default", "database"})


@section
class DatabaseConfig:
    """
    What there is to say about databases besides the section `[database]`: `[plugins.database]`.

    Attributes:
        connect_for: For how long it is tried to connect when the application starts, while nobody answers.
        replicas: The URLs of copies that only answer.
        databases: The URLs of further databases, by their names.
        options: Further options of the application's own database and its copies, such as `busy_timeout` of SQLite.
        database_options: Those of each further database, by its name.
    """

    connect_for: Duration = 10.0
    replicas: list[str] = field(default_factory=list)
    databases: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)  # Any: each adapter has its own
    database_options: dict[str, dict[str, Any]] = field(default_factory=dict)  # Any: as above


class DatabasePlugin(Plugin):
    """
    Connect an application to its databases while it runs.

    Handlers and services take a `DatabaseAdapter`, or the adapter's own class. Further databases are told apart by
    their names (`Annotated[DatabaseAdapter, "reports"]`); copies that only answer are `ReadReplicas`. Events that
    are published during a transaction are delivered after its commit, and whoever subscribes to `DatabaseQueryEvent`
    hears of each statement.

    Args:
        config: Its configuration.
        adapter: The adapter: a name of `get_adapter_registry()`, `"package.module:Name"`, a class, or an object; the
            one for the URL's scheme by default.
        url: Where the database is, in place of `database.url` of the settings.
        replicas: The URLs of its copies, in place of what the configuration says. Their sessions only read.
        databases: Further databases, in place of what the configuration says.

    Example:
        >>> from covet.testing import TestClient
        >>> app = CovetPy(plugins=[DatabasePlugin(url="sqlite://")])
        >>> @app.get("/")
        ... async def count(database: DatabaseAdapter) -> dict[str, int]:
        ...     return await database.fetch_one("SELECT 1 AS one")
        >>> async with TestClient(app) as client:
        ...     (await client.get("/")).json()
        {'one': 1}
    """

    name: ClassVar[str] = "database"
    version: ClassVar[str] = "1.0.0"
    description: ClassVar[str] = "SQLite, PostgreSQL, MySQL and MariaDB, with pools and transactions."
    Config = DatabaseConfig
    config: DatabaseConfig

    @refuse_unknown
    def __init__(
        self,
        config: Mapping[str, object] | DatabaseConfig | None = None,
        *,
        adapter: Adapter | None = None,
        url: str | None = None,
        replicas: Sequence[str] | None = None,
        databases: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(config)
        self._adapter = adapter
        self._url = url
        self._replica_urls = replicas
        self._named_urls = databases
        # Each database with its URL; the first one is that of the application.
        self._databases: dict[str, tuple[DatabaseAdapter, str]] = {}
        self._copies: dict[str, SQLAdapter] = {}
        self._options: dict[str, Any] = {}

    @property
    def database(self) -> DatabaseAdapter:
        """
        The application's database.

        Raises:
            ConfigurationError: If the plugin belongs to no application yet.
        """
        if not self._databases:
            raise ConfigurationError("The plugin has no database yet.", hint="Give it to an application first.")
        return self._databases["default"][0]

    def init_app(self, app: CovetPy) -> None:
        """
        Register the databases; they are connected when the application starts.

        Args:
            app: The application.

        Raises:
            ConfigurationError: If a URL is missing or cannot be, or there is no such adapter.
            MissingDependencyError: If the library of an adapter is not installed.
        """
        settings = app.settings.database
        url = settings.url if self._url is None else self._url
        adapter = None if self._adapter is None else _make_adapter(self._adapter)
        if url is None and (adapter is None or isinstance(adapter, SQLiteAdapter)):
            url = DEFAULT_SQLITE
        if url is None:
            raise ConfigurationError(
                "'database.url' is missing.",
                hint='Set COVET_DB_URL, or add url = "postgresql://…" under [database] in config.toml.',
            )
        named = self.config.databases if self._named_urls is None else self._named_urls
        replicas = self.config.replicas if self._replica_urls is None else self._replica_urls
        adapter = adapter or _make_adapter(DatabaseURL.parse(url).scheme)
        self._databases = {"default": (adapter, url)}
        for name, its in named.items():
            if name in _TAKEN or name.startswith("replica "):
                raise ConfigurationError(
                    f"A further database cannot be called {name!r}.",
                    hint="The application's own one is given by url=. Call the others by what is in them.",
                )
            self._databases[name] = (_make_adapter(DatabaseURL.parse(its).scheme), its)
        for name in self.config.database_options:
            if name not in named:
                raise ConfigurationError(
                    f"There are database_options for {name!r}, and there is no further database of that name.",
                    hint=suggest(name, tuple(named)),
                )
        self._copies = {f"replica {number}": _make_copy(adapter, its) for number, its in enumerate(replicas, 1)}
        self._databases |= {name: (copy, its) for (name, copy), its in zip(self._copies.items(), replicas, strict=True)}
        if isinstance(adapter, SQLAdapter):
            self._options = {
                "max_size": settings.pool_size,
                "timeout": settings.pool_timeout,
                "connect_timeout": settings.connect_timeout,
                "query_timeout": settings.query_timeout,
                "slow_query": settings.slow_query,
                "echo": settings.echo,
            }
        self._register(app, adapter)

        @app.events.subscribe(SettingsChangedEvent)
        def follow_settings(_: SettingsChangedEvent) -> None:
            for database, _url in self._databases.values():
                if isinstance(database, SQLAdapter) and database.is_connected:
                    database.pool.observation.set_echo(app.settings.database.echo)

    def _register(self, app: CovetPy, adapter: DatabaseAdapter) -> None:
        register = app.container.register_instance
        for kind in _list_kinds(adapter):
            register(kind, adapter)
        if isinstance(adapter, SQLAdapter):
            register(ReadReplicas, ReadReplicas(adapter, list(self._copies.values())))
        for name, (database, _) in self._databases.items():
            if isinstance(database, SQLAdapter):
                database.follow(app.events)
            if name != "default" and name not in self._copies:
                for kind in _list_kinds(database):
                    register(kind, database, qualifier=name)

    async def on_startup(self) -> None:
        """
        Connect all databases; while nobody answers, again and again for a while. Of copies none has to answer.

        Raises:
            DatabaseAccessError: If a database does not let the application in.
            DatabaseUnavailableError: If nobody answered for `connect_for`.
        """
        connected: list[DatabaseAdapter] = []
        try:
            for name, (database, url) in self._databases.items():
                if name in self._copies:
                    await self._connect_copy(name, url)
                else:
                    await self._connect(name, database, url)
                connected.append(database)
        except BaseException:
            for database in reversed(connected):
                await database.disconnect()
            raise

    async def _connect_copy(self, name: str, url: str) -> None:
        copy = self._copies[name]
        options = {"name": name, **self._options, **self.config.options}
        if "read_only" in copy.connection_options:
            options["read_only"] = True
        try:
            await copy.connect(url, **options)
        except DatabaseAccessError:
            raise
        except DatabaseUnavailableError as exc:
            logger.warning("The database %r does not answer: others are asked in its place: %s", name, exc.message)
            await copy.connect(url, is_eager=False, **options)

    async def _connect(self, name: str, database: DatabaseAdapter, url: str) -> None:
        options = self.config.options if name == "default" else self.config.database_options.get(name, {})
        if isinstance(database, SQLAdapter):
            options = {"name": name, **self._options, **options}
        await connect_patiently(name, partial(database.connect, url, **options), seconds=self.config.connect_for)

    async def on_shutdown(self) -> None:
        """Disconnect all databases, the last one first."""
        for database, _ in reversed(self._databases.values()):
            await database.disconnect()

    def health_checks(self) -> Mapping[str, HealthCheck]:
        """Name a check for each database; that of a copy says who is asked in its place."""
        names = {"default": "database"}
        checks: dict[str, HealthCheck] = {
            names.get(name, name): database.is_healthy for name, (database, _) in self._databases.items()
        }
        return checks | {name: partial(_check_copy, name, copy) for name, copy in self._copies.items()}


async def _check_copy(name: str, copy: SQLAdapter) -> None:
    if not await copy.is_healthy():
        raise DatabaseUnavailableError(f"The database {name!r} does not answer: others are asked in its place.")


# Any: the contract is abstract, and so no type of what could be made.
def _list_kinds(database: DatabaseAdapter) -> list[Any]:
    """List by which classes a database is asked for."""
    kinds = [DatabaseAdapter, SQLAdapter] if isinstance(database, SQLAdapter) else [DatabaseAdapter]
    return list(dict.fromkeys((*kinds, type(database))))


def _make_copy(adapter: DatabaseAdapter, url: str) -> SQLAdapter:
    copy = _make_adapter(DatabaseURL.parse(url).scheme)
    if not isinstance(copy, SQLAdapter) or not isinstance(adapter, SQLAdapter) or copy.dialect is not adapter.dialect:
        raise ConfigurationError(
            f"{DatabaseURL.parse(url)} can be no copy of a database of {type(adapter).__name__}.",
            hint="The URL of a replica has the scheme of the database that it is a copy of.",
        )
    return copy


def _make_adapter(adapter: Adapter) -> DatabaseAdapter:
    if isinstance(adapter, DatabaseAdapter):
        return adapter
    found: object = adapter
    if isinstance(adapter, str):
        found = import_path(adapter) if ":" in adapter else _find_adapter(adapter)
    if not isinstance(found, type) or not issubclass(found, DatabaseAdapter):
        raise ConfigurationError(
            f"adapter must be a DatabaseAdapter, its class or its name, got {show(adapter, name='adapter')}."
        )
    return found()


def _find_adapter(name: str) -> type[DatabaseAdapter]:
    registry = get_adapter_registry()
    found = registry.get(name)
    if found is None:
        # Packages are looked for only where what is at hand does not do.
        registry.discover_entry_points(ENTRY_POINTS, replace=True)
        found = registry.get(name)
    if found is None:
        raise ConfigurationError(f"There is no database adapter {name!r}.", hint=suggest(name, tuple(registry)))
    return found


__all__ = ["DatabaseConfig", "DatabasePlugin"]
