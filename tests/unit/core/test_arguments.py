"""
Tests of the values that handlers get, and of the report when they cannot.
"""

import dataclasses
import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import pytest

from covet import Body, Cookie, CovetPy, Form, Header, Query, Request, State
from covet.tasks import BackgroundTasks
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


@dataclasses.dataclass
class Item:
    name: str
    price: float


def make_app() -> CovetPy:
    """Make the application under test."""
    app = CovetPy()

    @app.get("/all/{number}")
    async def everything(
        number: int,
        page: Annotated[int, Query(ge=1)] = 1,
        tag: list[str] = [],  # noqa: B006
        *,
        agent: Annotated[str, Header(alias="user-agent")],
        sid: Annotated[str | None, Cookie()] = None,
        fresh: Annotated[list[int], Query(default_factory=list)],
    ) -> dict[str, object]:
        return {"number": number, "page": page, "tag": tag, "agent": agent, "sid": sid, "fresh": fresh}

    @app.post("/items/{number}")
    async def create(number: int, item: Item, page: int = 1) -> dict[str, object]:
        return {"number": number, "item": item, "page": page}

    @app.post("/optional")
    async def optional(item: Item | None = None) -> dict[str, object]:
        return {"item": item}

    @app.post("/form")
    async def form(title: Annotated[str, Form()], tag: Annotated[list[int], Form()]) -> dict[str, object]:
        return {"title": title, "tag": tag}

    @app.get("/state")
    async def state(name: Annotated[str, State()], other: Annotated[int, State(default=7)]) -> dict[str, object]:
        return {"name": name, "other": other}

    @app.post("/raw")
    async def raw(data: Annotated[list[int], Body()]) -> int:
        return sum(data)

    return app


async def call(protocol: Any, method: str, path: str, **options: Any) -> Any:
    """Send one request."""
    app = make_app()
    app.state.name = "of the app"
    async with TestClient(app, protocol=protocol) as client:
        return await client.request(method, path, **options)


@Protocols
async def test_each_source_gives_its_value(protocol: str) -> None:
    """Path, query, repeated query, header, cookie and default factory."""
    response = await call(protocol, "GET", "/all/7?page=2&tag=a&tag=b", headers={"user-agent": "t", "cookie": "sid=s"})

    assert response.json() == {"number": 7, "page": 2, "tag": ["a", "b"], "agent": "t", "sid": "s", "fresh": []}


@Protocols
async def test_every_error_of_every_source_is_listed(protocol: str) -> None:
    """Path, query and body are wrong at once; the report has all of it, and none of the input."""
    response = await call(protocol, "POST", "/items/evil?page=bad", json={"name": 7})

    assert response.status_code == 422
    assert [(error["source"], error["pointer"], error["type"]) for error in response.json()["errors"]] == [
        ("path", "/number", "int_type"),
        ("body", "/name", "string_type"),
        ("body", "/price", "missing"),
        ("query", "/page", "int_type"),
    ]
    assert "evil" not in response.text
    assert "bad" not in response.text


@Protocols
@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b'{"name":"a","price":1.5}', "application/json", 200),
        (b'{"name":"a","price":1.5}', "application/vnd.item+json", 200),
        (b'{"name":"a","price":1.5}', "application/json; charset=UTF-8", 200),
        (b"\x82\xa4name\xa1a\xa5price\xcb?\xf8\x00\x00\x00\x00\x00\x00", "application/msgpack", 200),
        (b'{"name":"a","price":1.5}', "text/plain", 415),
        (b'{"name":"a","price":1.5}', "application/json; charset=utf-16", 415),
        (b"name=a", "application/x-www-form-urlencoded", 415),
        (b'{"name":"a","name":"b","price":1}', "application/json", 400),
        (b'{"name":"a","price":NaN}', "application/json", 400),
        (b'{"name":', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name":"\\ud800","price":1}', "application/json", 400),
        (b'{"name":"a","price":' + b"1" * 5000 + b"}", "application/json", 400),
    ],
)
async def test_a_body_is_read_by_its_type(protocol: str, content: bytes, content_type: str, status: int) -> None:
    """JSON and MessagePack are read, other types are 415, what is malformed is 400."""
    response = await call(protocol, "POST", "/items/1", content=content, headers={"content-type": content_type})

    assert response.status_code == status


