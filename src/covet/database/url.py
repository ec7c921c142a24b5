"""
Where a database is, written as a URL; its password is shown to nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from covet.exceptions import ConfigurationError

# Spellings that people bring along, and what they mean.
_SCHEMES: Final = {
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
SQLALCHEMY_DRIVERS: Final = {
    "sqlite": ("aiosqlite", "orm"),
    "postgresql": ("asyncpg", "postgres"),
    "mysql": ("asyncmy", "mysql"),
}
"""The libraries by which SQLAlchemy speaks to each kind of database, and the extras that bring them."""


@dataclass(frozen=True)
class DatabaseURL:
    """
    The parts of a database's URL.

    Attributes:
        scheme: The kind of database, as adapters are registered: `"sqlite"`, `"postgresql"`, `"mysql"` or another.
        database: The name of the database, or the path of SQLite's file; empty for one in memory.
        host: The machine; empty for the default.
        port: The port; `None` for the default.
        user: Who logs in; `None` for the default.
        password: Their password; hidden in every representation.
        options: What stands behind the `?`.

    Example:
        >>> url = DatabaseURL.parse("postgres://ada:enigma@db.example:5433/shop?application_name=till")
        >>> url.scheme, url.host, url.port, url.database, url.options["application_name"]
        ('postgresql', 'db.example', 5433, 'shop', 'till')
        >>> print(url)
        postgresql://ada:**********@db.example:5433/shop?application_name=till
        >>> DatabaseURL.parse("sqlite:///shop.db").database, DatabaseURL.parse("sqlite:////var/shop.db").database
        ('shop.db', '/var/shop.db')
        >>> DatabaseURL.parse("sqlite://").is_in_memory
        True
    """

    scheme: str
    database: str = ""
    host: str = ""
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Take a URL apart.

        Args:
            text: The URL. A driver behind the scheme (`postgresql+asyncpg`) is understood and left out.

        Raises:
            ConfigurationError: If it is no URL of a database. The text is not shown: it may hold a password.
        """
        try:
            # A file may have a # in its name, and a database has no fragments.
            parts = urlsplit(text, allow_fragments=False)
            port = parts.port
        except ValueError:
            # Its text quotes the part that it could not read, which may be a password.
            raise _refuse("its host or its port cannot be read") from None
        if not parts.scheme or not text.startswith(f"{text.partition('://')[0]}://"):
            raise _refuse("it has no scheme")
        scheme = parts.scheme.partition("+")[0]
        scheme = _SCHEMES.get(scheme, scheme)
        database = unquote(parts.path[1:])
        if scheme == "sqlite":
            if parts.netloc:
                raise _refuse("it names a machine, and SQLite's files are on this one: write three slashes")
            database = "" if database == ":memory:" else database
        if "\0" in database:
            raise _refuse("the name of the database has a NUL in it")
        return cls(
            scheme,
            database,
            unquote(parts.hostname or ""),
            port,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
            MappingProxyType(dict(parse_qsl(parts.query, keep_blank_values=True))),
        )

    @property
    def is_in_memory(self) -> bool:
        """Whether it is a database of SQLite that goes with its connection."""
        return self.scheme == "sqlite" and not self.database

    def render(self, *, driver: str | None = None, hide_password: bool = True) -> str:
        """
        Write the URL.

        Args:
            driver: The driver behind the scheme, as SQLAlchemy wants it; none by default.
            hide_password: Whether stars stand in the place of the password.
        """
        scheme = f"{self.scheme}+{driver}" if driver else self.scheme
        user = "" if self.user is None else quote(self.user, safe="")
        if self.password is not None:
            user += ":" + ("**********" if hide_password else quote(self.password, safe=""))
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        place = f"{user}@{host}" if user else host
        place += f":{self.port}" if self.port is not None else ""
        options = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.options.items())
        path = f"/{quote(self.database)}" if self.database else ""
        return f"{scheme}://{place}{path}" + (f"?{options}" if options else "")

    def render_for_sqlalchemy(self) -> str:
        """
        Write the URL as SQLAlchemy's asynchronous engines want it, with the password in it: it is for no log.

        Example:
            >>> DatabaseURL.parse("sqlite:///shop.db").render_for_sqlalchemy()
            'sqlite+aiosqlite:///shop.db'
        """
        driver, _ = SQLALCHEMY_DRIVERS.get(self.scheme, (None, None))
        return self.render(driver=driver, hide_password=False)

    def __str__(self) -> str:
        return self.render()


def _refuse(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The URL of the database cannot be used: {why}.",
        hint="Write sqlite:///shop.db, postgresql://user:password@localhost/shop or mysql://user:password@localhost/shop.",
    )
