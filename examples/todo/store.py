"""
The todos, kept in whatever database `COVET_DB_URL` names: SQLite, PostgreSQL, MySQL or MariaDB.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, TypedDict

from covet.database import QueryError, Row, SQLAdapter
from covet.exceptions import NotFoundError
from covet.validation import Constraints

Title = Annotated[str, Constraints(min_length=1, max_length=500)]
Number = Annotated[int, Constraints(le=2**31 - 1)]
Order = Annotated[int, Constraints(ge=-(2**31), le=2**31 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTodo:
    """
    What a client says of a new todo.
    """

    title: Title
    completed: bool = False
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo(NewTodo):
    """
    A todo that was stored, and got a number.
    """

    id: int


class Changes(TypedDict, total=False):
    """
    What a client changes; what it leaves out stays as it is.
    """

    title: Title
    completed: bool
    order: Order | None


class TodoStore:
    """
    Todos by their numbers, in order of creation.
    """

    def __init__(self, database: SQLAdapter) -> None:
        self._database = database

    async def create_table(self) -> None:
        """
        Make the table, where it is missing.
        """
        # What counts up by itself is the one thing that no two of them agree on.
        key = "INTEGER PRIMARY KEY AUTOINCREMENT" if self._database.scheme == "sqlite" else "SERIAL PRIMARY KEY"
        columns = f"id {key}, title VARCHAR(500) NOT NULL, completed BOOLEAN NOT NULL, place INTEGER"
        try:
            await self._database.execute(f"CREATE TABLE IF NOT EXISTS todos ({columns})")
        except QueryError:
            # PostgreSQL says so to a worker while another one makes it; if it is not there then, this says why.
            await self._database.fetch_one("SELECT id FROM todos")

    async def list_all(self) -> list[Todo]:
        """
        Return every todo.
        """
        return [to_todo(row) for row in await self._database.fetch_all("SELECT * FROM todos ORDER BY id")]

    async def add(self, new: NewTodo) -> Todo:
        """
        Store a new todo under the next number.
        """
        number = await self._database.insert("todos", to_columns(asdict(new)))
        return Todo(**asdict(new), id=number)

    async def get(self, number: Number) -> Todo:
        """
        Return a todo, or answer 404.
        """
        row = await self._database.fetch_one("SELECT * FROM todos WHERE id = $1", number)
        if row is None:
            raise NotFoundError(f"There is no todo {number}.")
        return to_todo(row)

    async def change(self, number: Number, changes: Changes) -> Todo:
        """
        Give a todo other values.
        """
        if changes:
            await self._database.update("todos", number, to_columns({**changes}))
        return await self.get(number)

    async def remove(self, number: Number) -> None:
        """
        Forget a todo.
        """
        if not await self._database.delete("todos", number):
            raise NotFoundError(f"There is no todo {number}.")

    async def clear(self) -> None:
        """
        Forget all of them.
        """
        await self._database.execute("DELETE FROM todos")


# ORDER is a word of SQL's.
def to_columns(fields: dict[str, object]) -> dict[str, object]:
    return {"place" if name == "order" else name: value for name, value in fields.items()}


def to_todo(row: Row) -> Todo:
    return Todo(id=row["id"], title=row["title"], completed=bool(row["completed"]), order=row["place"])
