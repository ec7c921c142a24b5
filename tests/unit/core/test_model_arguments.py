"""
Models read field by field: from queries, headers, cookies and forms. Over both protocols.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
import pydantic
import pytest

from covet import Cookie, CovetPy, Form, Header, Query, UploadFile
from covet.core.argument import Argument
from covet.core.model_arguments import is_model_argument, name_others, read_model
from covet.exceptions import RouteError
from covet.testing import TestClient
from covet.validation import Constraints
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols
from tests.unit.core.handler_plans import plan_arguments


@dataclass
class Page:
    number: Annotated[int, Constraints(ge=1)] = 1
    size: int = 20
    tag: list[str] = field(default_factory=list)


@dataclass
class Address:
    city: str
    number: int = 0


@dataclass
class Order:
    name: str
    amounts: list[int] = field(default_factory=list)
    home: Address | None = None
    items: list[Address] = field(default_factory=list)


@dataclass
class Agent:
    user_agent: str
    x_count: int = 0


@dataclass
class Tree:
    name: str = ""
    sub: "Tree | None" = None


@dataclass
class Person:
    name: str
    note: str = ""


class PydanticPerson(pydantic.BaseModel):
    name: str
    note: str = ""


class Session(msgspec.Struct, rename={"key": "sid"}):
    key: str = "none"


class Filter(pydantic.BaseModel):
    name: str
    ages: list[int] = []
    home: Address | None = None


def make_app() -> CovetPy:
    """Make the application under test."""
    app = CovetPy()

    @app.get("/page")
    async def page(page: Annotated[Page, Query()], q: str = "") -> dict[str, object]:
        return {"page": page, "q": q}

    @app.get("/strict")
    async def strict(
        page: Annotated[Page, Query(extra="forbid")],
        q: str = "",
        filter: Annotated[dict[str, int], Query(style="deepObject")] = {},  # noqa: B006
    ) -> dict[str, object]:
        return {"page": page, "q": q, "filter": filter}

    @app.get("/optional")
    async def optional(page: Annotated[Page | None, Query()] = None) -> dict[str, object]:
        return {"page": page}

    @app.get("/filter")
    async def filtered(filter: Annotated[Filter, Query(style="deepObject")], sort: str = "") -> dict[str, object]:
        return {"filter": filter, "sort": sort}

    @app.get("/head")
    async def head(agent: Annotated[Agent, Header()], session: Annotated[Session, Cookie()]) -> dict[str, object]:
        return {"agent": agent, "key": session.key}

    @app.post("/order")
    async def order(
        order: Annotated[Order, Form(extra="forbid")],
        note: Annotated[str, Form()] = "",
        photo: UploadFile | None = None,
    ) -> dict[str, object]:
        return {"order": order, "note": note, "photo": photo and photo.filename}

    return app


@on_both_protocols
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/page?number=2&tag=a&tag=b&q=x&more=1", {"page": {"number": 2, "size": 20, "tag": ["a", "b"]}, "q": "x"}),
        ("/page", {"page": {"number": 1, "size": 20, "tag": []}, "q": ""}),
        (
            "/strict?filter[a]=1&filter[b]=2&q=x&size=3",
            {"page": {"number": 1, "size": 3, "tag": []}, "q": "x", "filter": {"a": 1, "b": 2}},
        ),
        ("/optional", {"page": None}),
        ("/strict?filter=", {"page": {"number": 1, "size": 20, "tag": []}, "q": "", "filter": {}}),
        ("/optional?size=1", {"page": {"number": 1, "size": 1, "tag": []}}),
        (
            "/filter?filter[name]=Bo&filter[ages]=1&filter[ages]=2&filter[home][city]=Ulm&sort=up",
            {"filter": {"name": "Bo", "ages": [1, 2], "home": {"city": "Ulm", "number": 0}}, "sort": "up"},
        ),
        ("/filter?filter%5Bname%5D=Bo", {"filter": {"name": "Bo", "ages": [], "home": None}, "sort": ""}),
    ],
)
async def test_queries_become_models(protocol: WireProtocol, path: str, expected: object) -> None:
    """Field by field, or behind a name of their own."""
    response = await TestClient(make_app(), protocol=protocol).get(path)

    assert (response.status_code, response.json()) == (200, expected)


@on_both_protocols
@pytest.mark.parametrize(
    ("path", "errors"),
    [
        ("/page?number=0&size=x", [("/number", "must be at least 1"), ("/size", "must be an integer")]),
        (
            "/strict?number=x&more=1&filter[a]=x",
            [("/number", "must be an integer"), ("/more", "is not a known field"), ("/filter/a", "must be an integer")],
        ),
        ("/filter", [("/filter", "is required")]),
        ("/filter?filter=x", [("/filter", "must be given by names, as in filter[name]")]),
        ("/filter?filter=", [("/filter", "must be given by names, as in filter[name]")]),
        ("/strict?filter=x", [("/filter", "must be given by names, as in filter[name]")]),
        ("/filter?filter[ages]=x", [("/filter/name", "is required"), ("/filter/ages/0", "must be an integer")]),
    ],
)
async def test_all_that_is_wrong_with_a_query_is_told(
    protocol: WireProtocol, path: str, errors: list[tuple[str, str]]
) -> None:
    """Each error has its place in the query."""
    response = await TestClient(make_app(), protocol=protocol).get(path)

    assert response.status_code == 422
    assert [(item["pointer"], item["message"]) for item in response.json()["errors"]] == errors
    assert {item["source"] for item in response.json()["errors"]} == {"query"}


@on_both_protocols
async def test_headers_and_cookies_become_models(protocol: WireProtocol) -> None:
    """`user_agent` is `user-agent`, and a name of a model's own is that."""
    client = TestClient(make_app(), protocol=protocol)

    good = await client.get("/head", headers={"user-agent": "me", "x-count": "3", "cookie": "sid=s1; other=2"})
    bad = await client.get("/head", headers={"user-agent": None, "x-count": "x"})

    assert good.json() == {"agent": {"user_agent": "me", "x_count": 3}, "key": "s1"}
    assert [(item["source"], item["pointer"]) for item in bad.json()["errors"]] == [
        ("header", "/user-agent"),
        ("header", "/x-count"),
    ]


