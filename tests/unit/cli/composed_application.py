"""
Programs for the tests of `covet check`, `covet di` and `covet explain`.
"""

GOOD = """
from dataclasses import dataclass
from typing import Annotated

from covet import CovetPy, Query, Request, State
from covet.di import Lifetime
from covet.events import Event
from covet.middleware import Middleware


class Database: ...


class Orders:
    def __init__(self, database: Database) -> None: ...


class Timing(Middleware):
    def process_request(self, request): ...
    def handle_exception(self, request, exc): raise exc
    def on_finish(self, request, response, error): ...


async def require_key(request, call_next):
    return await call_next(request)


@dataclass
class User:
    id: int
    name: str


async def files(scope, receive, send): ...


started = []
app = CovetPy(middleware=[Timing], lifespan=None)
app.container.register(Database, lifetime=Lifetime.SINGLETON)
app.container.register(Orders, lifetime=Lifetime.SCOPED)


@app.on_startup
def start():
    started.append("app")


@app.exception_handler(KeyError)
def on_key_error(request, exc):
    return {"error": "key"}


def on_gone(request, exc):
    return {"error": "gone"}


@app.get("/users/{user_id:int}", middleware=[require_key], timeout=5, exception_handlers={410: on_gone}, tags=["users"])
async def show_user(
    user_id: int, orders: Orders, page: Annotated[int, Query(ge=1, le=9)] = 1, api_token: str = "hunter2"
) -> User:
    return User(user_id, "Ada")


@app.post("/users", status_code=201, body_limit=2048)
def create_user(user: User, request: Request, pool: Annotated[object, State()]) -> User:
    return user


@app.get("/days/{day:date}")
async def show_day(day) -> str:
    return f"{day}"


@app.delete("/users/{user_id:int}", cancel_on_disconnect=True, body_limit=None)
async def delete_user(user_id: int) -> None: ...


inner = CovetPy()


@inner.get("/inside")
async def inside() -> list[int]:
    return [1]


app.mount("/inner", inner)
app.mount("/files", files, name="files")


@app.events.subscribe("user.*")
async def greet(event: Event) -> None: ...


empty = CovetPy()
"""

BAD = """
from composed import User

from covet import CovetPy, create_app
from covet.config import Settings, Sources
from covet.di import Lifetime
from covet.events import Event
from covet.plugins import Plugin


class Host: ...


class Mailer:
    def __init__(self, host: Host) -> None: ...


class Degraded(Plugin):
    name, version, required = "degraded", "1.0", False

    def init_app(self, app):
        raise ConnectionError("refused")


class Lonely(Plugin):
    name, version, dependencies = "lonely", "1.0", ["nobody"]

    def init_app(self, app): ...


started = []
settings = Settings(sources=Sources.none(), plugins={"degradde": {}})
app = create_app(settings, plugins=[Degraded])
app.container.register(Mailer)


@app.on_startup
def start():
    started.append("app")


@app.get("/a")
async def first(mailer: Mailer, page): ...


@app.get("/b")
async def second(mailer: Mailer): ...


@app.get("/c")
async def third(item: User): ...


inner = CovetPy()


@inner.get("/inside")
async def inside(request, thing): ...


app.mount("/inner", inner)


@app.events.subscribe("user.*")
async def greet(event: Event, host: Host) -> None: ...


wired = CovetPy()
wired.container.register(Mailer)


@wired.get("/b")
async def fourth(mailer: Mailer): ...


def without_settings():
    return create_app(debug=3, databasee={})


def without_plugin():
    return CovetPy(plugins=[Lonely])


def failing():
    raise KeyError("own")
"""
