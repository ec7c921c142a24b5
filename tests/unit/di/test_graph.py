"""
Wiring: where each argument comes from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NewType, Protocol, TypeVar

import pytest

from covet.di import DependencyContainer, DependencyGraphError, Lifetime, Provider, Scope
from tests.unit.di.services import (
    Cache,
    Database,
    Mailer,
    MemoryCache,
    MemoryMailer,
    Orders,
    Repository,
    Store,
    User,
    report_of,
)

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
UserId = NewType("UserId", int)


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make a container that knows a database.
    """
    container = DependencyContainer()
    container.register(Database)
    return container


class Reader(Protocol[T]):  # type: ignore[misc]
    """Reads one kind of thing."""

    def read(self) -> T:
        """Read one."""


class UserReader:
    """Reads users."""

    def read(self) -> User:
        """Read one."""
        return User()


async def test_chain_is_wired_by_annotation(container: DependencyContainer) -> None:
    """Constructors get what they name, and that gets what it names."""
    container.register(Repository)
    container.register(Orders)

    orders = await container.resolve(Orders)

    assert isinstance(orders.repository.database, Database)


async def test_text_annotations_are_resolved(container: DependencyContainer) -> None:
    """A forward reference is an annotation like any other."""

    def make(database: "Database") -> "Repository":
        return Repository(database)

    container.register(Repository, factory=make)

    assert isinstance((await container.resolve(Repository)).database, Database)


async def test_interfaces_stand_for_implementations(container: DependencyContainer) -> None:
    """Protocols and ABCs are found by their name."""

    def make(mailer: Mailer, cache: Cache) -> tuple[Mailer, Cache]:
        return mailer, cache

    container.register(Mailer, MemoryMailer)
    container.register(Cache, MemoryCache)
    container.register(tuple, factory=make)

    mailer, cache = await container.resolve(tuple)

    assert isinstance(mailer, MemoryMailer)
    assert isinstance(cache, MemoryCache)


async def test_given_arguments_win(container: DependencyContainer) -> None:
    """A keyword of the registration is passed, whatever is registered."""
    mine = Database()
    container.register(Repository, database=mine)

    assert (await container.resolve(Repository)).database is mine


async def test_given_arguments_reach_who_takes_any(container: DependencyContainer) -> None:
    """`**kwargs` takes what is given."""

    def make(database: Database, *rest: int, size: int = 1, **more: Any) -> dict[str, Any]:
        return {"size": size, **more}

    container.register(dict, factory=make, size=2, colour="red")

    assert await container.resolve(dict) == {"size": 2, "colour": "red"}


async def test_given_none_is_none(container: DependencyContainer) -> None:
    """None and booleans are values like any other."""

    def make(database: Database | None, is_on: bool) -> list[object]:
        return [database, is_on]

    container.register(list[Any], factory=make, database=None, is_on=False)

    assert await container.resolve(list[Any]) == [None, False]


async def test_optional_is_none_if_nobody_registered_it() -> None:
    """`T | None` gets the service, or None."""
    container = DependencyContainer()

    def make(cache: Cache | None, mailer: "Mailer | None", database: Database | None = None) -> list[Any]:
        return [cache, mailer, database]

    container.register(Cache, MemoryCache)
    container.register(list[Any], factory=make)

    cache, mailer, database = await container.resolve(list[Any])

    assert isinstance(cache, MemoryCache)
    assert (mailer, database) == (None, None)


async def test_default_is_kept_if_nobody_registered_the_type(container: DependencyContainer) -> None:
    """A parameter with a default is left alone, those behind it are passed by name."""

    def make(size: int = 3, database: Database | str = "none", /, *, cache: Cache | None = None) -> list[object]:
        return [size, database, cache]

    container.register(Cache, MemoryCache)
    container.register(list[Any], factory=make)

    size, database, cache = await container.resolve(list[Any])

    assert (size, database) == (3, "none")
    assert isinstance(cache, MemoryCache)


async def test_registered_type_beats_a_default(container: DependencyContainer) -> None:
    """A service is injected although the parameter has a default."""

    def make(database: Database | None = None, size: int = 1) -> list[object]:
        return [database, size]

    container.register_instance(int, 7)
    container.register(list[Any], factory=make)

    database, size = await container.resolve(list[Any])

    assert isinstance(database, Database)
    assert size == 7