@dataclass
class Lists:
    ids: Annotated[list[int], Query(explode=False)] = field(default_factory=list)
    words: Annotated[set[str], Query(style="pipeDelimited")] = field(default_factory=set)
    tag: list[str] = field(default_factory=list)


@dataclass
class Seen:
    x_ids: list[int]
    x_name: str = ""


class Mails(pydantic.BaseModel):
    x_urls: list[pydantic.AnyUrl] = pydantic.Field(default=[], alias="x-urls")


@on_both_protocols
async def test_lists_in_one_text_become_fields(protocol: WireProtocol) -> None:
    """In a query by the style of the field, in headers always."""
    app = CovetPy()

    @app.get("/")
    async def show(
        lists: Annotated[Lists, Query()], seen: Annotated[Seen, Header()], mails: Annotated[Mails, Header()]
    ) -> dict[str, object]:
        urls = [str(url) for url in mails.x_urls]
        return {"lists": [lists.ids, sorted(lists.words), lists.tag], "seen": seen, "urls": urls}

    client = TestClient(app, protocol=protocol)
    headers = [("x-ids", "1,2"), ("x-ids", "3"), ("x-name", "a,b"), ("x-urls", "http://a.org/, http://b.org/")]
    good = await client.get("/?ids=1,2&ids=3&words=a|b&tag=a,b", headers=headers)
    bad = await client.get("/?ids=1,x", headers=[("x-ids", "1,y")])

    assert good.json() == {
        "lists": [[1, 2, 3], ["a", "b"], ["a,b"]],
        "seen": {"x_ids": [1, 2, 3], "x_name": "a,b"},
        "urls": ["http://a.org/", "http://b.org/"],
    }
    assert [(item["source"], item["pointer"]) for item in bad.json()["errors"]] == [
        ("query", "/ids/1"),
        ("header", "/x-ids/1"),
    ]


