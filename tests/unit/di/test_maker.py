"""
How instances are made is read from signatures: what is called, awaited, entered, closed.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import InitVar, dataclass
from functools import partial, wraps
from typing import Annotated, Any, Generic, Self, TypeVar

import pytest

from covet.di import RegistrationError
from covet.di.maker import Call, Entry, Maker, read_maker
from covet.di.registration import Registration
from covet.exceptions import RouteError
from tests.unit.di.services import Database, Store, User

T = TypeVar("T")


class Session:
    """Is an async context manager."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass


class File:
    """Is a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


class Callable_:
    """Makes when it is called."""

    def __call__(self, database: Database) -> Session:
        """Make one."""
        return Session()


def make(database: Database) -> Session:
    """Make one."""
    return Session()


async def make_async(database: Database) -> Session:
    """Make one later."""
    return Session()


def make_awaitable() -> Awaitable[Database]:
    """Make one later."""
    return asyncio.sleep(0, Database())


def generate() -> Iterator[Database]:
    """Make one, and go on later."""
    yield Database()


async def generate_async() -> AsyncIterator[Database]:
    """Make one, and go on later."""
    yield Database()


def manage() -> AbstractContextManager[Database]:
    """Give a context manager."""
    return contextmanager(generate)()


def manage_async() -> AbstractAsyncContextManager[Database]:
    """Give an async context manager."""
    return asynccontextmanager(generate_async)()


@wraps(make_async)
def wrapped(*args: Any) -> Any:
    """Stand around a coroutine function."""
    return make_async(*args)


def read(interface: Any = Database, **options: Any) -> Maker:
    """
    Read the maker of a registration.
    """
    return read_maker(Registration(interface, **options))


@pytest.mark.parametrize(
    ("factory", "result", "entry"),
    [
        pytest.param(Database, Call.PLAIN, Entry.NONE, id="class"),
        pytest.param(make_awaitable, Call.AWAIT, Entry.NONE, id="awaitable"),
        pytest.param(lambda: Database(), Call.MAYBE, Entry.NONE, id="lambda"),
        pytest.param(partial(lambda: Database()), Call.MAYBE, Entry.NONE, id="partial of lambda"),
        pytest.param(generate, Call.PLAIN, Entry.SYNC, id="generator"),
        pytest.param(generate_async, Call.PLAIN, Entry.ASYNC, id="async generator"),
        pytest.param(partial(generate), Call.PLAIN, Entry.SYNC, id="partial of generator"),
        pytest.param(contextmanager(generate), Call.PLAIN, Entry.SYNC, id="contextmanager"),
        pytest.param(asynccontextmanager(generate_async), Call.PLAIN, Entry.ASYNC, id="asynccontextmanager"),
        pytest.param(manage, Call.PLAIN, Entry.SYNC, id="gives manager"),
        pytest.param(manage_async, Call.PLAIN, Entry.ASYNC, id="gives async manager"),
    ],
)
def test_kind_of_factory_decides(factory: Any, result: Call, entry: Entry) -> None:
    """Each kind of factory is awaited or entered as it has to be."""
    maker = read(factory=factory)

    assert (maker.result, maker.entry) == (result, entry)


@pytest.mark.parametrize(
    ("factory", "result"),
    [
        (make, Call.PLAIN),
        (make_async, Call.AWAIT),
        (wrapped, Call.MAYBE),
        (Callable_(), Call.PLAIN),
        (partial(make), Call.PLAIN),
        (Session, Call.PLAIN),
    ],
)
def test_context_manager_is_entered_however_it_is_made(factory: Any, result: Call) -> None:
    """What is made is entered if its class is a context manager."""
    maker = read(Session, factory=factory)

    assert (maker.result, maker.entry) == (result, Entry.ASYNC)
    assert maker.is_waiting
    assert maker.is_closing


@pytest.mark.parametrize(
    ("interface", "options", "entry"),
    [
        pytest.param(File, {}, Entry.SYNC, id="own class"),
        pytest.param(File, {"enter": False}, Entry.NONE, id="not wanted"),
        pytest.param(asyncio.Lock, {}, Entry.NONE, id="a lock is not acquired"),
        pytest.param(threading.Condition, {}, Entry.NONE, id="nor that of a thread"),
        pytest.param(asyncio.Lock, {"enter": True}, Entry.ASYNC, id="unless it is asked for"),
    ],
)
def test_what_is_entered(interface: Any, options: dict[str, Any], entry: Entry) -> None:
    """Classes of the application are entered, those of the standard library only if asked."""
    maker = read(interface, implementation=interface, **options)

    assert maker.entry is entry


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"enter": True},
            """Database is registered with enter=True, and Database is no context manager.
  Leave enter= out, or annotate what the factory returns.""",
        ),
        (
            {"close": "close"},
            "Database is registered with close='close', and Database has no such method.\n  Available: none.",
        ),
    ],
)
def test_what_cannot_be_entered_or_closed_is_refused(options: dict[str, Any], text: str) -> None:
    """No option is accepted and ignored."""
    with pytest.raises(RegistrationError) as caught:
        read(implementation=Database, **options)

    assert str(caught.value) == text


def test_nothing_is_closed_by_default() -> None:
    """A method called `close` is no promise."""
    maker = read(implementation=Database)

    assert maker.close is None
    assert not maker.is_closing


def test_close_by_name_and_by_function() -> None:
    """An instance is closed by its method's name, or by a function."""
    closed: list[object] = []

    class Pool:
        def shut(self) -> None:
            closed.append("shut")

    by_name = read(Pool, implementation=Pool, close="shut")
    by_function = read(Pool, implementation=Pool, close=closed.append)
    pool = Pool()
    for maker in (by_name, by_function):
        assert maker.close is not None
        maker.close(pool)

    assert closed == ["shut", pool]