@Protocols
async def test_row_067_a_body_without_a_type_is_refused(protocol: str) -> None:
    """Guessing JSON would let another site's form post it."""
    response = await call(protocol, "POST", "/items/1", content=b'{"name":"a","price":1}')

    assert response.status_code == 415
    assert response.json()["detail"] == "The body has no Content-Type."


@Protocols
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain", 415),
        ("text/plain; charset=utf-8", 415),
        ("Application/X-WWW-Form-Urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        # What is no media type.
        ("a;application/json", 400),
        ("text/plain; a=application/json", 400),
        ("application/", 400),
        ("json", 400),
        ("", 400),
    ],
)
async def test_row_067_json_of_another_type_is_refused(protocol: str, content_type: str, status: int) -> None:
    """A form of another site can send some of these, with the cookies of its visitor."""
    headers = {"content-type": content_type, "cookie": "session=1"}
    response = await call(protocol, "POST", "/items/1", content=b'{"name":"a","price":1}', headers=headers)

    assert response.status_code == status


@Protocols
async def test_an_absent_body_takes_its_default(protocol: str) -> None:
    """No body and no type is no error where there is a default; elsewhere it is missing."""
    absent = await call(protocol, "POST", "/optional")
    missing = await call(protocol, "POST", "/items/1")

    assert absent.json() == {"item": None}
    assert missing.json()["errors"] == [{"source": "body", "pointer": "", "message": "is required", "type": "missing"}]


@Protocols
async def test_a_form_gives_its_fields(protocol: str) -> None:
    """Fields are parsed into their types, and their errors are listed as the form's."""
    good = await call(protocol, "POST", "/form", data=[("title", "t"), ("tag", "1"), ("tag", "2")])
    bad = await call(protocol, "POST", "/form", data={"tag": "x"})

    assert good.json() == {"title": "t", "tag": [1, 2]}
    assert [(error["source"], error["pointer"]) for error in bad.json()["errors"]] == [
        ("form", "/title"),
        ("form", "/tag/0"),
    ]


@Protocols
async def test_state_comes_from_the_request_or_the_application(protocol: str) -> None:
    """The application's state is asked after the request's; a default fills what neither has."""
    response = await call(protocol, "GET", "/state")

    assert response.json() == {"name": "of the app", "other": 7}


async def test_state_that_nobody_set_is_the_programs_error() -> None:
    """It is a 500, not the client's fault."""
    async with TestClient(make_app()) as client:
        with pytest.raises(AttributeError, match=r"Neither request.state nor app.state has 'name'."):
            await client.get("/state")


@Protocols
@pytest.mark.parametrize(
    ("number", "status"), [("1_0", 422), ("\u00b2", 422), ("\uff11\uff12", 422), (" 1", 422), ("1" * 5000, 400)]
)
async def test_row_021_odd_numbers_are_refused(protocol: str, number: str, status: int) -> None:
    """Only ASCII digits are a number, and not too many of them."""
    response = await call(protocol, "GET", "/all/1", params={"page": number})

    assert response.status_code == status


@Protocols
async def test_row_067_a_form_that_is_none_is_refused(protocol: str) -> None:
    """Fields come from a form's own type; no body at all is a form without fields."""
    json = await call(protocol, "POST", "/form", json={"title": "t"})
    text = await call(protocol, "POST", "/form", content=b"title=t", headers={"content-type": "text/plain"})
    untyped = await call(protocol, "POST", "/form", content=b"title=t")
    absent = await call(protocol, "POST", "/form")

    assert [answer.status_code for answer in (json, text, untyped, absent)] == [415, 415, 415, 422]
    assert [error["pointer"] for error in absent.json()["errors"]] == ["/title", "/tag"]


@Protocols
@pytest.mark.parametrize("handler", ["typed", "text", "request"])
async def test_a_day_that_does_not_exist_is_not_found(protocol: Any, handler: str) -> None:
    """What the template's converter refuses is no path of the application, however the handler takes it."""
    app = CovetPy()

    @app.get("/typed/{day:date}")
    async def typed(day: dt.date) -> str:
        return day.isoformat()

    @app.get("/text/{day:date}")
    async def text(day: str) -> str:
        return day

    @app.get("/request/{day:date}")
    async def by_request(request: Request) -> str:
        return f"{request.path_params['day']}"

    async with TestClient(app, protocol=protocol) as client:
        answers = [await client.get(f"/{handler}/{day}") for day in ("2026-02-28", "2026-02-31")]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].text == "2026-02-28"