ORDER = {
    "name": "Tea",
    "amounts": ["1", "2"],
    "home[city]": "Ulm",
    "home.number": "7",
    "items[1][city]": "b",
    "items[0].city": "a",
    "note": "quick",
}


@on_both_protocols
@pytest.mark.parametrize("files", [None, {"photo": ("tea.png", b"x")}], ids=["urlencoded", "multipart"])
async def test_a_form_becomes_a_model(protocol: WireProtocol, files: Any) -> None:
    """With forms in it, lists of them, and what stands beside it."""
    options = {} if files is None else {"files": files}

    response = await TestClient(make_app(), protocol=protocol).post("/order", data=ORDER, **options)

    assert response.json() == {
        "order": {
            "name": "Tea",
            "amounts": [1, 2],
            "home": {"city": "Ulm", "number": 7},
            "items": [{"city": "a", "number": 0}, {"city": "b", "number": 0}],
        },
        "note": "quick",
        "photo": files and "tea.png",
    }


@on_both_protocols
async def test_all_that_is_wrong_with_a_form_is_told(protocol: WireProtocol) -> None:
    """Also in nested forms; a file that nobody wants is an unknown field."""
    data = {"amounts": "x", "home[number]": "y", "items[3][number]": "z", "more": "1"}

    response = await TestClient(make_app(), protocol=protocol).post("/order", data=data, files={"other": ("x", b"1")})

    assert response.status_code == 422
    assert [(item["pointer"], item["message"]) for item in response.json()["errors"]] == [
        ("/name", "is required"),
        ("/amounts/0", "must be an integer"),
        ("/home/city", "is required"),
        ("/home/number", "must be an integer"),
        ("/items/0/city", "is required"),
        ("/items/0/number", "must be an integer"),
        ("/more", "is not a known field"),
        ("/other", "is not a known field"),
    ]


class Links(pydantic.BaseModel):
    named: dict[str, pydantic.AnyUrl] | None = None


@dataclass
class Named:
    dotted: Annotated[int, Constraints(ge=0)] = 0


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[Order, Query()], "Order.home cannot come from the query: it has parts."),
        (Annotated[Order, Header()], "Order.home cannot come from the header: it has parts."),
        (Annotated[Links, Query()], "Links.named cannot come from the query: it has parts."),
        (Annotated[Page, Query(alias="p")], "A model has no name of its own: each of its fields has one."),
        (Annotated[Page, Query(min_length=1)], "A model has no limits of its own."),
        (Annotated[Page, Constraints(max_length=1), Query()], "A model has no limits of its own."),
        (Annotated[dict[str, str], Query()], "dict[str, str] cannot come from the query."),
        (Annotated[Page | Order, Form()], "Page | Order cannot come from the form."),
    ],
)
def test_what_cannot_be_is_refused(annotation: Any, message: str) -> None:
    """At the start, with a hint."""

    async def handler(value: annotation) -> None: ...

    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert refused.value.message == message
    assert refused.value.hint


@on_both_protocols
async def test_names_of_too_many_steps_are_refused(protocol: WireProtocol) -> None:
    """In a form and in a query: 400 says that a limit was passed."""
    app = CovetPy()

    @app.post("/")
    async def save(tree: Annotated[Tree, Form()]) -> Tree:
        return tree

    @app.get("/")
    async def find(tree: Annotated[Tree, Query(style="deepObject")]) -> Tree:
        return tree

    async with TestClient(app, protocol=protocol) as client:
        good = await client.post("/", data={"sub" + "[sub]" * 14 + "[name]": "q"})
        answers = [
            await client.post("/", data={"sub" + "[sub]" * 15 + "[name]": "q"}),
            await client.post("/", data={"sub" + ".sub" * 30: "q"}),
            await client.get("/", params={"tree" + "[sub]" * 20 + "[name]": "q"}),
        ]

    assert good.status_code == 200
    for answer in answers:
        assert assert_problem(answer, 400)["detail"] == "The name of a field has more than 16 steps."


