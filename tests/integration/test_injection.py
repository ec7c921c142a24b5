"""
Services in handlers, controllers, middleware and deferred work. Over both protocols.
"""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import pytest

from covet import CovetPy, Inject, Request, Response
from covet.core.controller import get
from covet.di import DependencyContainer, DependencyGraphError, Lifetime, Provider, Scope
from covet.events import Event
from covet.exceptions import NotFoundError, RouteError
from covet.middleware import Middleware
from covet.tasks import BackgroundTasks
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


class Journal:
    """What happened, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []


class Connection:
    """Something that is opened and closed."""


class Repository:
    """Needs a connection, and knows whose request it serves."""

    def __init__(self, connection: Connection, request: Request) -> None:
        self.connection = connection
        self.path = request.path


class Plain:
    """Needs nothing."""


class Replica(Plain):
    """Another one."""


class Chain:
    """Needs nothing of a request."""

    def __init__(self, plain: Plain) -> None:
        self.plain = plain


def make_app(journal: Journal, *, middleware: list[object] | None = None) -> CovetPy:
    """Make an application with a connection that is closed, and services around it."""
    app = CovetPy(middleware=middleware)

    @asynccontextmanager
    async def connect() -> AsyncIterator[Connection]:
        journal.lines.append("open")
        try:
            yield Connection()
        except BaseException as exc:
            journal.lines.append(f"failed {type(exc).__name__}")
            raise
        finally:
            journal.lines.append("close")

    app.container.register_instance(Journal, journal)
    app.container.register(Connection, factory=connect, lifetime=Lifetime.SCOPED)
    app.container.register(Repository, lifetime=Lifetime.SCOPED)
    app.container.register(Plain, lifetime=Lifetime.SCOPED)
    app.container.register(Chain, lifetime=Lifetime.SCOPED)
    return app


class Passing(Middleware):
    """Changes nothing, but makes the route one with middleware."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the response on."""
        return response


async def calling(request: Request, call_next: object) -> Response:
    """Be a middleware that calls on."""
    response: Response = await call_next(request)  # type: ignore[operator]
    return response


around = pytest.mark.parametrize("middleware", [None, [Passing()], [calling]], ids=["bare", "hooks", "call"])


@on_both_protocols
@around
async def test_a_handler_gets_its_services(protocol: WireProtocol, middleware: list[object] | None) -> None:
    """One instance for the request, closed before deferred work begins and after the response was sent."""
    journal = Journal()
    app = make_app(journal, middleware=middleware)

    @app.get("/items/{number}")
    async def show(number: int, repository: Repository, connection: Connection, request: Request) -> dict[str, object]:
        request.defer(journal.lines.append, "deferred")
        return {"number": number, "same": repository.connection is connection, "path": repository.path}

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/items/7")

    assert response.json() == {"number": 7, "same": True, "path": "/items/7"}
    assert journal.lines == ["open", "close", "deferred"]
    assert app.container.open_scopes == 0


@on_both_protocols
@around
@pytest.mark.parametrize(("error", "status"), [(NotFoundError("gone"), 404), (KeyError("broken"), 500)])
async def test_services_learn_that_the_handler_failed(
    protocol: WireProtocol, middleware: list[object] | None, error: Exception, status: int
) -> None:
    """A transaction is rolled back, although the error became a response."""
    journal = Journal()
    app = make_app(journal, middleware=middleware)

    @app.get("/")
    async def fail(repository: Repository) -> str:
        raise error

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        response = await client.get("/")

    assert response.status_code == status
    assert journal.lines == ["open", f"failed {type(error).__name__}", "close"]
    assert app.container.open_scopes == 0


@on_both_protocols
@around
async def test_bad_input_makes_no_service(protocol: WireProtocol, middleware: list[object] | None) -> None:
    """What a request brings is checked before anything is opened for it."""
    journal = Journal()
    app = make_app(journal, middleware=middleware)

    @app.get("/items")
    async def show(page: int, repository: Repository) -> str:
        return repository.path

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/items?page=x")

    assert response.status_code == 422
    assert journal.lines == []
    assert app.container.open_scopes == 0


@on_both_protocols
async def test_a_stream_keeps_its_services_until_its_last_byte(protocol: WireProtocol) -> None:
    """The connection is closed when nobody reads from it any more."""
    journal = Journal()
    app = make_app(journal)

    @app.get("/")
    async def stream(connection: Connection) -> AsyncIterator[bytes]:
        for number in range(3):
            journal.lines.append(f"piece {number}")
            yield b"x"

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert response.text == "xxx"
    assert journal.lines == ["open", "piece 0", "piece 1", "piece 2", "close"]


