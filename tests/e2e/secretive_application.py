"""
An application that has a secret in each of its parts, and whose errors repeat them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, ClassVar

from covet import CovetPy, Header, Query, Request, create_app
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, MemoryUsers, PasswordAuthProvider, Principal
from covet.config import Secret, Settings, Sources, section
from covet.debug import DebugPlugin
from covet.di import Lifetime
from covet.events import Event
from covet.http.websocket import WebSocket
from covet.middleware import (
    AuthenticationMiddleware,
    CSRFMiddleware,
    RequestIDMiddleware,
    RequestLoggingMiddleware,
    SessionMiddleware,
    get_session,
)
from covet.openapi import OpenAPIPlugin
from covet.plugins import Plugin
from covet.tasks import BackgroundTasks
from tests.e2e.secretive_values import CANARIES as C

URL = "postgresql://ada:{}@db.invalid/shop"


@section
class Mail:
    """A section of the application's own."""

    password: str = C["own section"]
    seed: Secret = field(default_factory=lambda: Secret(C["own secret"]))


class Shop(Settings):
    """Settings with it."""

    mail: Mail


@section
class MailConfig:
    """What a plugin is told."""

    password: str = ""
    api_key: str = ""
    token: str = ""


class MailPlugin(Plugin):
    """A plugin that cannot start, and says with what."""

    name: ClassVar[str] = "mail"
    version: ClassVar[str] = "1.0"
    required: ClassVar[bool] = False
    Config = MailConfig
    config: MailConfig

    def init_app(self, app: CovetPy) -> None:
        """Add nothing."""

    async def on_startup(self) -> None:
        """Fail, as careless libraries do."""
        raise ConnectionError(f"smtp://ada:{C['startup error']}@mail refused {self.config.password}")


@dataclass
class Account:
    """What somebody signs up with."""

    name: str
    password: str
    age: int = 0


class UserCreated(Event):
    """An event that carries something."""

    event_type: str = "secretive.user_created"
    password: str


class Token:
    """A service that is made with a secret."""

    def __init__(self, value: str) -> None:
        self.value = value


class Database:
    """A service that cannot be had."""


async def connect() -> Database:
    """Fail, with the address in the text."""
    raise ConnectionError(URL.format(C["dependency error"]))


def make_settings(*, is_debug: bool) -> Settings:
    """Make settings with secrets."""
    return Shop(
        debug=is_debug,
        environment="development" if is_debug else "testing",
        sources=Sources.none(),
        logging={"level": "debug"},
        server={"access_log": True},
        security={
            "secret_key": C["secret key"],
            "secret_key_fallbacks": [C["old secret key"]],
            "jwt_secret_key": C["jwt secret key"],
            "rate_limit_store": f"redis://cache.invalid/0?password={C['session store query']}",
        },
        database={"url": URL.format(C["database password"])},
        cache={"url": f"redis://:{C['cache password']}@cache.invalid/0"},
        plugins={"mail": {"password": C["plugin password"], "api_key": C["plugin api key"]}},
    )


def make_app(*, is_debug: bool = False) -> CovetPy:
    """Make the application."""
    settings = make_settings(is_debug=is_debug)
    logins = PasswordAuthProvider(MemoryUsers())
    app = create_app(
        settings,
        [
            AuthenticationMiddleware(providers=[JWTAuthProvider(), APIKeyAuthProvider(prefix="shop"), logins]),
            SessionMiddleware(C["secret key"]),
            CSRFMiddleware(C["secret key"]),
            RequestLoggingMiddleware(log_headers=True, log_body=True, log_response=True),
            RequestIDMiddleware(),
        ],
        [MailPlugin({"token": C["plugin given in code"]}), OpenAPIPlugin(), *([DebugPlugin()] if is_debug else [])],
    )
    app.container.register(Token, lifetime=Lifetime.SINGLETON, value=C["di keyword"])
    app.container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    add_routes(app, logins)
    add_failures(app)
    return app


def add_routes(app: CovetPy, logins: PasswordAuthProvider) -> None:
    """Add what works."""

    @app.post("/accounts")
    async def sign_up(account: Account) -> dict[str, str]:
        return {"name": account.name}

    @app.post("/login")
    async def log_in(request: Request, credentials: dict[str, str]) -> None:
        await logins.check_password(request, credentials["username"], credentials["password"])

    @app.get("/reset")
    async def reset(reset_token: str, api_key: Annotated[str, Query()] = C["default"]) -> str:
        return "done"

    @app.get("/remember")
    async def remember(request: Request) -> str:
        get_session(request)["card"] = C["session value"]
        request.state.card = C["request state"]
        principal = Principal("ada", claims={"card": C["principal claim"]})
        return (
            f"{request!r} {get_session(request)!r} {principal!r} {app.settings!r} {request.headers!r} {request.url!r}"
        )

    @app.post("/upload")
    async def upload(request: Request) -> int:
        return len((await request.form()).files.multi_items())

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        raise ConnectionError(f"no {websocket.request.query_params['token']}")


def add_failures(app: CovetPy) -> None:
    """Add what fails, and repeats what it knows."""

    @app.post("/repeat")
    async def repeat(request: Request, x_own_token: Annotated[str, Header()] = "") -> None:
        headers = [value for _, value in request.headers.multi_items()]
        body = (await request.body()).decode()
        raise ValueError(f"{headers} {dict(request.cookies)} {request.query_params} {body} {x_own_token}")

    @app.get("/fail")
    async def fail(token: Token) -> None:
        error = ConnectionError(f"{URL.format(C['error text'])} {C['secret key']} {app.settings.database.url}")
        error.add_note(f"Tried {URL.format(C['error note'])} with {C['jwt secret key']} and {token!r}.")
        raise error from OSError(URL.format(C["error cause"]))

    @app.get("/depend")
    async def depend(database: Database) -> None: ...

    async def work(url: str) -> None:
        raise ConnectionError(url)

    @app.get("/defer")
    async def defer(tasks: BackgroundTasks) -> str:
        tasks.add_task(partial(work, URL.format(C["task error"])))
        return "later"

    async def listen(card: str, event: UserCreated) -> None:
        raise ConnectionError(URL.format(C["event error"]))

    app.events.subscribe(UserCreated, partial(listen, C["partial"]))

    @app.get("/publish")
    async def publish() -> None:
        await app.events.publish(UserCreated(password=C["event field"]))

    @app.get("/stream")
    async def stream() -> AsyncIterator[bytes]:
        yield b"one"
        raise ConnectionError(URL.format(C["error text"]))


app = make_app()
debugged = make_app(is_debug=True)
