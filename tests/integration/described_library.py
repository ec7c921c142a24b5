"""
An application for documents: a library, with models in one another, services, a controller and errors of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID, uuid5

from covet import Cookie, CovetPy, Header, Path, Query, Request
from covet.core.controller import Controller, delete, get, put
from covet.di import Lifetime
from covet.exceptions import AuthenticationError, ConflictError, NotFoundError
from covet.openapi import OpenAPIPlugin, operation
from covet.validation import Constraints

T = TypeVar("T")

_SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
_DEPTH = 2
CARD = "reader"


class Genre(Enum):
    """What kind of book it is."""

    NOVEL = "novel"
    POETRY = "poetry"
    SCIENCE = "science"


@dataclass(frozen=True, kw_only=True)
class NewBook:
    """
    A book as it comes in.
    """

    title: Annotated[str, Constraints(min_length=1, max_length=80, description="As printed on the spine.")]
    genre: Genre = Genre.NOVEL
    published: date | None = None
    tags: Annotated[list[str], Constraints(max_length=5)] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Book(NewBook):
    """
    A book that stands in a shelf.
    """

    id: UUID


@dataclass(frozen=True)
class Page(Generic[T]):
    """
    A part of a long list.
    """

    items: Sequence[T]
    total: int


@dataclass(frozen=True)
class Shelf:
    """
    A shelf, which may hold shelves.
    """

    name: str
    shelves: "list[Shelf]" = field(default_factory=list)


class Full(Exception):
    """There is no room for another book."""


class Books:
    """
    The books, kept in memory.
    """

    def __init__(self) -> None:
        self._books: dict[UUID, Book] = {}

    def list_all(self) -> list[Book]:
        """
        List all of them.
        """
        return list(self._books.values())

    def add(self, new: NewBook) -> Book:
        """
        Add one, or replace the one of that title.
        """
        book = Book(**vars(new), id=uuid5(_SPACE, new.title))
        self._books[book.id] = book
        if len(self._books) > 50:
            del self._books[next(iter(self._books))]
        return book

    def find(self, number: UUID) -> Book:
        """
        Find one.
        """
        if number not in self._books:
            raise NotFoundError("There is no such book.")
        return self._books[number]

    def remove(self, number: UUID) -> None:
        """
        Forget one.
        """
        self._books.pop(self.find(number).id)


class Reader:
    """
    Whoever reads; services of the application say what they raise.

    Raises:
        AuthenticationError: If there is no card, or a wrong one.
        ConflictError: If the card is too old.
    """

    def __init__(self, request: Request) -> None:
        card = request.headers.get("x-card")
        if card == "old":
            raise ConflictError("The card is too old.")
        if card != CARD:
            raise AuthenticationError("Show your card.", headers={"www-authenticate": "Card"})


class BookController(Controller):
    """
    What there is to say about one book.
    """

    path = "/books/{book_id:uuid}"
    tags = ("books",)

    def __init__(self, books: Books) -> None:
        self.books = books

    @get("")
    async def show(self, book_id: UUID) -> Book:
        """
        Show a book.

        Args:
            book_id: The number on its back.

        Returns:
            The book.

        Raises:
            NotFoundError: If there is no such book.
        """
        return self.books.find(book_id)

    @put("/title", deprecated=True)
    async def rename(self, book_id: UUID, new: NewBook) -> tuple[Book, Literal[200, 202]]:
        """
        Rename a book.

        Raises:
            NotFoundError: If there is no such book.
        """
        self.books.find(book_id)
        return self.books.add(new), 200

    @delete("", security=["card"])
    async def remove(self, book_id: UUID, reader: Reader) -> None:
        """
        Remove a book.

        Raises:
            NotFoundError: If there is no such book.
        """
        self.books.remove(book_id)


app = CovetPy(
    plugins=[
        OpenAPIPlugin(
            title="Library",
            version="3.1",
            tags={"books": "What there is to read."},
            security_schemes={"card": {"type": "apiKey", "in": "header", "name": "x-card"}},
        )
    ]
)
app.container.register(Books, lifetime=Lifetime.SINGLETON)
app.container.register(Reader, lifetime=Lifetime.SCOPED)
app.add_controller(BookController)


@app.exception_handler(Full)
async def answer_full(request: Request, exc: Full) -> tuple[dict[str, str], Literal[507]]:
    """
    Say that there is no room.
    """
    return {"problem": "full"}, 507


@app.get("/books", tags=["books"])
async def list_books(
    books: Books,
    q: Annotated[str, Query(max_length=40, description="A part of the title.")] = "",
    genre: list[Genre] | None = None,
    page: Annotated[int, Query(ge=1, le=1000, examples=(2,))] = 1,
    size: Annotated[int | None, Query(gt=0, le=50)] = None,
    accept_language: Annotated[str | None, Header(max_length=20)] = None,
    theme: Annotated[Literal["light", "dark"], Cookie()] = "light",
) -> Page[Book]:
    """
    List the books.

    Those that were added last come last.
    """
    found = [book for book in books.list_all() if q in book.title and (not genre or book.genre in genre)]
    count = size or 20
    return Page(found[(page - 1) * count : page * count], len(found))


@app.post("/books", status_code=201, tags=["books"], raises=[Full], timeout=10)
@operation(operation_id="addBook", responses={201: "The book, with its number."})
async def add_book(new: NewBook, books: Books) -> Book:
    """
    Add a book.
    """
    return books.add(new)


@app.post("/shelves")
async def count_shelves(shelf: Shelf) -> int:
    """
    Count a shelf and all that it holds.
    """
    return 1 + sum([await count_shelves(inner) for inner in shelf.shelves])


@app.get("/shelves/{name}/{depth}")
async def show_shelf(name: str, depth: Annotated[int, Path(ge=0, le=_DEPTH)]) -> Shelf | None:
    """
    Show a shelf of so many shelves; one of none is not there.
    """
    if depth == 0:
        return None
    return Shelf(name, [Shelf(f"{name}.{number}") for number in range(depth)])


@app.get("/hidden", include_in_schema=False)
async def hidden() -> str:
    """
    Answer those who know.
    """
    return "hidden"