@on_both_protocols
async def test_what_needs_no_scope_is_made_for_each_request(protocol: WireProtocol) -> None:
    """Each request has its own instances, also where no scope has to be opened for them."""
    app = make_app(Journal())
    seen: list[Chain] = []

    @app.get("/")
    async def show(chain: Chain, plain: Plain) -> bool:
        seen.append(chain)
        return chain.plain is plain

    async with TestClient(app, protocol=protocol) as client:
        texts = [(await client.get("/")).text for _ in range(3)]

    assert texts == ["true"] * 3
    assert len({id(chain) for chain in seen}) == 3


@on_both_protocols
@around
async def test_middleware_and_handler_share_the_scope(protocol: WireProtocol, middleware: list[object] | None) -> None:
    """`request.resolve` gives what the handler gets."""
    found: list[object] = []

    class Looking(Middleware):
        async def process_request(self, request: Request) -> None:
            found.append(await request.resolve(Plain))

    app = make_app(Journal(), middleware=[Looking(), *(middleware or ())])

    @app.get("/")
    async def show(plain: Plain, chain: Chain) -> str:
        found.extend([plain, chain.plain])
        return "shown"

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/")

    assert len(found) == 3
    assert found[0] is found[1] is found[2]
    assert app.container.open_scopes == 0


@on_both_protocols
async def test_a_route_without_services_can_resolve(protocol: WireProtocol) -> None:
    """The scope is opened when it is asked for, and closed with the request."""
    journal = Journal()
    app = make_app(journal)

    @app.get("/")
    async def show(request: Request) -> bool:
        return await request.resolve(Connection) is await request.resolve(Connection)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert response.text == "true"
    assert journal.lines == ["open", "close"]
    assert app.container.open_scopes == 0


@on_both_protocols
@around
async def test_a_request_is_freed_without_the_collector(
    protocol: WireProtocol, middleware: list[object] | None
) -> None:
    """The request knows its scope, and the scope the request: the circle is broken at the end."""
    app = make_app(Journal(), middleware=middleware)
    references: list[weakref.ref[Request]] = []

    @app.get("/")
    async def show(request: Request, chain: Chain, plain: Plain) -> str:
        references.append(weakref.ref(request))
        return "shown"

    async with TestClient(app, protocol=protocol) as client:
        gc.disable()
        try:
            await client.get("/")
            await asyncio.sleep(0)
            assert [reference() for reference in references] == [None]
        finally:
            gc.enable()


async def test_a_request_by_hand_has_no_services() -> None:
    """There is no application that could have any."""
    with pytest.raises(RuntimeError, match=r"^A request without an application has no services to resolve\.$"):
        await Request().resolve(Plain)


class Users:
    """A controller that takes something."""

    path = "/users"

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.calls = 0

    @get("/{number}")
    async def show(self, number: int) -> dict[str, object]:
        """Show one."""
        self.calls += 1
        return {"number": number, "path": self.repository.path, "calls": self.calls}

    @get("/static/sum")
    @staticmethod
    def add(left: int, right: int) -> int:
        """Need no instance."""
        return left + right


@on_both_protocols
@around
async def test_a_controller_is_made_for_each_request(protocol: WireProtocol, middleware: list[object] | None) -> None:
    """With all that it takes; nothing of one request is seen by the next."""
    journal = Journal()
    app = make_app(journal, middleware=middleware)
    app.add_controller(Users)

    async with TestClient(app, protocol=protocol) as client:
        answers = [(await client.get("/users/7")).json() for _ in range(2)]
        added = await client.get("/users/static/sum?left=1&right=2")

    assert answers == [{"number": 7, "path": "/users/7", "calls": 1}] * 2
    assert added.json() == 3
    assert journal.lines == ["open", "close"] * 2


@on_both_protocols
async def test_a_controller_that_is_registered_lives_as_it_says(protocol: WireProtocol) -> None:
    """Such as one instance for the application."""

    class Counter:
        def __init__(self, journal: Journal) -> None:
            self.count = 0

        @get("/count")
        async def add(self) -> int:
            self.count += 1
            return self.count

    app = make_app(Journal())
    app.container.register(Counter, lifetime=Lifetime.SINGLETON)
    app.add_controller(Counter)

    async with TestClient(app, protocol=protocol) as client:
        assert [(await client.get("/count")).json() for _ in range(3)] == [1, 2, 3]