async def test_an_error_of_a_default_factory_is_the_programs() -> None:
    """It is a 500, also when it does not happen again while the errors are collected."""
    calls: list[int] = []

    def make() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("of the factory")
        return 7

    app = CovetPy()

    @app.get("/")
    async def index(page: Annotated[int, Query(default_factory=make)]) -> int:
        return page

    async with TestClient(app) as client:
        with pytest.raises(ValueError, match="of the factory"):
            await client.get("/")


@Protocols
async def test_a_default_that_a_handler_changes_is_new_for_the_next_request(protocol: str) -> None:
    """Known defect: one user's data was served to another."""
    app = CovetPy()

    @app.get("/")
    async def index(tag: list[str] = []) -> list[str]:  # noqa: B006
        tag.append("mine")
        return tag

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        answers = [(await client.get("/")).json() for _ in range(2)]

    assert answers == [["mine"], ["mine"]]


@Protocols
async def test_state_of_the_request_comes_first(protocol: str) -> None:
    """What a layer noted on the request beats what the application has."""

    async def note(request: Request, call_next: Any) -> Any:
        request.state.user = "of the request"
        return await call_next(request)

    app = CovetPy(middleware=[note])
    app.state.user = "of the application"

    @app.get("/")
    async def index(user: Annotated[str, State()]) -> str:
        return user

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.get("/")

    assert response.text == "of the request"


@Protocols
async def test_background_tasks_run_after_the_response(protocol: str) -> None:
    """Injected, or made by the handler: they belong to the request."""
    done: list[str] = []
    app = CovetPy()

    @app.get("/injected")
    async def injected(tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, "injected")
        return "a"

    @app.get("/made")
    def made() -> str:
        tasks = BackgroundTasks()
        tasks.add_task(done.append, "made")
        return "b"

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        await client.get("/injected")
        await client.get("/made")

    assert done == ["injected", "made"]


@Protocols
async def test_headers_repeat(protocol: str) -> None:
    """A list takes every line of a header; one value takes the last."""
    app = CovetPy()

    @app.get("/")
    async def index(x_tag: Annotated[list[int], Header()], x_last: Annotated[str, Header()]) -> list[object]:
        return [x_tag, x_last]

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.get("/", headers=[("x-tag", "1"), ("x-tag", "2"), ("x-last", "a"), ("x-last", "b")])

    assert response.json() == [[1, 2], "b"]


@Protocols
@pytest.mark.parametrize(
    ("template", "path", "value"),
    [
        ("/{x:int}", "/007", 7),
        ("/{x:float}", "/1.50", 1.5),
        ("/{x:uuid}", f"/{UUID(int=1)}", UUID(int=1)),
        ("/{x:date}", "/2026-02-28", dt.date(2026, 2, 28)),
        ("/{x:str}", "/007", "007"),
        ("/{x:path}", "/a/007", "a/007"),
        ("/{x}", "/007", "007"),
    ],
)
async def test_without_an_annotation_the_path_says_the_type(
    protocol: Any, template: str, path: str, value: object
) -> None:
    """A handler's argument is then what `request.path_params` holds."""
    app = CovetPy()
    seen: list[object] = []

    @app.get(template)
    async def show(request, x):  # type: ignore[no-untyped-def]
        seen.extend([x, request.path_params["x"]])

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get(path)

    assert response.status_code == 204
    assert [(item, type(item)) for item in seen] == [(value, type(value))] * 2


async def test_without_an_annotation_a_value_that_does_not_exist_is_not_found() -> None:
    """What the path's converter refuses is no path."""
    app = CovetPy()

    @app.get("/{day:date}")
    async def show(day): ...  # type: ignore[no-untyped-def]

    async with TestClient(app) as client:
        response = await client.get("/2026-02-31")

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("wrong", "listed", "detail"),
    [
        (99, 100, "100 errors"),
        (100, 101, "101 errors or more: the list is cut at 100 for each input"),
        (250, 101, "101 errors or more: the list is cut at 100 for each input"),
    ],
)
async def test_a_list_of_errors_that_is_cut_says_so(wrong: int, listed: int, detail: str) -> None:
    """Nobody takes the hundred errors that are listed for all there are."""
    app = CovetPy()

    @app.post("/")
    async def take(items: Annotated[list[int], Body()], page: int) -> None: ...

    async with TestClient(app) as client:
        problem = (await client.post("/?page=x", json=["x"] * wrong)).json()

    assert (len(problem["errors"]), problem["detail"]) == (listed, detail)
