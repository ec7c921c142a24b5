"""
What a library has to do for CovetPy to speak to a kind of database: open connections, and run statements on one.

Whatever is pooled, counted, translated or nested is done elsewhere, once for all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeAlias, TypeVar

from covet.database.dialect import Dialect
from covet.database.errors import DatabaseError, QueryError
from covet.database.url import DatabaseURL
from covet.exceptions import ConfigurationError

T = TypeVar("T")

# Any: a column holds what its database knows.
Row: TypeAlias = dict[str, Any]
"""A row: the values of its columns by their names."""

Values: TypeAlias = Sequence[object]


class Result(NamedTuple):
    """
    What became of a statement.

    Attributes:
        rows_affected: How many rows it changed; 0 if the database does not tell.
        last_id: The number that the database counted up for the row, where the statement put in exactly one: the
            `rowid` of SQLite, `AUTO_INCREMENT` of MySQL. `None` if it put in none or several, or may have changed one
            instead, and where there is no such number. PostgreSQL tells none: write `RETURNING id`.
    """

    rows_affected: int
    last_id: int | None = None


class Words(Generic[T]):
    """
    The words that an option may be, in the text of a URL or in the settings, and what each of them means.

    Args:
        words: The words.

    Example:
        >>> read_flag("yes"), read_flag("Off"), read_flag(True)
        (True, False, True)
        >>> Words({"low": 1, "high": 9}).expected
        'high or low'
    """

    __slots__ = ("_words",)

    def __init__(self, words: Mapping[str, T]) -> None:
        self._words = words

    def __call__(self, word: str | T) -> T:
        """
        Read one.

        Args:
            word: The word, or what it means.

        Raises:
            KeyError: If it is none of them.
        """
        if isinstance(word, str):
            return self._words[word.lower()]
        if word not in self._words.values():
            raise KeyError
        return word

    @property
    def expected(self) -> str:
        """Which ones there are, for whoever wrote another one."""
        *others, last = sorted(self._words)
        return f"{', '.join(others)} or {last}" if others else last


read_flag: Final = Words(
    {
        **dict.fromkeys(("true", "1", "yes", "on"), True),
        **dict.fromkeys(("false", "0", "no", "off"), False),
    }
)
"""Reads an option that is on or off."""


class DriverConnection(ABC):
    """
    One connection. It is used by one task at a time, and knows neither pool nor placeholders of other databases.

    Whatever it raises of its library's own is given to `Driver.translate`. When a call is cancelled, it has to leave
    the connection either ready for the next one or closed: nothing of the former statement may run on.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def is_closed(self) -> bool:
        """Whether nothing can be asked of it any more."""

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open, by whatever statement it was begun; `False` if that cannot be told."""
        return False

    @property
    def was_stopped(self) -> bool | None:
        """
        Whether the database has ended the statement that was cancelled last; `False` if it did not even answer.

        `None` if that is not known: then it has to answer `reset` or `control` at once.
        """
        return None

    @abstractmethod
    async def execute(self, text: str, values: Values) -> Result:
        """Run a statement whose rows nobody wants."""

    @abstractmethod
    async def execute_many(self, text: str, rows: Sequence[Values]) -> Result:
        """Run a statement once for each row of values."""

    @abstractmethod
    async def fetch_one(self, text: str, values: Values) -> Row | None:
        """Run a statement and give its first row."""

    @abstractmethod
    async def fetch_all(self, text: str, values: Values) -> list[Row]:
        """Run a statement and give all of its rows."""

    @abstractmethod
    def stream(self, text: str, values: Values, *, batch_size: int) -> AsyncGenerator[list[Row], None]:
        """Run a statement and give its rows in batches; no more than one of them is in memory."""

    @abstractmethod
    async def control(self, statement: str) -> None:
        """Run a statement of the framework's own, such as COMMIT."""

    @abstractmethod
    async def reset(self) -> None:
        """End what the last user left open: transactions, cursors, settings of the session."""

    @abstractmethod
    async def close(self) -> None:
        """Say goodbye and close it."""

    @abstractmethod
    def terminate(self) -> None:
        """Close it at once, without waiting."""

    def describe_table(self, table: str) -> tuple[str, Values]:
        """
        Make the statement that lists the columns of a table, as rows of `name` and `is_key`.

        A driver may tell more, or leave it out: `kind` (`"number"`, `"text"`, or `NULL` for another one), `is_counted`
        (whether `last_id` is of this column), `is_returned` (whether `RETURNING` gives it, though the dialect does not
        promise that).

        Raises:
            QueryError: If the driver does not know how; it may leave this out.
        """
        raise QueryError(
            f"The driver of the table {table!r} does not tell columns: {type(self).__name__}.",
            hint="Write the statement by hand: execute(), in place of insert(), update() and delete().",
        )


class Driver(ABC):
    """
    A library for one kind of database.

    Attributes:
        dialect: What the database understands.
        option_types: The options of a connection, and what each one is made with, from the text behind the URL's `?`
            or from what the settings say. A `Words` says in the error what it may be.
    """

    dialect: ClassVar[Dialect]
    # Any: a type, or a function of the text.
    option_types: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    @abstractmethod
    async def connect(self, url: DatabaseURL, options: Mapping[str, object]) -> DriverConnection:
        """
        Open a connection.

        Args:
            url: Where the database is.
            options: Checked options of the connection.

        Raises:
            DatabaseUnavailableError: If nobody answers.
            DatabaseError: If it refuses.
        """

    # Any: each library has connections of its own.
    async def open_for_engine(self, url: DatabaseURL, options: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """
        Open a connection for an engine of SQLAlchemy's: the library's own, in the session that `connect` makes.

        Args:
            url: Where the database is.
            options: Checked options of the connection.

        Raises:
            ConfigurationError: If the driver has no connections that SQLAlchemy knows.
            DatabaseUnavailableError: If nobody answers.
            DatabaseError: If it refuses.
        """
        raise ConfigurationError(f"{type(self).__name__} opens no connections for SQLAlchemy at {url}.")

    # Any: as above.
    async def stop_for_engine(self, raw: Any, url: DatabaseURL, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """
        End what runs on a connection of `open_for_engine` after whoever waited for it has left.

        Args:
            raw: The connection.
            url: Where the database is.
            options: The options of the connection.

        Returns:
            Whether it is as it was before: what was begun on it is still open, and it can be used again.
        """
        return False

    # Any: as above.
    def has_undone(self, raw: Any, exc: BaseException) -> bool:  # noqa: ARG002 - for those that do such a thing
        """
        Tell whether the database has undone the whole transaction with an error, and not the statement alone.

        Args:
            raw: A connection of `open_for_engine`.
            exc: The library's error.
        """
        return False

    # Any: as above.
    def read_engine_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """Tell what the dialect of SQLAlchemy has to know of the options, by the names that it has for them."""
        return {}

    @abstractmethod
    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        """
        Make CovetPy's error of one of the library's; `None` if it is none of the library's.

        Args:
            exc: The error.
            query: The statement, as it was written.
        """

    def limit_pool(self, url: DatabaseURL) -> int | None:  # noqa: ARG002 - for those that have a limit
        """Tell how many connections there may be at most, where the database itself sets a limit."""
        return None
