"""
The debug pages from outside: who sees them, what nobody sees, over both protocols.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from covet import CovetPy, create_app
from covet.config import Secret, Settings, Sources, section
from covet.debug import DebugPlugin
from covet.debug.pages import PAGES
from covet.di import Lifetime
from covet.events import Event, EventBus
from covet.exceptions import ConfigurationError
from covet.plugins import Plugin
from covet.testing import ClientResponse, TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

SIGNING_KEY = "x7Gq2!vR9sLw4tZ8pKd5nB3hJc6mF1yQa0eU"


PATHS = ("/_debug", *(f"/_debug/{name}" for name in PAGES))
FORMATS = ("json", "html", "text", "mermaid")

every_path = pytest.mark.parametrize("path", PATHS)

# One for each place that a secret may be in.
SECRETS = {
    "setting": "setting-hunter2-" * 3,
    "url": "url-hunter2",
    "named": "named-hunter2",
    "typed": "typed-hunter2",
    "given": "given-hunter2",
    "plugin error": "given-hunter2",
    "di keyword": "keyword-hunter2",
    "di instance": "instance-hunter2",
    "event field": "field-hunter2",
    "event metadata": "metadata-hunter2",
    "partial": "partial-hunter2",
    "default": "default-hunter2",
}


@section
class MailConfig:
    """What a plugin is told; one secret is one by its type only."""

    password: str = ""
    seed: Secret | None = None
    api_key: str = ""


class MailPlugin(Plugin):
    """A plugin whose errors repeat its password."""

    name: ClassVar[str] = "mail"
    version: ClassVar[str] = "1.0"
    required: ClassVar[bool] = False
    Config = MailConfig
    config: MailConfig

    def init_app(self, app: CovetPy) -> None:
        """Add nothing."""

    async def on_startup(self) -> None:
        """Fail, as careless libraries do."""
        raise ConnectionError(f"smtp://ada:{self.config.password}@mail refused {self.config.password}")


class IllPlugin(Plugin):
    """A plugin whose check repeats an address."""

    name: ClassVar[str] = "ill"
    version: ClassVar[str] = "1.0"

    def init_app(self, app: CovetPy) -> None:
        """Add nothing."""

    def health_checks(self):  # type: ignore[no-untyped-def]
        """Name the check."""
        return {"database": self.look}

    async def look(self) -> None:
        """Fail with what it was told."""
        raise ConnectionError(f"no answer from {self.app.settings.database.url}")  # type: ignore[union-attr]


class Token:
    """An object that shows itself."""

    def __init__(self, value: str = SECRETS["default"]) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Token({self.value})"


def make_token(value: str) -> Token:
    """Make one."""
    return Token(value)


class UserCreated(Event):
    """An event that carries something."""

    event_type: str = "debug.user_created"
    password: str


def make_app(*, debug: bool = True) -> CovetPy:
    """Make an application with the plugin."""
    return CovetPy(debug=debug, plugins=[DebugPlugin])


async def ask(
    app: CovetPy,
    protocol: WireProtocol,
    path: str,
    *,
    method: str = "GET",
    host: str = "localhost",
    client: tuple[str, int] = ("127.0.0.1", 50000),
    headers: Mapping[str, str] | None = None,
) -> ClientResponse:
    """Ask for a page."""
    asker = TestClient(app, protocol=protocol, base_url=f"http://{host}", client=client)
    return await asker.request(method, path, headers=headers or {})


def show_whole(response: ClientResponse) -> str:
    """Write a response with its headers, but for the number that is another one each time."""
    headers = sorted((name, value) for name, value in response.headers.items() if name != "date")
    problem = {name: value for name, value in response.json().items() if name != "instance"}
    return f"{response.status_code} {headers} {problem}"


# ── Who sees them ────────────────────────────────────────────────────────────


@on_both_protocols
@every_path
@pytest.mark.row(100)
async def test_local_clients_see_the_pages(protocol: WireProtocol, path: str) -> None:
    """IPv4, IPv6 and IPv4 within IPv6; HEAD, too."""
    app = make_app()

    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert (await ask(app, protocol, path, client=(address, 50000))).status_code == 200
    assert (await ask(app, protocol, path, method="HEAD")).status_code == 200


@on_both_protocols
@pytest.mark.parametrize(
    "request_of",
    [
        {"client": ("192.0.2.1", 50000)},
        {"client": ("::ffff:192.0.2.1", 50000)},
        {"client": ("2001:db8::1", 50000)},
        {"client": ("192.0.2.1", 50000), "headers": {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1"}},
        {"client": ("192.0.2.1", 50000), "headers": {"forwarded": "for=127.0.0.1;host=localhost"}},
        {"headers": {"x-forwarded-for": "192.0.2.1"}},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"host": "evil.com"},
        {"host": "127.0.0.1.evil.com"},
        {"host": "192.168.0.10:8000"},
        {"headers": {"origin": "http://evil.com"}},
        {"headers": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"method": "DELETE"},
    ],
    ids=str,
)
@pytest.mark.row(100)
async def test_nothing_is_there_for_others(protocol: WireProtocol, request_of: dict[str, object]) -> None:
    """The answer is, to the byte, that of a path that does not exist."""
    app, empty = make_app(), CovetPy(debug=True)

    for path in (*PATHS, "/_debug/", "/_debug/routes/", "/_debug/nothing", "/_debug?format=nothing"):
        with_pages = await ask(app, protocol, path, **request_of)  # type: ignore[arg-type]
        without = await ask(empty, protocol, path, **request_of)  # type: ignore[arg-type]

        assert_problem(with_pages, 404)
        assert show_whole(with_pages) == show_whole(without)


@on_both_protocols
async def test_nothing_is_there_without_debug(protocol: WireProtocol) -> None:
    """Not even for this machine."""
    app, empty = make_app(debug=False), CovetPy()

    for path in PATHS:
        assert show_whole(await ask(app, protocol, path)) == show_whole(await ask(empty, protocol, path))


@pytest.mark.row(100)
def test_production_does_not_start_with_them() -> None:
    """However they were enabled."""
    settings = Settings(environment="production", security={"secret_key": SIGNING_KEY}, sources=Sources.none())

    for options in ({"plugins": [DebugPlugin]}, {"discover_plugins": ["covet.debug:DebugPlugin"]}):
        with pytest.raises(ConfigurationError, match="which production refuses"):
            create_app(settings, **options)


@on_both_protocols
@pytest.mark.row(100)
async def test_nothing_is_there_unless_it_was_asked_for(protocol: WireProtocol) -> None:
    """Debugging alone adds no page."""
    app = create_app(Settings(debug=True, sources=Sources.none()))

    for path in PATHS:
        assert_problem(await ask(app, protocol, path), 404)


@on_both_protocols
async def test_pages_of_other_sites_cannot_read_them_by_cors(protocol: WireProtocol) -> None:
    """Even if the application allows every origin."""
    settings = Settings(debug=True, security={"cors_allow_origins": ["*"]}, sources=Sources.none())
    app = create_app(settings, plugins=[DebugPlugin])

    response = await ask(app, protocol, "/_debug/config", headers={"origin": "http://evil.com"})

    assert_problem(response, 404)


# ── What nobody sees ─────────────────────────────────────────────────────────


def make_secretive_app(directory: Path) -> CovetPy:
    """Make an application that has a secret in each of its parts."""
    file = directory / "config.toml"
    file.write_text(
        f'[plugins.mail]\nseed = "{SECRETS["typed"]}"\napi_key = "{SECRETS["named"]}"\n'
        f'[database]\nurl = "postgresql://ada:{SECRETS["url"]}@localhost/shop"\n'
    )
    settings = Settings.from_file(file, debug=True, security={"secret_key": SECRETS["setting"]}, sources=Sources.none())
    app = create_app(settings, plugins=[DebugPlugin, MailPlugin({"password": SECRETS["given"]}), IllPlugin])
    app.events = EventBus(enable_history=True)
    app.container.register(Token, lifetime=Lifetime.SINGLETON, value=SECRETS["di keyword"])
    app.container.register_instance(Token, Token(SECRETS["di instance"]), qualifier="instance")
    app.container.register(Token, factory=partial(make_token, SECRETS["partial"]), qualifier="partial")

    async def listen(secret: str, event: UserCreated) -> None: ...

    app.events.subscribe(UserCreated, partial(listen, SECRETS["partial"]))

    @app.get("/hook")
    async def hook(token: Token, password: str = SECRETS["default"]) -> None: ...

    return app


@on_both_protocols
@pytest.mark.filterwarnings("ignore::covet.config.ConfigurationWarning")
@pytest.mark.row(100)
async def test_no_secret_is_on_any_page(protocol: WireProtocol, tmp_path: Path) -> None:
    """Contract §11, "a debug endpoint that prints secrets": searched for in every page, in every form of it."""
    app = make_secretive_app(tmp_path)
    leaks: list[tuple[str, str, str]] = []
    seen = 0

    async with TestClient(app, protocol=protocol, base_url="http://localhost") as client:
        await app.events.publish(
            UserCreated(password=SECRETS["event field"], metadata={"token": SECRETS["event metadata"]})
        )
        for path in PATHS:
            for form in FORMATS:
                response = await client.get(path, params={"format": form})
                if response.status_code != 200:
                    assert form == "mermaid"
                    continue
                seen += 1
                leaks += [(path, form, place) for place, secret in SECRETS.items() if secret in response.text]
                assert "hunter2" not in response.text

    assert leaks == []
    assert seen == len(PATHS) * 3 + 1


@pytest.mark.filterwarnings("ignore::covet.config.ConfigurationWarning")
async def test_what_was_masked_is_still_explained(tmp_path: Path) -> None:
    """The pages are not merely empty: they say where a secret is from, and why a plugin is not there."""
    app = make_secretive_app(tmp_path)

    async with TestClient(app, base_url="http://localhost") as client:
        settings = (await client.get("/_debug/config")).json()["settings"]
        plugins = (await client.get("/_debug/plugins")).json()
        events = (await client.get("/_debug/events")).json()

    rows = {row["path"]: row for row in settings}
    assert rows["database.url"]["value"] == "postgresql://ada:**********@localhost/shop"
    assert (rows["database.url"]["layer"], rows["database.url"]["line"]) == ("config file", 5)
    assert rows["security.secret_key"]["value"] == "**********"
    assert rows["plugins.mail.seed"]["value"] == "**********"
    reasons = {plugin["name"]: plugin["reason"] for plugin in plugins["plugins"]}
    assert reasons["mail"] == "on_startup() raised ConnectionError: smtp://ada:**********@mail refused **********"
    assert plugins["health"]["database"]["error"].startswith("ConnectionError: no answer from postgresql://ada:****")
    assert events["history"][0].keys() == {"type", "id", "timestamp"}
