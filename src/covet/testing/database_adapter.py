"""
The promises of a database adapter, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from covet.database import DatabaseAdapter, DatabaseError, DatabaseUnavailableError
from covet.exceptions import ConfigurationError, CovetError


@dataclass(frozen=True, kw_only=True)
class AdapterStatements:
    """
    The statements of a database, in its own language, by which the suite keeps notes: each has a number and a text.

    Attributes:
        put: Puts a note in, whose number and text are the first and the second value.
        put_by_name: The same with values by the names `number` and `text`; `None` if the language has no such values.
        get: Gets the note with the number that is the first value, as `{"number": …, "text": …}`.
        list_all: Gets all notes, ordered by their numbers.
        clear: Removes all notes.
        wrong: A statement that is none.
    """

    put: str
    put_by_name: str | None
    get: str
    list_all: str
    clear: str
    wrong: str


class DatabaseAdapterConformance(ABC):
    """
    The test suite of database adapters: subclass it, and say how to make one and how to speak to it.

    Each test is a coroutine method: run it with pytest-asyncio or the like. `prepare()` makes what notes are kept in.

    Example:
        >>> from covet.database import SQLiteAdapter
        >>> class TestSQLite(DatabaseAdapterConformance):
        ...     url = "sqlite://"
        ...     statements = AdapterStatements(
        ...         put="INSERT INTO notes VALUES ($1, $2)",
        ...         put_by_name="INSERT INTO notes VALUES (:number, :text)",
        ...         get="SELECT number, text FROM notes WHERE number = $1",
        ...         list_all="SELECT number, text FROM notes ORDER BY number",
        ...         clear="DELETE FROM notes",
        ...         wrong="SELEC",
        ...     )
        ...     def make_adapter(self):
        ...         return SQLiteAdapter()
        ...     async def prepare(self, adapter):
        ...         await adapter.execute("CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT)")
        >>> await TestSQLite().test_what_was_put_in_is_found()
    """

    url: str
    """Where the database is."""
    statements: AdapterStatements
    """How to speak to it."""

    @abstractmethod
    def make_adapter(self) -> DatabaseAdapter:
        """Make an adapter that is not connected; the suite disconnects it."""

    async def prepare(self, adapter: DatabaseAdapter) -> None:  # noqa: B027 - most have something to make, some nothing
        """Make what notes are kept in, if it is not there; the suite removes all notes."""

    # ── Connecting ───────────────────────────────────────────────────────────

    async def test_it_says_whether_it_is_connected(self) -> None:
        """Before, while and after; a second `disconnect()` does nothing, and a second `connect()` after it works."""
        adapter = self.make_adapter()
        _expect(isinstance(adapter, DatabaseAdapter), True, "isinstance(adapter, DatabaseAdapter)")
        _expect(adapter.is_connected, False, "is_connected before connect()")
        _expect(await adapter.is_healthy(), False, "is_healthy() before connect()")
        for _ in range(2):
            await adapter.connect(self.url)
            _expect(adapter.is_connected, True, "is_connected after connect()")
            _expect(await adapter.is_healthy(), True, "is_healthy() after connect()")
            await adapter.disconnect()
            _expect(adapter.is_connected, False, "is_connected after disconnect()")
            await adapter.disconnect()

    async def test_without_a_connection_nothing_can_be_asked(self) -> None:
        """Not connected, every method raises `DatabaseUnavailableError`, a 503; before and after."""
        adapter = self.make_adapter()
        await self._expect_unavailable(adapter)
        await adapter.connect(self.url)
        await adapter.disconnect()
        await self._expect_unavailable(adapter)

    async def test_an_option_that_is_none_is_refused(self) -> None:
        """A mistyped option is an error and is not swallowed; nothing is connected afterwards."""
        adapter = self.make_adapter()
        await _expect_error(
            lambda: adapter.connect(self.url, an_option_that_nobody_has=1),
            (ConfigurationError, TypeError),
            "connect() with an unknown option",
        )
        _expect(adapter.is_connected, False, "is_connected after connect() failed")
        await adapter.disconnect()

    async def test_it_is_connected_once(self) -> None:
        """`connect()` of one that is connected is an error, and the connection goes on."""
        async with self._open() as adapter:
            await _expect_error(lambda: adapter.connect(self.url), (CovetError,), "a second connect()")
            _expect(adapter.is_connected, True, "is_connected after a second connect()")
            _expect(await adapter.fetch_all(self.statements.list_all), [], "what fetch_all() gives then")

    # ── Statements ───────────────────────────────────────────────────────────

    async def test_what_was_put_in_is_found(self) -> None:
        """By `fetch_one`, as a dictionary, and by `fetch_all`, as several; what is not there is `None`, or nothing."""
        say = self.statements
        async with self._open() as adapter:
            _expect(await adapter.fetch_one(say.get, 1), None, "what fetch_one() gives of what is not there")
            _expect(list(await adapter.fetch_all(say.list_all)), [], "what fetch_all() gives of nothing")
            await adapter.execute(say.put, 1, "oolong")
            await adapter.execute(say.put, 2, "")
            _expect(await adapter.fetch_one(say.get, 1), _note(1, "oolong"), "what fetch_one() gives")
            notes = [dict(row) for row in await adapter.fetch_all(say.list_all)]
            _expect(notes, [_note(1, "oolong"), _note(2, "")], "what fetch_all() gives")

    async def test_values_by_name(self) -> None:
        """As values in order, where the language has them."""
        if self.statements.put_by_name is None:
            return
        async with self._open() as adapter:
            await adapter.execute(self.statements.put_by_name, text="oolong", number=1)
            _expect(await self._list(adapter), [_note(1, "oolong")], "what was put in by name")

    async def test_a_value_is_never_a_part_of_the_statement(self) -> None:
        """Quotes, backslashes, placeholders and lines in a text come back as they were."""
        texts = ["'", '"', "\\", "'; DROP TABLE notes; --", "$1 :number %s ? {0}", "a\nb\r\t", "茶 🍵", "{}", "null"]
        async with self._open() as adapter:
            for number, text in enumerate(texts):
                await adapter.execute(self.statements.put, number, text)
            expected = [_note(number, text) for number, text in enumerate(texts)]
            _expect(await self._list(adapter), expected, "the texts that come back")

    async def test_a_row_is_its_readers_own(self) -> None:
        """Whoever changes one changes nothing in the database."""
        async with self._open() as adapter:
            await adapter.execute(self.statements.put, 1, "oolong")
            row = await adapter.fetch_one(self.statements.get, 1)
            if row is not None:
                row["text"] = "changed"
            _expect(await self._list(adapter), [_note(1, "oolong")], "what is there after a row was changed")

    async def test_a_statement_that_is_none_is_an_error_of_databases(self) -> None:
        """A `DatabaseError` that quotes no value; the next statement works."""
        async with self._open() as adapter:
            for ask in (adapter.execute, adapter.fetch_one, adapter.fetch_all):
                error = await _expect_error(
                    lambda: ask(self.statements.wrong, "a-secret-value"),  # noqa: B023
                    (DatabaseError,),
                    "a statement that is none",
                )
                _expect("a-secret-value" in str(error), False, "whether the error quotes a value")
            await adapter.execute(self.statements.put, 1, "oolong")
            _expect(await self._list(adapter), [_note(1, "oolong")], "what is there after an error")

    async def test_many_tasks_at_once(self) -> None:
        """Each has the answer to its own question, and what each put in is there."""
        async with self._open() as adapter:

            async def ask(number: int) -> None:
                await adapter.execute(self.statements.put, number, f"note {number}")
                row = await adapter.fetch_one(self.statements.get, number)
                _expect(row, _note(number, f"note {number}"), "the answer that a task of many has")

            async with asyncio.TaskGroup() as group:
                for number in range(25):
                    group.create_task(ask(number))
            _expect(len(await self._list(adapter)), 25, "how many notes 25 tasks put in")

    async def test_a_cancelled_task_takes_nothing_along(self) -> None:
        """Cancelled after each of its steps: the next statement has its own answer, and enough connections are left."""
        async with self._open() as adapter:
            for steps in range(25):
                task = asyncio.create_task(adapter.fetch_all(self.statements.list_all))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait((task,))
                await adapter.execute(self.statements.put, steps, "x")
                _expect(await adapter.fetch_one(self.statements.get, steps), _note(steps, "x"), "the next answer")

    # ── Transactions ─────────────────────────────────────────────────────────

    async def test_a_transaction_takes_effect_as_a_whole(self) -> None:
        """What the task does in the block is there afterwards, and is seen by the task itself inside."""
        async with self._open() as adapter:
            if not adapter.supports_feature("transactions"):
                return
            async with adapter.transaction():
                await adapter.execute(self.statements.put, 1, "a")
                _expect(await self._list(adapter), [_note(1, "a")], "what the task sees inside of its transaction")
                await adapter.execute(self.statements.put, 2, "b")
            _expect(await self._list(adapter), [_note(1, "a"), _note(2, "b")], "what is there after the block")

    async def test_a_transaction_that_fails_leaves_nothing(self) -> None:
        """The error comes out as it is, and the next transaction works; a cancelled one leaves nothing either."""
        async with self._open() as adapter:
            if not adapter.supports_feature("transactions"):
                return

            async def fail() -> None:
                async with adapter.transaction():
                    await adapter.execute(self.statements.put, 1, "a")
                    raise LookupError("no more tea")

            async def hang(is_inside: asyncio.Event) -> None:
                async with adapter.transaction():
                    await adapter.execute(self.statements.put, 1, "a")
                    is_inside.set()
                    await asyncio.Event().wait()

            error = await _expect_error(fail, (LookupError,), "a block that raises")
            _expect(str(error), "no more tea", "the error that comes out")
            _expect(await self._list(adapter), [], "what is there after a block that failed")
            is_inside = asyncio.Event()
            task = asyncio.create_task(hang(is_inside))
            await is_inside.wait()
            task.cancel()
            await asyncio.wait((task,))
            _expect(await self._list(adapter), [], "what is there after a block that was cancelled")
            async with adapter.transaction():
                await adapter.execute(self.statements.put, 1, "b")
            _expect(await self._list(adapter), [_note(1, "b")], "what is there after the next transaction")

    async def test_others_see_nothing_of_an_open_transaction(self) -> None:
        """Neither another task nor one that is started inside; what a database lets wait may wait."""
        async with self._open() as adapter:
            if not adapter.supports_feature("transactions"):
                return
            async with adapter.transaction():
                await adapter.execute(self.statements.put, 1, "a")
                others = asyncio.create_task(self._list(adapter))
                await asyncio.wait((others,), timeout=0.2)
                seen = others.result() if others.done() else []
                _expect(seen, [], "what another task sees of an open transaction")
            await others

    # ── Features ─────────────────────────────────────────────────────────────

    async def test_a_feature_that_is_none_is_not_there(self) -> None:
        """The answer is `bool`, and unknown words are `False`, connected or not."""
        adapter = self.make_adapter()
        _expect(adapter.supports_feature("transactions") in {True, False}, True, "whether the answer is a bool")
        _expect(adapter.supports_feature("a feature that nobody has"), False, "supports_feature() of an unknown word")
        _expect(adapter.supports_feature(""), False, "supports_feature() of an empty word")

    # ── Inside ───────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[DatabaseAdapter]:
        adapter = self.make_adapter()
        await adapter.connect(self.url)
        try:
            await self.prepare(adapter)
            await adapter.execute(self.statements.clear)
            yield adapter
            await adapter.execute(self.statements.clear)
        finally:
            await adapter.disconnect()

    async def _list(self, adapter: DatabaseAdapter) -> list[dict[str, object]]:
        return [dict(row) for row in await adapter.fetch_all(self.statements.list_all)]

    async def _expect_unavailable(self, adapter: DatabaseAdapter) -> None:
        async def enter() -> None:
            async with adapter.transaction():
                pass

        for ask, name in (
            (lambda: adapter.execute(self.statements.clear), "execute()"),
            (lambda: adapter.fetch_one(self.statements.get, 1), "fetch_one()"),
            (lambda: adapter.fetch_all(self.statements.list_all), "fetch_all()"),
            (enter, "transaction()"),
        ):
            await _expect_error(ask, (DatabaseUnavailableError,), f"{name} without a connection")


def _note(number: int, text: str) -> dict[str, object]:
    return {"number": number, "text": text}


async def _expect_error(
    ask: Callable[[], Awaitable[object]], kinds: tuple[type[Exception], ...], what: str
) -> Exception:
    try:
        given = await ask()
    except kinds as exc:
        return exc
    except Exception as exc:
        raise AssertionError(f"Expected {what} to raise {kinds[0].__name__}, got {exc!r}.") from exc
    raise AssertionError(f"Expected {what} to raise {kinds[0].__name__}, got {given!r}.")


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["AdapterStatements", "DatabaseAdapterConformance"]