async def test_qualifiers_choose() -> None:
    """`Annotated[T, "word"]` gets the registration of that word, behind Optional and Provider, too."""
    container = DependencyContainer()
    main, replica = Database(), Database()
    container.register_instance(Database, main, qualifier="main")
    container.register_instance(Database, replica, qualifier="replica")

    def make(
        first: Annotated[Database, "main"],
        second: Annotated[Database, "replica"] | None,
        third: Provider[Annotated[Database, "main"]],
        fourth: Annotated[Provider[Database], "replica"],
        fifth: Annotated[Database | None, "main"],
    ) -> list[Any]:
        return [first, second, third, fourth, fifth]

    container.register(list[Any], factory=make)

    first, second, third, fourth, fifth = await container.resolve(list[Any])

    assert [first, second, fifth] == [main, replica, main]
    assert [await third.get(), await fourth.get()] == [main, replica]


@pytest.mark.parametrize("collection", [list[Mailer], Sequence[Mailer], Iterable[Mailer], tuple[Mailer, ...]])
async def test_collection_gets_all_of_an_interface(collection: Any) -> None:
    """All registrations of an interface come in order of registration, whatever their qualifiers."""
    container = DependencyContainer()
    first, second = MemoryMailer(), MemoryMailer()
    container.register_instance(Mailer, first)
    container.register_instance(Mailer, second, qualifier="spare")

    class Fan:
        def __init__(self, mailers: Any) -> None:
            self.mailers = mailers

    Fan.__init__.__annotations__["mailers"] = collection
    container.register(Fan)

    mailers = (await container.resolve(Fan)).mailers

    assert list(mailers) == [first, second]
    assert isinstance(mailers, tuple if collection == tuple[Mailer, ...] else list)


async def test_registered_collection_is_the_service() -> None:
    """What is registered under `list[int]` is what is injected there."""
    container = DependencyContainer()
    container.register_instance(list[int], [1, 2])
    container.register_instance(int, 3)

    def make(numbers: list[int]) -> dict[str, list[int]]:
        return {"numbers": numbers}

    container.register(dict, factory=make)

    assert await container.resolve(dict) == {"numbers": [1, 2]}


async def test_new_types_are_types_of_their_own() -> None:
    """A NewType is told from what it is made of."""
    container = DependencyContainer()
    container.register_instance(UserId, UserId(7))

    assert await container.resolve(UserId) == 7
    with pytest.raises(ValueError, match="int is not registered"):
        await container.resolve(int)


async def test_open_generic_stands_for_its_closed_forms(container: DependencyContainer) -> None:
    """`Store` serves `Store[User]`, with its variable replaced."""

    @dataclass
    class Stores:
        users: Store[User]
        databases: Store[Database]

    container.register(Store, lifetime=Lifetime.SCOPED)
    container.register(type[User], factory=lambda: User)
    container.register(type[Database], factory=lambda: Database)
    container.register(Stores)

    async with container.scope() as scope:
        stores = await scope.resolve(Stores)
        again = await scope.resolve(Store[User])

    assert (stores.users.model, stores.databases.model) == (User, Database)
    assert again is stores.users


async def test_open_generic_implementation_may_turn_its_variables(container: DependencyContainer) -> None:
    """The implementation's variables are found by what it gives to the interface."""

    class Mapping_(Generic[K, V]):
        pass

    class Turned(Mapping_[V, K], Generic[K, V]):
        def __init__(self, database: Database, key: type[K]) -> None:
            self.key = key

    container.register(Mapping_, Turned)
    container.register(type[User], factory=lambda: User)

    turned = await container.resolve(Mapping_[int, User])

    assert isinstance(turned, Turned)
    assert turned.key is User


async def test_closed_generic_beats_the_open_one(container: DependencyContainer) -> None:
    """A registration of `Store[User]` is nearer than that of `Store`."""

    class Users(Store[User]):
        def __init__(self) -> None:
            pass

    container.register(Store, model=Database)
    container.register(Store[User], Users)

    assert type(await container.resolve(Store[User])) is Users
    assert type(await container.resolve(Store[Database])) is Store