@on_both_protocols
async def test_markers_and_qualifiers_choose(protocol: WireProtocol) -> None:
    """A model that is registered is a service if a marker says so; a qualifier names one of several."""

    @dataclass
    class Limits:
        size: int = 1

    app = CovetPy()
    app.container.register_instance(Limits, Limits(10))
    app.container.register_instance(Limits, Limits(20), qualifier="large")

    @app.post("/")
    async def show(
        plain: Limits,
        marked: Annotated[Limits, Inject()],
        bare: Annotated[Limits, Inject],
        large: Annotated[Limits, Inject("large")],
        named: Annotated[Limits, "large"],
        missing: Connection | None = None,
    ) -> list[int]:
        return [plain.size, marked.size, bare.size, large.size, named.size]

    app.container.register(Connection)

    async with TestClient(app, protocol=protocol) as client:
        assert (await client.post("/")).json() == [10, 10, 10, 20, 20]


@on_both_protocols
async def test_what_nobody_registered_keeps_its_default(protocol: WireProtocol) -> None:
    """Alone, beside services, and before them."""
    app = make_app(Journal())

    @app.get("/alone")
    async def alone(users: Annotated[Users | None, Inject()] = None) -> bool:
        return users is None

    @app.get("/beside")
    async def beside(
        plain: Plain,
        users: Annotated[Users | None, Inject()] = None,
        named: Annotated[Users | str, Inject()] = "default",
        chain: Annotated[Chain | None, Inject()] = None,
    ) -> list[object]:
        return [type(plain).__name__, users, named, type(chain).__name__]

    async with TestClient(app, protocol=protocol) as client:
        assert (await client.get("/alone")).json() is True
        assert (await client.get("/beside")).json() == ["Plain", None, "default", "Chain"]


async def test_everything_is_wired_alike() -> None:
    """A constructor, a handler of an event, and a function that is called: markers, options, providers, collections."""
    app = CovetPy()
    app.container.register(Plain)
    app.container.register(Plain, qualifier="replica", factory=Replica)
    Asked = tuple[str, str, str, str, bool, int]

    async def ask(
        replica: Annotated[Plain, Inject("replica")],
        optional: Plain | None = None,
        absent: Connection | None = None,
        *,
        later: Provider[Plain],
        every: list[Plain],
        scope: Scope,
        number: int = 7,
    ) -> Asked:
        provided = await later.get()
        same = isinstance(await scope.resolve(Plain), Plain)
        return type(replica).__name__, type(optional).__name__, type(provided).__name__, str(absent), same, len(every)

    class Happened(Event):
        event_type: str = "test.happened"

    class Holder:
        def __init__(self, replica: Annotated[Plain, Inject("replica")], optional: Plain | None = None) -> None:
            self.names = type(replica).__name__, type(optional).__name__

    @app.events.subscribe(Happened)
    async def on_happened(
        event: Happened,
        replica: Annotated[Plain, Inject("replica")],
        optional: Plain | None = None,
        absent: Connection | None = None,
        *,
        later: Provider[Plain],
        every: list[Plain],
        scope: Scope,
    ) -> Asked:
        return await ask(replica, optional, absent, later=later, every=every, scope=scope)

    app.container.register(Holder)
    expected = ("Replica", "Plain", "Plain", "None", True, 2)

    async with TestClient(app):
        assert await app.call(ask) == expected
        assert await app.call(ask) == expected
        assert (await app.events.publish(Happened())).values == [expected]
        assert (await app.container.resolve(Holder)).names == ("Replica", "Plain")
    assert app.container.open_scopes == 0


@on_both_protocols
async def test_what_the_framework_offers(protocol: WireProtocol) -> None:
    """The application, its container, the scope, deferred work, and what is made later."""
    app = make_app(Journal())
    ran: list[str] = []

    class Mailer:
        def __init__(self, tasks: BackgroundTasks) -> None:
            self.tasks = tasks

    app.container.register(Mailer)

    @app.get("/")
    async def show(
        owner: CovetPy, container: DependencyContainer, scope: Scope, later: Provider[Plain], mailer: Mailer
    ) -> list[bool]:
        mailer.tasks.add_task(ran.append, "sent")
        return [owner is app, container is app.container, await scope.resolve(Plain) is await later.get()]

    async with TestClient(app, protocol=protocol) as client:
        assert (await client.get("/")).json() == [True, True, True]
    assert ran == ["sent"]


