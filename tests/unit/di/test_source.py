"""
The source of resolvers is what a person would write.
"""

import linecache
import traceback
from typing import Any

import pytest

from covet.code_writer import get_source
from covet.di import DependencyContainer, DependencyError, Lifetime
from tests.unit.di.services import Database, Mailer, MemoryMailer, Orders, Repository, program_of


def test_chain_is_written_out() -> None:
    """A scoped chain is three calls, and the look into the store if there is something in it."""
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Repository, lifetime=Lifetime.SCOPED)
    container.register(Orders)

    source = get_source(program_of(container).now[Orders])

    assert source == (
        "def resolve_service(scope):\n"
        "    if scope.store is None:\n"
        "        v1 = cell.value\n"
        "        if v1 is MISSING:\n"
        "            v1 = cell.build_now()\n"
        "        v2 = make(v1)\n"
        "        v3 = make_2(v2)\n"
        "        scope.store = (layout, v2)\n"
        "        return v3\n"
        "    if (store := scope.store).__class__ is not dict:\n"
        "        store = scope.open_store()\n"
        "    if number in store:\n"
        "        v4 = store[number]\n"
        "    else:\n"
        "        v5 = cell.value\n"
        "        if v5 is MISSING:\n"
        "            v5 = cell.build_now()\n"
        "        v6 = make(v5)\n"
        "        v4 = store[number] = v6\n"
        "    v7 = make_2(v4)\n"
        "    return v7\n"
    )


@pytest.mark.parametrize("lifetime", Lifetime)
def test_services_of_one_shape_share_their_code(lifetime: Lifetime) -> None:
    """Three hundred services are as much source as three."""
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SINGLETON)
    classes: list[Any] = [type(f"Service{number}", (Repository,), {}) for number in range(300)]
    for cls in classes:
        container.register(cls, lifetime=lifetime)

    program = program_of(container)
    for cls in classes:
        program.now[cls](program.open(None))

    assert len({program.now[cls].__code__.co_filename for cls in classes}) == 1


def test_instance_is_a_name() -> None:
    """There is nothing to look up for an object that was made elsewhere."""
    container = DependencyContainer()
    container.register_instance(Mailer, MemoryMailer())

    source = get_source(program_of(container).now[Mailer])

    assert source == "def resolve_service(scope):\n    return instance\n"


async def test_traceback_shows_the_source() -> None:
    """An error in a constructor points at the line that called it."""
    container = DependencyContainer()

    class Broken:
        def __init__(self) -> None:
            raise OSError("no connection")

    container.register(Broken, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        with pytest.raises(OSError, match="no connection") as caught:
            await scope.resolve(Broken)

    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-2].line == "v1 = make()"
    assert frames[-2].filename in linecache.cache


async def test_names_cannot_clash() -> None:
    """Services and factories may be called like what the source itself uses."""
    container = DependencyContainer()
    names = ["scope", "store", "dict", "MISSING", "class", "v1", "layout", "Coroutine", "resolve_service"]
    classes: list[Any] = [type(name, (), {}) for name in names]

    for cls in classes:
        container.register(cls, lifetime=Lifetime.SCOPED)

    def gather(*found: object) -> list[object]:
        return list(found)

    parameters = ", ".join(f"p{number}: c{number}" for number in range(len(classes)))
    namespace: dict[str, Any] = {f"c{number}": cls for number, cls in enumerate(classes)}
    values = ", ".join(f"p{number}" for number in range(len(classes)))
    exec(f"def make({parameters}): return [{values}]", namespace)
    container.register(list[Any], factory=namespace["make"])

    async with container.scope() as scope:
        first, second = await scope.resolve(list[Any]), await scope.resolve(list[Any])

    assert [type(value) for value in first] == classes
    assert first == second


@pytest.mark.parametrize("lifetime", [Lifetime.SCOPED, Lifetime.TRANSIENT])
async def test_deep_chain_is_cut_into_functions(lifetime: Lifetime) -> None:
    """Three hundred services below each other are no source that Python cannot read."""
    container = DependencyContainer()
    classes: list[Any] = [type(f"Link{number}", (), {}) for number in range(300)]
    for cls, needed in zip(classes, [*classes[1:], None], strict=True):

        def make(needed: Any = None, cls: Any = cls) -> Any:
            made = cls()
            made.needed = needed
            return made

        if needed is not None:
            make.__annotations__ = {"needed": needed, "return": cls}
        container.register(cls, factory=make, lifetime=lifetime, cls=cls)

    async with container.scope() as scope:
        link = await scope.resolve(classes[0])
    depth = 0
    while link is not None:
        link, depth = link.needed, depth + 1

    assert depth == 300


async def test_wide_net_is_no_flood_of_source() -> None:
    """Twenty layers of two that both need both below them are a million ways, and little source."""
    container = DependencyContainer()
    layers: list[tuple[Any, Any]] = [(type(f"L{n}", (), {}), type(f"R{n}", (), {})) for n in range(20)]
    for layer, below in zip(layers, [*layers[1:], None], strict=True):
        for cls in layer:

            def make(left: Any = None, right: Any = None) -> Any:
                return object()

            if below is not None:
                make.__annotations__ = {"left": below[0], "right": below[1]}
            container.register(cls, factory=make, lifetime=Lifetime.SCOPED)

    program = program_of(container)
    sizes = [len(get_source(resolve)) for resolve in program.now.values()]

    async with container.scope() as scope:
        await scope.resolve(layers[0][0])

    assert max(sizes) < 200_000


async def test_coroutine_that_nobody_announced_is_an_error() -> None:
    """A plain function that returns a coroutine is told so when it does."""
    container = DependencyContainer()

    async def connect() -> Database:
        return Database()

    def silent():  # type: ignore[no-untyped-def]
        return connect()

    container.register(Database, factory=silent, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        with pytest.raises(DependencyError, match="The factory of Database returned a coroutine, and does not say so"):
            await scope.resolve(Database)


@pytest.mark.parametrize("lifetime", Lifetime)
async def test_coroutine_of_a_lambda_is_awaited(lifetime: Lifetime) -> None:
    """A lambda cannot say what it gives: a coroutine is awaited, anything else is the instance."""
    container = DependencyContainer()

    async def connect(url: str) -> Database:
        return Database()

    container.register(Database, factory=lambda: connect("db://"), lifetime=lifetime)
    container.register(Repository, factory=lambda: Repository(Database()), lifetime=lifetime)

    async with container.scope() as scope:
        assert isinstance(await scope.resolve(Database), Database)
        assert isinstance(await scope.resolve(Repository), Repository)