@on_both_protocols
@pytest.mark.parametrize("model", [Person, PydanticPerson])
async def test_a_file_for_a_field_is_refused(protocol: WireProtocol, model: Any) -> None:
    """It is not missing, and an optional field does not hide it; names of others are files as they like."""
    app = CovetPy()

    async def save(person: Any, photo: UploadFile | None = None) -> Any:
        return person

    async def save_or_not(person: Any = None) -> Any:
        return {"person": person}

    save.__annotations__["person"] = Annotated[model, Form()]
    save_or_not.__annotations__["person"] = Annotated[model | None, Form()]
    app.post("/")(save)
    app.post("/optional")(save_or_not)
    file = ("a.txt", b"1")

    async with TestClient(app, protocol=protocol) as client:
        both = await client.post("/", files={"name": file, "note": file, "photo": file})
        optional = await client.post("/optional", files={"note": file})
        fine = await client.post("/", data={"name": "Ada"}, files={"photo": file, "unknown": file})

    assert [(item["pointer"], item["message"]) for item in both.json()["errors"]] == [
        ("/name", "must be text, not a file"),
        ("/note", "must be text, not a file"),
    ]
    assert [(item["pointer"], item["message"]) for item in optional.json()["errors"]] == [
        ("/name", "is required"),
        ("/note", "must be text, not a file"),
    ]
    assert fine.json() == {"name": "Ada", "note": ""}


def test_a_mapping_of_a_query_has_a_style() -> None:
    """The error says which; a mapping of a form has none."""

    async def search(filter: Annotated[dict[str, int], Query()]) -> None: ...

    async def save(fields: Annotated[dict[str, int], Form()]) -> None: ...

    with pytest.raises(RouteError, match=r"Write Query\(style='deepObject'\) for name\[key\]=value"):
        plan_arguments(search)
    with pytest.raises(RouteError, match=r"take its fields as parameters of their own"):
        plan_arguments(save)


def test_fields_are_described_like_arguments() -> None:
    """Whoever describes the application finds name, source, type, default and style of each."""

    async def handler(page: Annotated[Page, Query()], order: Annotated[Order, Form()]) -> None: ...

    arguments = plan_arguments(handler)
    number, size, tag = arguments["page"].fields

    assert (number.source, number.alias, number.style, number.default, number.is_required) == (
        "query",
        "number",
        "form",
        1,
        False,
    )
    assert (size.annotation, tag.is_sequence, tag.explode) == (int, True, True)
    assert [(item.alias, item.nests) for item in arguments["order"].fields] == [
        ("name", False),
        ("amounts", False),
        ("home", True),
        ("items", True),
    ]


def test_without_a_marker_a_model_is_the_body() -> None:
    """As ever."""

    async def handler(page: Page) -> None: ...

    argument = plan_arguments(handler)["page"]

    assert argument.source == "body"
    assert not is_model_argument(argument)


def test_a_model_leaves_the_names_of_others_alone() -> None:
    """Of the same source; files belong to the form."""

    async def handler(
        page: Annotated[Page, Query()],
        q: str,
        filter: Annotated[Filter, Query(style="deepObject")],
        order: Annotated[Order, Form()],
        photo: UploadFile,
    ) -> None: ...

    arguments = plan_arguments(handler)

    assert name_others(arguments["page"], list(arguments.values())) == {"q", "filter", "filter["}
    assert name_others(arguments["order"], list(arguments.values())) == {"photo"}


def test_what_is_no_model_is_not_read_as_one() -> None:
    """A plan that is not complete is the framework's own mistake."""
    with pytest.raises(TypeError, match="'page' is no model of texts"):
        read_model(Argument("page", "query", "page"), frozenset())