@on_both_protocols
async def test_deferred_work_has_services_of_its_own(protocol: WireProtocol) -> None:
    """In a scope that lives as long as the function runs; a failure is told to it, and stops no other."""
    journal = Journal()
    app = make_app(journal)

    async def mail(to: str, connection: Connection, *, journal: Journal) -> None:
        journal.lines.append(f"mail {to} {type(connection).__name__}")

    def fail(connection: Connection) -> None:
        raise KeyError("broken")

    @app.get("/")
    async def show(tasks: BackgroundTasks, connection: Connection) -> str:
        tasks.add_task(fail)
        tasks.add_task(mail, "ada")
        tasks.add_task(mail, "bob", connection="given", journal=journal)
        return "shown"

    async with TestClient(app, protocol=protocol) as client:
        assert (await client.get("/")).text == "shown"

    assert journal.lines == [
        "open", "close", "open", "failed KeyError", "close", "open", "mail ada Connection", "close", "mail bob str",
    ]  # fmt: skip
    assert app.container.open_scopes == 0


async def test_scopes_outside_of_requests() -> None:
    """A command or a script has them too, and so has a function that is called."""
    journal = Journal()
    app = make_app(journal)

    async def count(connection: Connection, times: int = 1) -> int:
        return times

    async with app.scope() as scope:
        assert isinstance(await scope.resolve(Connection), Connection)
    assert await app.call(count, times=3) == 3
    assert await CovetPy().call(max, 1, 2) == 2

    assert journal.lines == ["open", "close"] * 2


@on_both_protocols
async def test_a_test_puts_something_else_in_its_place(protocol: WireProtocol) -> None:
    """For the whole application, until the block ends."""

    class Other(Plain):
        pass

    app = make_app(Journal())

    @app.get("/")
    async def show(plain: Plain) -> str:
        return type(plain).__name__

    async with TestClient(app, protocol=protocol) as client:
        with app.container.override(Plain, Other()):
            assert (await client.get("/")).text == "Other"
        assert (await client.get("/")).text == "Plain"


async def test_singletons_end_with_the_application_and_begin_anew() -> None:
    """The last to be closed: what other steps use is there until they have ended."""
    lines: list[str] = []

    def connect() -> Iterator[Connection]:
        lines.append("open")
        yield Connection()
        lines.append("close")

    app = CovetPy()
    app.container.register(Connection, factory=connect, lifetime=Lifetime.SINGLETON)
    app.on_shutdown(lambda: lines.append("shutdown"))

    @app.get("/")
    async def show(connection: Connection) -> str:
        return "shown"

    for _ in range(2):
        async with TestClient(app) as client:
            await client.get("/")
            await client.get("/")

    assert lines == ["open", "shutdown", "close"] * 2


async def test_a_handler_of_an_event_has_services_of_its_own() -> None:
    """In a scope that lives as long as the handler runs; a request's services are its own."""
    journal = Journal()
    app = make_app(journal)

    class Ordered(Event):
        event_type: str = "shop.ordered"
        number: int

    class Audit:
        def __init__(self, connection: Connection, event: Event) -> None:
            self.text = f"{event.event_type} {type(connection).__name__}"

    app.container.register(Audit)

    @app.events.subscribe(Ordered)
    async def note(event: Ordered, audit: Audit) -> str:
        return f"{event.number} {audit.text}"

    async with TestClient(app):
        result = await app.events.publish(Ordered(number=7))

    assert result.values == ["7 shop.ordered Connection"]
    assert journal.lines == ["open", "close"]
    assert app.container.open_scopes == 0


async def test_a_handler_of_an_event_is_checked_at_the_start() -> None:
    """What nobody registered is found before the first event."""
    app = CovetPy()

    @app.events.subscribe("shop.*")
    async def note(event: Event, plain: Plain) -> None: ...

    with pytest.raises(DependencyGraphError) as caught:
        await app.startup()

    text = str(caught.value)
    assert "the event handler" in text
    assert "note" in text
    assert "plain: Plain  <── not registered" in text


# ── Errors at the start ──────────────────────────────────────────────────────


