"""
What kinds of databases differ in, as data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from covet.exceptions import ConfigurationError, suggest

ParameterStyle = Literal["question", "dollar", "percent"]
Isolation = Literal["read_uncommitted", "read_committed", "repeatable_read", "serializable"]

FEATURES: Final = {
    "transactions": "transactions",
    "savepoints": "transactions within transactions",
    "transactional_ddl": "tables that a rollback takes back",
    "returning": "INSERT … RETURNING",
    "json_columns": "columns of JSON",
    "full_text_search": "searching for words",
    "geo_queries": "places and distances",
    "arrays": "columns of arrays",
    "skip_locked": "SELECT … FOR UPDATE SKIP LOCKED",
    "listen": "messages from other sessions",
}
"""What an adapter may be asked about with `supports_feature`, and what each one means."""


@dataclass(frozen=True)
class Dialect:
    """
    What a kind of database understands.

    Attributes:
        name: What it is called.
        parameter_style: What stands in the place of values.
        quote: What stands around an identifier.
        has_backslash_escapes: Whether a backslash escapes within literals.
        has_dollar_quotes: Whether `$tag$ … $tag$` is a literal, and `/* /* */ */` one comment.
        has_hash_comments: Whether `#` begins a comment.
        has_brackets: Whether `[name]` is an identifier.
        features: What it can do, of `FEATURES`.
        isolation: What to say for each level of isolation.
        begin: What begins a transaction; `{options}` stands for isolation and reading only.
        begin_before: What is said before that, to set its options, where they do not fit into it.
        read_only: The option for transactions that only read.
        begin_read_only: What begins such a transaction, where it is another statement.
        end_read_only: What is said after such a transaction.
        committing: A pattern of the statements with which it ends a transaction that is open, and keeps it.
        has_one_writer: Whether there is one transaction at a time that writes.
    """

    name: str
    parameter_style: ParameterStyle
    quote: str = '"'
    has_backslash_escapes: bool = False
    has_dollar_quotes: bool = False
    has_hash_comments: bool = False
    has_brackets: bool = False
    features: frozenset[str] = frozenset()
    isolation: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    begin: str = "BEGIN{options}"
    begin_before: str | None = None
    read_only: str = "READ ONLY"
    begin_read_only: tuple[str, ...] | None = None
    end_read_only: tuple[str, ...] = ()
    committing: str = ""
    has_one_writer: bool = False

    def quote_identifier(self, name: str) -> str:
        """
        Write a name so that nothing in it ends it.

        Args:
            name: The name of a table or a column; a dot in it is a letter like others.

        Raises:
            ConfigurationError: If it is empty or has a NUL in it.

        Example:
            >>> SQLITE.quote_identifier('strange"name')
            '"strange""name"'
        """
        if not name or "\0" in name:
            raise ConfigurationError(f"{name!r} is no name of a table or a column.")
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def begin_statements(self, isolation: Isolation | None, *, read_only: bool) -> tuple[str, ...]:
        """
        Write what begins a transaction.

        Args:
            isolation: How much it sees of others; the database's own default if `None`.
            read_only: Whether it only reads.

        Raises:
            ConfigurationError: If the database has no such level.

        Example:
            >>> POSTGRESQL.begin_statements("serializable", read_only=True)
            ('BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY',)
            >>> MYSQL.begin_statements("read_committed", read_only=False)
            ('SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'START TRANSACTION')
        """
        if isolation is not None and isolation not in self.isolation:
            raise ConfigurationError(
                f"{self.name} has no isolation {isolation!r}.", hint=suggest(str(isolation), tuple(self.isolation))
            )
        level = "" if isolation is None else self.isolation[isolation]
        if read_only and self.begin_read_only is not None:
            return self.begin_read_only
        reading = self.read_only if read_only else ""
        if self.begin_before is None:
            options = ", ".join(option for option in (level, reading) if option)
            return (self.begin.format(options=f" {options}" if options else ""),)
        before = (self.begin_before.format(options=level),) if level else ()
        return (*before, self.begin.format(options=f" {reading}" if reading else ""))


_LEVELS: Final = {
    "read_uncommitted": "ISOLATION LEVEL READ UNCOMMITTED",
    "read_committed": "ISOLATION LEVEL READ COMMITTED",
    "repeatable_read": "ISOLATION LEVEL REPEATABLE READ",
    "serializable": "ISOLATION LEVEL SERIALIZABLE",
}
_COMMON: Final = frozenset({"transactions", "savepoints", "json_columns", "full_text_search"})

SQLITE: Final = Dialect(
    "SQLite",
    parameter_style="question",
    has_brackets=True,
    features=_COMMON | {"transactional_ddl", "returning"},
    # There is one writer at a time, and readers see the moment of their beginning: nothing less can be had.
    isolation=MappingProxyType({"serializable": ""}),
    # Whoever writes says so at once: a transaction that read first and writes later may be refused without waiting.
    begin="BEGIN IMMEDIATE",
    begin_read_only=("PRAGMA query_only = 1", "BEGIN DEFERRED"),
    end_read_only=("PRAGMA query_only = 0",),
    has_one_writer=True,
)
POSTGRESQL: Final = Dialect(
    "PostgreSQL",
    parameter_style="dollar",
    has_dollar_quotes=True,
    features=_COMMON | {"transactional_ddl", "returning", "arrays", "skip_locked", "listen"},
    isolation=MappingProxyType(_LEVELS),
)
MYSQL: Final = Dialect(
    "MySQL",
    parameter_style="percent",
    quote="`",
    has_backslash_escapes=True,
    has_hash_comments=True,
    features=_COMMON | {"geo_queries", "skip_locked"},
    isolation=MappingProxyType(_LEVELS),
    begin="START TRANSACTION{options}",
    begin_before="SET TRANSACTION {options}",
    committing=(
        r"(?:CREATE|DROP)\b(?!\s+(?:OR\s+REPLACE\s+)?TEMPORARY\b)|SET\s+PASSWORD\b"
        r"|(?:ALTER|TRUNCATE|RENAME|GRANT|REVOKE|LOCK|UNLOCK|ANALYZE|CHECK|OPTIMIZE|REPAIR|FLUSH|INSTALL|UNINSTALL)\b"
    ),
)
