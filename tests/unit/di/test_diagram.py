"""
The graph is shown as data, as text and as Mermaid.
"""

import pytest

from covet import CovetPy
from covet.di import DependencyContainer, Lifetime, Provider
from covet.di.diagram import Need
from covet.events import EventBus
from covet.introspection import inspect_callable
from tests.unit.di.services import Cache, Database, MemoryCache, Orders, Repository, without_lines


class Jobs:
    """Takes a provider."""

    def __init__(self, orders: Provider[Orders], cache: Cache) -> None:
        self.orders = orders


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make a container with everything that a diagram shows.
    """
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Repository, lifetime=Lifetime.SCOPED)
    container.register(Orders, lifetime=Lifetime.SCOPED)
    container.register_instance(Cache, MemoryCache(), qualifier=None)
    container.register(Jobs)

    def handle(orders: Orders) -> None: ...

    container.inject("GET /orders", inspect_callable(handle).parameters, where="shop/views.py:7")
    return container


def test_services_are_data(container: DependencyContainer) -> None:
    """Each service has its lifetime, its maker, its place and its needs."""
    services = {service.name: service for service in container.graph().services}

    assert services["Jobs"].needs == (Need("orders", "Orders", is_late=True), Need("cache", "Cache"))
    assert (services["Cache"].made_by, services["Orders"].made_by) == ("an instance", "Orders")
    assert (services["Orders"].lifetime, services["GET /orders"].lifetime) == ("scoped", "")
    assert without_lines(services["Orders"].where).endswith("di/test_diagram.py:N")


def test_text_is_a_tree(container: DependencyContainer) -> None:
    """Each service that nobody needs stands above what it needs."""
    assert str(container.graph()) == (
        "GET /orders, shop/views.py:7\n"
        "└─> orders: Orders (scoped)\n"
        "    └─> repository: Repository (scoped)\n"
        "        └─> database: Database (singleton)\n"
        "Jobs (transient)\n"
        "├─> orders: Provider of Orders (scoped)\n"
        "│   └─> repository: Repository (scoped)\n"
        "│       └─> database: Database (singleton)\n"
        "└─> cache: Cache (singleton)"
    )


def test_mermaid_has_nodes_and_arrows(container: DependencyContainer) -> None:
    """Dotted arrows are providers; what Mermaid would misread is escaped."""
    container.register(list[int], factory=list, qualifier='"odd"')

    lines = container.graph().to_mermaid().splitlines()

    assert lines[0] == "flowchart LR"
    assert '    s0["GET /orders"]' in lines
    assert '    s1["Database<br/>singleton"]' in lines
    assert any("-.->" in line for line in lines)
    assert "    s3 --> s2" in lines
    assert any("list[int] '#quot;odd#quot;'<br/>transient" in line for line in lines)


def test_circle_is_drawn_once() -> None:
    """A wiring with errors can be looked at, too."""
    container = DependencyContainer()

    class Hen:
        def __init__(self, egg: "Egg") -> None: ...

    class Egg:
        def __init__(self, hen: Hen) -> None: ...

    Hen.__init__.__annotations__["egg"] = Egg
    container.register(Hen)
    container.register(Egg)

    assert container.graph().to_text() == "Hen (transient)\n└─> egg: Egg (transient)\n    └─> hen: Hen (transient) …"


def test_services_are_builtins(container: DependencyContainer) -> None:
    """For JSON; what was registered as a value is not among them."""
    container.register(Database, qualifier="other", lifetime=Lifetime.SINGLETON)

    jobs = next(service for service in container.graph().to_list() if service["name"] == "Jobs")

    assert jobs["lifetime"] == "transient"
    assert jobs["needs"] == [
        {"parameter": "orders", "service": "Orders", "is_late": True},
        {"parameter": "cache", "service": "Cache", "is_late": False},
    ]


def test_unused_offers_of_the_framework_are_left_out() -> None:
    """What the application itself registered stays, used or not; and what the framework offers, if it is used."""
    app = CovetPy()
    app.container.register(Cache, MemoryCache)

    @app.get("/")
    async def handle(bus: EventBus) -> None: ...

    app.compile()

    whole = {service.name for service in app.container.graph().services}
    used = {service.name for service in app.container.graph().without_unused().services}
    assert {"Cache", "EventBus", "CovetPy", "BackgroundTasks"} <= whole
    assert {name for name in used if not name.startswith("GET /")} == {"Cache", "EventBus"}