async def test_everything_that_is_wrong_is_in_one_report() -> None:
    """Routes and services, and who asks for them."""
    app = CovetPy()
    app.container.register(Repository, lifetime=Lifetime.SCOPED)

    @app.get("/a")
    async def first(repository: Repository) -> str:
        return ""

    @app.get("/b/{x}")
    async def second(x: int, y) -> str:  # type: ignore[no-untyped-def]
        return ""

    @app.get("/c")
    async def third(plain: Annotated[Plain, Inject()]) -> str:
        return ""

    with pytest.raises(ExceptionGroup, match=r"^2 errors in routes and services\.") as caught:
        app.compile()

    route, graph = caught.value.exceptions
    assert isinstance(route, RouteError)
    assert isinstance(graph, DependencyGraphError)
    text = str(graph)
    assert "GET /c" in text
    assert "third" in text
    assert "Connection" in text
    assert "Plain" in text


def test_a_marker_for_services_has_no_constraints() -> None:
    """They would be ignored."""
    app = CovetPy()
    app.container.register(Plain)

    @app.get("/")
    async def show(plain: Annotated[Plain, Inject(alias="p")]) -> str:
        return ""

    with pytest.raises(RouteError) as caught:
        app.compile()

    assert str(caught.value) == (
        "GET /, parameter 'plain': What is injected is neither validated nor named on the wire.\n"
        "  Leave everything out of Inject() but the qualifier."
    )


async def test_a_route_that_comes_while_the_application_runs_is_injected() -> None:
    """And one that cannot be is refused where it is declared."""
    app = make_app(Journal())

    async with TestClient(app) as client:

        @app.get("/late")
        async def late(plain: Plain) -> str:
            return type(plain).__name__

        assert (await client.get("/late")).text == "Plain"
        with pytest.raises(DependencyGraphError, match="Users"):

            @app.get("/later")
            async def later(users: Annotated[Users, Inject()]) -> str:
                return ""

        assert (await client.get("/later")).status_code == 404


async def test_the_first_service_may_come_with_a_late_route() -> None:
    """The container is made and built while the application runs."""
    app = CovetPy()

    async with TestClient(app) as client:
        app.container.register(Plain)

        @app.get("/late")
        async def late(plain: Plain) -> str:
            return type(plain).__name__

        assert (await client.get("/late")).text == "Plain"


# ── Isolation ────────────────────────────────────────────────────────────────


async def check_isolation(requests: int, protocol: WireProtocol) -> None:
    """Send requests at once, each with a principal of its own; some fail, some are cancelled."""

    class Principal:
        def __init__(self, request: Request) -> None:
            self.name = request.headers["x-user"]

    class Account:
        def __init__(self, principal: Principal) -> None:
            self.principal = principal

    app = CovetPy()
    open_now = 0

    async def connect(account: Account) -> AsyncIterator[Connection]:
        nonlocal open_now
        await asyncio.sleep(0)
        open_now += 1
        try:
            yield Connection()
        finally:
            await asyncio.sleep(0)
            open_now -= 1

    app.container.register(Principal, lifetime=Lifetime.SCOPED)
    app.container.register(Account, lifetime=Lifetime.SCOPED)
    app.container.register(Connection, factory=connect, lifetime=Lifetime.SCOPED)

    @app.get("/{number}", cancel_on_disconnect=True)
    async def show(number: int, account: Account, connection: Connection, principal: Principal) -> str:
        await asyncio.sleep(0)
        if number % 7 == 0:
            raise NotFoundError(account.principal.name)
        if number % 11 == 0:
            await asyncio.sleep(60)
        return f"{account.principal.name} {principal.name}"

    async with TestClient(app, protocol=protocol) as client:

        async def ask(number: int) -> bool:
            call = client.get(f"/{number}", headers={"x-user": f"user-{number}"})
            if number % 7 and number % 11 == 0:
                task = asyncio.ensure_future(call)
                for _ in range(number % 9):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait({task})
                return True
            response = await call
            if number % 7 == 0:
                return bool(response.json()["detail"] == f"user-{number}")
            return response.text == f"user-{number} user-{number}"

        for start in range(0, requests, 500):
            answers = await asyncio.gather(*(ask(number) for number in range(start, start + 500)))
            assert all(answers)

    assert open_now == 0
    assert app.container.open_scopes == 0


@on_both_protocols
async def test_no_request_sees_the_services_of_another(protocol: WireProtocol) -> None:
    """A thousand at once, each its own principal, with failures and cancellations; `make campaign` sends 200,000."""
    await check_isolation(1000, protocol)


@pytest.mark.campaign
@on_both_protocols
async def test_no_request_of_many_sees_the_services_of_another(protocol: WireProtocol) -> None:
    """The same with 200,000."""
    await check_isolation(200_000, protocol)
