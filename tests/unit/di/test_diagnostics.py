"""
Broken wirings: each in one report, each told by its exact text.
"""

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from covet.di import DependencyContainer, Lifetime, Provider, Scope
from covet.di.diagnostics import make_path, make_step
from covet.di.graph import Graph
from covet.di.nodes import Catalogue, Node
from covet.di.registration import Key, Registration
from covet.introspection import inspect_callable
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

HERE = "di/test_diagnostics.py:N"


class Settings:
    """Needs a text."""

    def __init__(self, url: str) -> None:
        self.url = url


class Notifier:
    """Needs a Protocol."""

    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer


class Reports:
    """Needs a service of a qualifier."""

    def __init__(self, database: Annotated[Database, "main"]) -> None:
        self.database = database


class Hen:
    """Needs an egg."""

    def __init__(self, egg: "Egg") -> None:
        self.egg = egg


class Egg:
    """Needs a hen."""

    def __init__(self, hen: Hen) -> None:
        self.hen = hen


class Selfish:
    """Needs itself."""

    def __init__(self, me: "Selfish") -> None:
        self.me = me


class Request:
    """What an opener gives."""


class Auditor:
    """Takes what belongs to a scope."""

    def __init__(self, request: Request, scope: Scope) -> None:
        self.request = request
        self.scope = scope


