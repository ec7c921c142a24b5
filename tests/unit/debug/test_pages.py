"""
What the pages show, read from applications of every kind.
"""

from typing import ClassVar

import pytest

from covet.app import CovetPy
from covet.config import Settings, Sources
from covet.debug.page import Page
from covet.debug.pages import (
    PAGES,
    show_config,
    show_events,
    show_index,
    show_plugins,
    show_routes,
    show_services,
)
from covet.di import Lifetime
from covet.events import Event, EventBus
from covet.http.request import Request
from covet.plugins import Plugin


class Database:
    """A service."""


class Orders:
    """A service that needs another."""

    def __init__(self, database: Database) -> None:
        self.database = database


class UserCreated(Event):
    """An event with something to hide."""

    event_type: str = "debug.user_created"
    name: str


class BrokenPlugin(Plugin):
    """A plugin that does without its start, and is not well."""

    name: ClassVar[str] = "broken"
    version: ClassVar[str] = "0.1"
    required: ClassVar[bool] = False

    def init_app(self, app: CovetPy) -> None:
        """Add nothing."""

    async def on_startup(self) -> None:
        """Fail."""
        raise ConnectionError("refused")


class IllPlugin(BrokenPlugin):
    """A plugin that is there, and says that it is not well."""

    name: ClassVar[str] = "ill"

    async def on_startup(self) -> None:
        """Start."""

    def health_checks(self):  # type: ignore[no-untyped-def]
        """Name the check."""
        return {"ill": self._check}

    async def _check(self) -> None:
        """Fail."""
        raise TimeoutError("late")


def cells(page: Page, table: int = 0) -> list[tuple[str, ...]]:
    """Return the rows of a page's table."""
    return list(page.tables[table].rows)


async def test_routes_show_handler_middleware_and_limits() -> None:
    """As they are served, mounted applications included."""
    app = CovetPy()

    async def around(request, call_next): ...  # type: ignore[no-untyped-def]
    async def foreign(scope, receive, send): ...  # type: ignore[no-untyped-def]

    @app.post("/users", middleware=[around, "main:other"], timeout=2.5, body_limit=10, tags=["a"])
    async def create_user() -> None: ...

    @app.get("/any", body_limit=None)
    async def any_body() -> None: ...

    app.mount("/files", foreign, name="files")

    page = await show_routes(app)

    methods, path, name, handler, middleware, limits = cells(page)[0]
    assert (methods, path, name, limits) == ("POST", "/users", "create_user", "2.5 s, body 10 bytes")
    assert handler.endswith("create_user")
    assert middleware.endswith("around, main:other")
    assert cells(page)[1][-1] == "any body"
    assert cells(page, 1)[0][:2] == ("/files", "files")
    assert page.data["routes"][0]["tags"] == ["a"]  # type: ignore[index]
    assert page.data["routes"][0]["body_limit"] == 10  # type: ignore[index]


@pytest.mark.filterwarnings("ignore::covet.config.ConfigurationWarning")
async def test_config_shows_layer_file_and_line(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Of each value; secrets are masked."""
    file = tmp_path / "config.toml"
    file.write_text('debug = true\n[security]\nsecret_key = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"\n')
    app = CovetPy(settings=Settings.from_file(file, sources=Sources.none()))

    page = await show_config(app)

    rows = {row[0]: row[1:] for row in cells(page)}
    assert rows["debug"] == ("True", "config file", "debug", str(file), "1", "")
    assert rows["security.secret_key"] == ("**********", "config file", "security.secret_key", str(file), "3", "")
    assert rows["app.name"][:2] == ("'CovetPy application'", "default")
    assert "kkkk" not in repr(page)


async def test_services_are_drawn() -> None:
    """As a table, a tree, a flowchart and data; what nobody takes of the framework's is left out."""
    app = CovetPy()
    app.container.register(Database, lifetime=Lifetime.SINGLETON)
    app.container.register(Orders, lifetime=Lifetime.SCOPED)

    @app.get("/orders")
    async def list_orders(orders: Orders) -> None: ...

    app.compile()

    page = await show_services(app)

    assert [row[:2] for row in cells(page)] == [
        (f"GET /orders ({list_orders.__module__}.{list_orders.__qualname__})", "asks"),
        ("Database", "singleton"),
        ("Orders", "scoped"),
    ]
    assert "└─> database: Database (singleton)" in page.drawing
    assert page.sources["mermaid"].startswith("flowchart LR")


async def test_plugins_show_state_reason_and_health() -> None:
    """Those that are not there say why; checks are asked anew."""
    app = CovetPy(plugins=[BrokenPlugin, IllPlugin])
    await app.startup()

    page = await show_plugins(app)
    await app.shutdown()

    broken, ill = cells(page)
    assert broken[:6] == ("broken", "0.1", "failed", "argument", "", "no")
    assert broken[-1] == "on_startup() raised ConnectionError: refused"
    assert ill[2] == "started"
    assert ill[6].endswith(" ms")
    name, plugin, state, _, error = cells(page, 1)[0]
    assert (name, plugin, state, error) == ("ill", "ill", "not healthy", "TimeoutError: late")


async def test_events_show_types_and_identifiers_only() -> None:
    """What an event carries stays with its handlers; the newest comes first."""
    app = CovetPy()
    app.events = EventBus(enable_history=True)

    @app.events.subscribe(UserCreated, priority=7)
    async def greet(event: UserCreated) -> None: ...

    first = UserCreated(name="hunter2", metadata={"token": "hunter3"})
    second = UserCreated(name="hunter4")
    await app.events.publish(first)
    await app.events.publish(second)

    page = await show_events(app)

    assert cells(page)[0][0::2] == ("UserCreated", "7")
    assert [row[:2] for row in cells(page, 1)] == [
        ("debug.user_created", second.event_id),
        ("debug.user_created", first.event_id),
    ]
    assert "hunter" not in repr(page)


async def test_history_that_is_not_kept_is_said() -> None:
    """With what keeps it."""
    page = await show_events(CovetPy())

    assert page.data == {"subscriptions": [], "history_enabled": False, "history": []}
    assert page.tables[1].empty == "It is not kept: EventBus(enable_history=True) does."


async def test_history_has_an_end() -> None:
    """A bus may keep more than a page should show."""
    app = CovetPy()
    app.events = EventBus(enable_history=True, history_size=500)
    for _ in range(300):
        await app.events.publish(Event())

    assert len(cells(await show_events(app), 1)) == 200


async def test_index_names_what_runs_and_the_pages() -> None:
    """For whoever comes first."""
    page = await show_index(CovetPy(debug=True))

    assert ("debug", "True") in cells(page)
    assert [item["name"] for item in page.data["pages"]] == list(PAGES)  # type: ignore[index]


@pytest.mark.parametrize("name", PAGES)
async def test_empty_application_has_every_page(name: str) -> None:
    """Nothing has to be there; and looking changes nothing that a request sees."""
    app = CovetPy()

    page = await PAGES[name][1](app)

    assert page.name == name
    assert page.title == PAGES[name][0]
    assert app.find_endpoint("GET", "/")[1][0].status_code == 404
    assert Request(app=app).app is app
