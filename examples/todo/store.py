"""
The todos, kept in memory for as long as the process lives.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Annotated, TypedDict

from covet.exceptions import NotFoundError
from covet.validation import Constraints

Title = Annotated[str, Constraints(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTodo:
    """
    What a client says of a new todo.
    """

    title: Title
    completed: bool = False
    order: int | None = None


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
    order: int | None


class TodoStore:
    """
    Todos by their numbers, in order of creation.
    """

    def __init__(self) -> None:
        self._todos: dict[int, Todo] = {}
        self._numbers = count(1)

    def __iter__(self) -> Iterator[Todo]:
        return iter(self._todos.values())

    def add(self, new: NewTodo) -> Todo:
        """
        Store a new todo under the next number.
        """
        todo = Todo(**asdict(new), id=next(self._numbers))
        self._todos[todo.id] = todo
        return todo

    def get(self, number: int) -> Todo:
        """
        Return a todo, or answer 404.
        """
        if number not in self._todos:
            raise NotFoundError(f"There is no todo {number}.")
        return self._todos[number]

    def change(self, number: int, changes: Changes) -> Todo:
        """
        Replace a todo by one with other values.
        """
        self._todos[number] = replace(self.get(number), **changes)
        return self._todos[number]

    def remove(self, number: int) -> None:
        """
        Forget a todo.
        """
        del self._todos[self.get(number).id]

    def clear(self) -> None:
        """
        Forget all of them.
        """
        self._todos.clear()