class Unresolvable:
    """Names what is nowhere."""

    def __init__(self, thing: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821 - meant
        self.thing = thing


class Untold:
    """Says nothing about its parameter."""

    def __init__(self, thing) -> None:  # type: ignore[no-untyped-def]
        self.thing = thing


class Lazy:
    """Takes a provider, and all of an interface."""

    def __init__(self, database: Provider[Database], mailers: list[Mailer]) -> None:
        self.database = database
        self.mailers = mailers


class Shelf:
    """Needs a closed generic."""

    def __init__(self, store: Store[User]) -> None:
        self.store = store


class CountingCache(MemoryCache):
    """Wraps nothing."""

    def __init__(self, other: Database) -> None:
        self.other = other


def fail() -> bool:
    """Fail."""
    raise LookupError("no settings")


def make_number() -> int:
    """Make something else."""
    return 1


def handle(orders: Orders, mailer: Mailer) -> None:
    """Ask for two services."""


def missing(container: DependencyContainer) -> None:
    """Register what is broken: missing."""
    container.register(Orders, lifetime=Lifetime.SCOPED)
    container.register(Repository, lifetime=Lifetime.SCOPED)


def missing_for_protocol(container: DependencyContainer) -> None:
    """Register what is broken: missing for protocol."""
    container.register(Notifier)


def fitting_protocol(container: DependencyContainer) -> None:
    """Register what is broken: fitting protocol."""
    container.register(Notifier)
    container.register(MemoryMailer)


def misspelled(container: DependencyContainer) -> None:
    """Register what is broken: misspelled."""
    container.register(Repository)

    class Databases:
        """Is called nearly the same."""

    container.register(Databases)


def other_qualifiers(container: DependencyContainer) -> None:
    """Register what is broken: other qualifiers."""
    container.register(Repository)
    container.register(Database, qualifier="main")
    container.register(Database, qualifier="replica")


def no_qualifier(container: DependencyContainer) -> None:
    """Register what is broken: no qualifier."""
    container.register(Reports)
    container.register(Database)


def false_condition(container: DependencyContainer) -> None:
    """Register what is broken: false condition."""
    container.register(Repository)
    container.register(Database, when=lambda: False)


def simple_value(container: DependencyContainer) -> None:
    """Register what is broken: simple value."""
    container.register(Settings)


def circle(container: DependencyContainer) -> None:
    """Register what is broken: circle."""
    container.register(Hen, lifetime=Lifetime.SCOPED)
    container.register(Egg, lifetime=Lifetime.SCOPED)


def own_circle(container: DependencyContainer) -> None:
    """Register what is broken: own circle."""
    container.register(Selfish)


def captive_scoped(container: DependencyContainer) -> None:
    """Register what is broken: captive scoped."""
    container.register(Orders)
    container.register(Repository, lifetime=Lifetime.SINGLETON)
    container.register(Database, lifetime=Lifetime.SCOPED)


def captive_transient(container: DependencyContainer) -> None:
    """Register what is broken: captive transient."""
    container.register(Repository, lifetime=Lifetime.SINGLETON)
    container.register(Database)


def captive_values(container: DependencyContainer) -> None:
    """Register what is broken: captive values."""
    container.declare(Request)
    container.register(Auditor, lifetime=Lifetime.SINGLETON)


def unresolvable(container: DependencyContainer) -> None:
    """Register what is broken: unresolvable."""
    container.register(Unresolvable)


def untold(container: DependencyContainer) -> None:
    """Register what is broken: untold."""
    container.register(Untold)


def unknown_argument(container: DependencyContainer) -> None:
    """Register what is broken: unknown argument."""
    container.register(Settings, url="sqlite://", ulr="x")


def deaf_decorator(container: DependencyContainer) -> None:
    """Register what is broken: deaf decorator."""
    container.register(Database)
    container.register(Cache, MemoryCache)
    container.decorate(Cache, CountingCache)


def failing_condition(container: DependencyContainer) -> None:
    """Register what is broken: failing condition."""
    container.register(Database, when=fail)


def two_conditions(container: DependencyContainer) -> None:
    """Register what is broken: two conditions."""
    container.register(Database, when=lambda: True)
    container.register(Database, when=lambda: True)


def late_and_all(container: DependencyContainer) -> None:
    """Register what is broken: late and all."""
    container.register(Lazy)


def wrong_result(container: DependencyContainer) -> None:
    """Register what is broken: wrong result."""
    container.register(Database, factory=make_number)


def inside_of_generic(container: DependencyContainer) -> None:
    """Register what is broken: inside of generic."""
    container.register(Store, model=User)
    container.register(Shelf)


def no_signature(container: DependencyContainer) -> None:
    """Register what is broken: no signature."""
    container.register(Database, factory=type)


def handler(container: DependencyContainer) -> None:
    """Register what is broken: handler."""
    container.register(Orders)
    container.register(Repository)
    container.inject("GET /orders", inspect_callable(handle).parameters, where="shop/views.py:7")


BROKEN: dict[Callable[[DependencyContainer], None], str] = {
    missing: f"""
1. Database is not registered.
     Orders (scoped), {HERE}
     └─> repository: Repository (scoped), {HERE}
         └─> database: Database  <── not registered
     Register it: container.register(Database).
""",
    missing_for_protocol: f"""
1. Mailer is not registered.
     Notifier (transient), {HERE}
     └─> mailer: Mailer  <── not registered
     Register it: container.register(Mailer, <the class that implements it>).
""",
    fitting_protocol: f"""
1. Mailer is not registered.
     Notifier (transient), {HERE}
     └─> mailer: Mailer  <── not registered
     MemoryMailer, registered at {HERE}, is one: container.register(Mailer, MemoryMailer).
""",
    misspelled: f"""
1. Database is not registered.
     Repository (transient), {HERE}
     └─> database: Database  <── not registered
     Register it: container.register(Database). Did you mean 'Databases'?
""",
    other_qualifiers: f"""
1. Database is not registered.
     Repository (transient), {HERE}
     └─> database: Database  <── not registered
     Database is registered with other qualifiers: 'main', 'replica'. Write Annotated[Database, "main"].
""",
    no_qualifier: f"""
1. Database 'main' is not registered.
     Reports (transient), {HERE}
     └─> database: Database 'main'  <── not registered
     Database is registered without a qualifier. Write Database alone, or register it with qualifier='main'.
""",
    false_condition: f"""
1. Database is not registered.
     Repository (transient), {HERE}
     └─> database: Database  <── not registered
     It is registered at {HERE}, but its condition (when=) is false.
""",
    simple_value: f"""
1. str is not registered.
     Settings (transient), {HERE}
     └─> url: str  <── not registered
     Give the value where Settings is registered: register(Settings, ..., url=...).
""",
    circle: f"""
1. Hen needs itself.
     Hen (scoped), {HERE}
     └─> egg: Egg (scoped), {HERE}
         └─> hen: Hen  <── closes the circle
     Let one of them take Provider[Hen], which resolves when it is used, or move what both need into a third.
""",
    own_circle: f"""
1. Selfish needs itself.
     Selfish (transient), {HERE}
     └─> me: Selfish  <── closes the circle
     Let one of them take Provider[Selfish], which resolves when it is used, or move what both need into a third.
""",
    captive_scoped: f"""
1. Repository is a singleton and would keep a scoped Database for ever.
     Orders (transient), {HERE}
     └─> repository: Repository (singleton), {HERE}
         └─> database: Database (scoped), {HERE}  <── lives shorter than what holds it
     Register Repository as SCOPED or Database as SINGLETON, or take Provider[Database] and open it for each use: \
async with provider.use().
""",
    captive_transient: f"""
1. Repository is a singleton and would keep a transient Database for ever.
     Repository (singleton), {HERE}
     └─> database: Database (transient), {HERE}  <── lives shorter than what holds it
     Register Repository as SCOPED or Database as SINGLETON, or take Provider[Database] and open it for each use: \
async with provider.use().
""",
    captive_values: f"""
1. Auditor is a singleton and would keep a scoped Request for ever.
     Auditor (singleton), {HERE}
     └─> request: Request (scoped)  <── lives shorter than what holds it
     Register Auditor as SCOPED, or pass the Request to the method that needs it.

2. Auditor is a singleton and would keep a scoped Scope for ever.
     Auditor (singleton), {HERE}
     └─> scope: Scope (scoped)  <── lives shorter than what holds it
     Register Auditor as SCOPED, or pass the Scope to the method that needs it.
""",
    unresolvable: f"""
1. Unresolvable annotates 'thing' with 'Nowhere', but 'Nowhere' is not defined there.
     Unresolvable (transient), {HERE}
     └─> thing: ?  <── cannot be read
     Import 'Nowhere' at the top of {__name__}, outside of 'if TYPE_CHECKING:', or define it outside of a function.
""",
    untold: f"""
1. Untold takes 'thing' without an annotation: nobody knows what to give it.
     Untold (transient), {HERE}
     └─> thing: ?  <── cannot be read
     Annotate it, give it a default, or give its value: register(Untold, ..., thing=...).
""",
    unknown_argument: f"""
1. Settings is registered with ulr=, which it does not take.
     Settings (transient), {HERE}
     └─> ulr: ?  <── no such parameter
     Did you mean 'url'? Available: url.
""",
    deaf_decorator: f"""
1. The decorator of Cache does not take what it wraps.
     Cache (transient), {HERE}
     Give it a parameter that is annotated with Cache.
""",
    failing_condition: f"""
1. The condition of Database failed: LookupError: no settings
     Database (transient), {HERE}
     Let when= be a bool, or a function without parameters that returns one.
""",
    two_conditions: f"""
1. Database is registered twice.
     First at {HERE}, again at {HERE}.
     Pass replace=True if the second is meant, or tell them apart with qualifier=.
""",
    late_and_all: f"""
1. Database is not registered.
     Lazy (transient), {HERE}
     └─> database: Database  <── not registered
     Register it: container.register(Database).

2. Mailer is not registered.
     Lazy (transient), {HERE}
     └─> mailers: Mailer  <── not registered
     Register it: container.register(Mailer, <the class that implements it>).
""",
    wrong_result: f"""
1. Database cannot be registered like this: the factory make_number returns int, which is no Database.
     Registered at {HERE}.
     Let it return what is registered, or mend its annotation.
""",
    inside_of_generic: f"""
1. Database is not registered.
     Shelf (transient), {HERE}
     └─> store: Store[User] (transient), {HERE}
         └─> database: Database  <── not registered
     Register it: container.register(Database).
""",
    no_signature: f"""
1. type has no signature that can be read.
     Database (transient), {HERE}
     Wrap it in a function with annotated parameters.
""",
    handler: f"""
1. Mailer is not registered.
     GET /orders, shop/views.py:N
     └─> mailer: Mailer  <── not registered
     Register it: container.register(Mailer, <the class that implements it>).

2. Database is not registered.
     GET /orders, shop/views.py:N
     └─> orders: Orders (transient), {HERE}
         └─> repository: Repository (transient), {HERE}
             └─> database: Database  <── not registered
     Register it: container.register(Database).
""",
}


@pytest.mark.parametrize("register", BROKEN, ids=lambda register: register.__name__)
def test_broken_wiring_is_reported(register: Callable[[DependencyContainer], None]) -> None:
    """Each broken wiring has its report: what is wrong, the way to it, the fix."""
    container = DependencyContainer()
    register(container)

    report = report_of(container)

    count = report.count("\n\n")
    title = f"The dependencies cannot be wired: {count} error{'s' if count > 1 else ''}.\n"
    assert report == title + BROKEN[register].rstrip("\n")


def test_all_errors_come_in_one_report() -> None:
    """The broken wirings of one container are reported together."""
    container = DependencyContainer()
    for register in (circle, captive_scoped, simple_value, unresolvable, untold):
        register(container)

    report = report_of(container)

    assert report.startswith("The dependencies cannot be wired: 5 errors.\n")


def test_two_circles_are_two_errors() -> None:
    """Each circle is reported once, however many lead into it."""
    container = DependencyContainer()

    def enter(hen: Hen, egg: Egg) -> Database:
        return Database()

    container.register(Database, factory=enter)
    circle(container)
    own_circle(container)

    report = report_of(container)

    assert report.count("needs itself") == 2


def test_long_chain_is_no_recursion_error() -> None:
    """A circle of a thousand services is drawn, not a crash."""
    container = DependencyContainer()
    classes: list[Any] = [type(f"Link{number}", (), {}) for number in range(1000)]
    for cls, needed in zip(classes, [*classes[1:], classes[0]], strict=True):

        def make(needed: object) -> object:
            return needed

        make.__annotations__ = {"needed": needed}
        container.register(cls, factory=make)

    report = report_of(container)

    assert report.count("└─>") == 1000


def test_path_is_the_shortest() -> None:
    """Of several ways to a service the shortest is drawn."""
    catalogue = Catalogue()
    for cls in (Database, Repository, Orders):
        key = Key(cls)
        catalogue.registrations[key] = [Registration(cls, cls, where="a.py:1")]
    graph = Graph(catalogue)

    steps = make_path(graph, graph.nodes[Key(Database)])

    assert [(step.service, step.parameter) for step in steps] == [
        ("Orders", ""),
        ("Repository", "repository"),
        ("Database", "database"),
    ]


def test_step_of_who_only_asks_has_no_lifetime() -> None:
    """A handler is no service."""
    step = make_step(Node(None, "GET /", None, "views.py:1"))

    assert str(step) == "GET /, views.py:1"