async def test_closed_form_that_nobody_asked_for_is_checked_when_it_is() -> None:
    """A form that the start-up check did not see has its own report."""
    container = DependencyContainer()
    container.register(Store, model=User)
    container.build()

    for _ in range(2):
        with pytest.raises(DependencyGraphError, match="Database is not registered"):
            await container.resolve(Store[User])


async def test_generic_protocol_is_an_interface() -> None:
    """A closed generic Protocol is found by its alias."""
    container = DependencyContainer()
    container.register(Reader[User], UserReader)

    assert isinstance(await container.resolve(Reader[User]), UserReader)


async def test_scope_and_container_are_services() -> None:
    """Whoever needs them gets them."""
    container = DependencyContainer()

    def make(scope: Scope, container: DependencyContainer) -> list[object]:
        return [scope, container]

    container.register(list[Any], factory=make)

    async with container.scope() as scope:
        assert await scope.resolve(list[Any]) == [scope, container]


async def test_declared_values_are_injected() -> None:
    """What the opener gives reaches constructors."""
    container = DependencyContainer()
    container.declare(User)

    class Greeting:
        def __init__(self, user: User, other: User | None) -> None:
            self.users = [user, other]

    container.register(Greeting, lifetime=Lifetime.SCOPED)
    user = User()

    async with container.scope({User: user}) as scope:
        assert (await scope.resolve(Greeting)).users == [user, user]


async def test_conditions_choose() -> None:
    """Of several registrations the one counts whose condition holds when the container is built."""
    container = DependencyContainer()
    settings = {"cache": "none"}
    container.register(Cache, MemoryCache, when=lambda: settings["cache"] == "memory")
    container.register_instance(Cache, MemoryCache(), when=lambda: settings["cache"] == "shared")
    settings["cache"] = "shared"

    assert await container.resolve(Cache) is await container.resolve(Cache)


async def test_decorators_wrap_in_order() -> None:
    """The last decorator is the outermost; each is wired with more than what it wraps."""
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SINGLETON)

    class Loud:
        def __init__(self, inner: Mailer, database: Database, mark: str = "!") -> None:
            self.inner, self.database, self.mark = inner, database, mark

        def send(self, text: str) -> None:
            self.inner.send(text + self.mark)

    def polite(mailer: Mailer) -> Mailer:
        return Loud(mailer, Database(), ", please")

    mailer = MemoryMailer()
    container.register_instance(Mailer, mailer)
    container.decorate(Mailer, Loud, mark="?")
    container.decorate(Mailer, polite)

    (await container.resolve(Mailer)).send("come")

    assert mailer.sent == ["come, please?"]


async def test_decorated_service_keeps_its_lifetime() -> None:
    """A wrapper lives as long as what it wraps, and both are made once."""
    container = DependencyContainer()
    made: list[str] = []

    class Inner(MemoryCache):
        def __init__(self) -> None:
            made.append("inner")

    class Outer(MemoryCache):
        def __init__(self, inner: Cache) -> None:
            made.append("outer")

    container.register(Cache, Inner, lifetime=Lifetime.SCOPED)
    container.decorate(Cache, Outer)

    async with container.scope() as scope:
        assert await scope.resolve(Cache) is await scope.resolve(Cache)

    assert made == ["inner", "outer"]


async def test_open_generic_is_decorated(container: DependencyContainer) -> None:
    """A decorator of the open generic wraps each closed form."""

    class Counting(Store[T]):
        def __init__(self, inner: Store[T]) -> None:
            self.inner = inner

    container.register(Store, model=User)
    container.decorate(Store, Counting)

    store = await container.resolve(Store[User])

    assert isinstance(store, Counting)
    assert store.inner.model is User


def test_alternatives_of_types_are_no_service(container: DependencyContainer) -> None:
    """Nobody guesses which of two types is meant."""

    def make(either: Database | Cache) -> list[object]:
        return [either]

    container.register(list[Any], factory=make)

    assert "1. Database | Cache is not registered." in report_of(container)