def test_variables_of_a_generic_class_are_replaced() -> None:
    """The constructor of `Store[User]` takes `type[User]`."""
    maker = read(Store[User], implementation=Store[User])

    assert [parameter.annotation for parameter in maker.parameters] == [type[User], Database]


def test_variables_are_replaced_in_a_subclass() -> None:
    """The constructor may stand in a base class that names its variable otherwise."""
    K = TypeVar("K")

    class Named(Store[K], Generic[K]):
        pass

    maker = read(Named[User], implementation=Named[User])

    assert maker.parameters[0].annotation == type[User]


def test_dataclass_is_read_by_its_fields() -> None:
    """Fields of base classes and of generics, InitVar and Annotated are read."""

    @dataclass
    class Base(Generic[T]):
        item: T

    @dataclass
    class Shelf(Base[User]):
        database: Annotated[Database, "main"]
        size: InitVar[int] = 3

    maker = read(Shelf, implementation=Shelf)

    assert [(p.name, p.annotation, p.metadata) for p in maker.parameters] == [
        ("item", User, ()),
        ("database", Database, ("main",)),
        ("size", int, ()),
    ]


def test_parameters_that_take_the_rest_are_left_out() -> None:
    """`*args` gets nothing; `**kwargs` takes any keyword that is given."""

    def gather(database: Database, *rest: int, **more: int) -> Database:
        return database

    maker = read(factory=gather)

    assert [parameter.name for parameter in maker.parameters] == ["database"]
    assert maker.takes_any


def test_bound_arguments_of_a_partial_are_left_out() -> None:
    """What a partial has bound is not wired."""
    maker = read(Session, factory=partial(make, database=Database()))

    assert maker.parameters == ()


def test_unannotated_function_is_watched() -> None:
    """A function that says nothing may give a coroutine by mistake."""

    def silent():  # type: ignore[no-untyped-def]
        return Database()

    assert read(factory=silent).says_nothing
    assert not read(Session, factory=make).says_nothing
    assert not read(factory=Database).says_nothing


def test_unresolvable_annotation_is_an_error() -> None:
    """Text that names nothing is reported by whoever wires."""

    def ask(thing: "Nowhere") -> Database:  # type: ignore[name-defined]  # noqa: F821 - meant
        return Database()

    with pytest.raises(RouteError, match="'Nowhere' is not defined"):
        read(factory=ask)


def test_wrong_result_is_an_error() -> None:
    """A factory that makes something else is refused."""
    with pytest.raises(RegistrationError, match="Session is no Database"):
        read(factory=Session)
