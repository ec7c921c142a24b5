"""
Arguments of one text or several: where they are parted, and where they are not. Over both protocols.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from covet import Cookie, CovetPy, Form, Header, Query
from covet.core.argument import Argument
from covet.core.text_arguments import read_text
from covet.exceptions import RouteError
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols
from tests.unit.core.handler_plans import plan_arguments


def make_app() -> CovetPy:
    """Make the application under test."""
    app = CovetPy()

    @app.get("/")
    async def show(
        ids: Annotated[list[int], Query(explode=False)] = [],  # noqa: B006
        words: Annotated[set[str], Query(style="spaceDelimited")] = set(),  # noqa: B006
        pair: Annotated[tuple[int, int] | None, Query(style="pipeDelimited")] = None,
        tag: list[str] = [],  # noqa: B006
        x_id: Annotated[list[int], Header()] = [],  # noqa: B006
        sid: Annotated[str, Cookie()] = "none",
    ) -> dict[str, object]:
        return {"ids": ids, "words": sorted(words), "pair": pair, "tag": tag, "x": x_id, "sid": sid}

    return app


@on_both_protocols
@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("ids=1,2,3", "ids", [1, 2, 3]),
        ("ids=1&ids=2,3", "ids", [1, 2, 3]),
        ("ids=", "ids", []),
        ("ids=1%2C2", "ids", [1, 2]),
        ("words=green%20tea+hot", "words", ["green", "hot", "tea"]),
        ("pair=1|2", "pair", [1, 2]),
        ("pair=1%7C2", "pair", [1, 2]),
        ("tag=a,b&tag=c", "tag", ["a,b", "c"]),
        ("", "ids", []),
    ],
)
async def test_lists_are_parted_as_their_style_says(
    protocol: WireProtocol, query: str, name: str, value: object
) -> None:
    """A repeated name is one list, too; without a style nothing is parted."""
    response = await TestClient(make_app(), protocol=protocol).get(f"/?{query}")

    assert response.json()[name] == value


@on_both_protocols
async def test_an_item_that_is_wrong_has_its_place(protocol: WireProtocol) -> None:
    """Counted in the list that was made of all texts."""
    response = await TestClient(make_app(), protocol=protocol).get("/?ids=1,x,3&pair=1|2|3")

    assert [(item["pointer"], item["message"]) for item in response.json()["errors"]] == [
        ("/ids/1", "must be an integer"),
        ("/pair", "must be given 2 times"),
    ]


@on_both_protocols
async def test_headers_and_cookies_are_read(protocol: WireProtocol) -> None:
    """A header may come several times, or be joined on its way."""
    response = await TestClient(make_app(), protocol=protocol).get(
        "/", headers=[("x-id", "1"), ("x-id", "2, 3,"), ("cookie", "sid=s1,s2")]
    )

    assert (response.json()["x"], response.json()["sid"]) == ([1, 2, 3], "s1,s2")


@on_both_protocols
async def test_an_item_of_a_header_that_is_wrong_has_its_place(protocol: WireProtocol) -> None:
    """Counted over all fields of the name; nothing at all is an empty list."""
    client = TestClient(make_app(), protocol=protocol)

    bad = await client.get("/", headers=[("x-id", "1,x"), ("x-id", "y")])
    empty = await client.get("/", headers=[("x-id", "")])

    assert [(item["source"], item["pointer"]) for item in bad.json()["errors"]] == [
        ("header", "/x-id/1"),
        ("header", "/x-id/2"),
    ]
    assert empty.json()["x"] == []


class Size(Enum):
    """What text may be, but not an empty one."""

    SMALL = "s"
    LARGE = "l"


def make_blank_app() -> CovetPy:
    """Make an application whose parameters have defaults."""
    app = CovetPy()

    @app.get("/")
    async def show(
        age: int | None = None,
        price: Annotated[Decimal, Query(ge=1)] = Decimal(5),
        day: date | None = None,
        size: Size = Size.SMALL,
        sort: Literal["", "name"] = "name",
        is_new: bool | None = None,
        ids: list[int] | None = None,
        parted: Annotated[set[int] | None, Query(explode=False)] = None,
        text: str | None = None,
        short: Annotated[str, Query(min_length=1)] = "x",
        words: list[str] | None = None,
        either: int | str = 7,
    ) -> dict[str, object]:
        return dict(locals())

    @app.post("/")
    async def save(
        age: Annotated[int | None, Form()] = None,
        ids: Annotated[list[int], Form()] = [],  # noqa: B006
        text: Annotated[str | None, Form()] = None,
    ) -> dict[str, object]:
        return {"age": age, "ids": ids, "text": text}

    @app.get("/required")
    async def require(
        age: int | None, ids: list[int], x_age: Annotated[int, Header()] = 1, c_age: Annotated[int, Cookie()] = 1
    ) -> list[object]:
        return [age, ids, x_age, c_age]

    return app


@on_both_protocols
async def test_an_empty_text_stands_for_none_where_it_can_be_no_value(protocol: WireProtocol) -> None:
    """So browsers send fields that nobody filled in: the default counts, unless the type has an empty text."""
    names = ("age", "price", "day", "size", "sort", "is_new", "ids", "parted", "text", "words", "either")
    client = TestClient(make_blank_app(), protocol=protocol)

    response = await client.get("/?" + "&".join(f"{name}=" for name in names))
    repeated = await client.get("/?age=5&age=&ids=&ids=")
    short = await client.get("/?short=")

    assert response.json() == {
        "age": None,
        "price": "5",
        "day": None,
        "size": "s",
        "sort": "",
        "is_new": None,
        "ids": None,
        "parted": None,
        "text": "",
        "short": "x",
        "words": [""],
        "either": "",
    }
    assert (repeated.json()["age"], repeated.json()["ids"]) == (None, None)
    assert short.json()["errors"][0]["message"] == "must have at least 1 character"


@on_both_protocols
@pytest.mark.parametrize("files", [{}, {"files": {"photo": ("a.png", b"1")}}], ids=["urlencoded", "multipart"])
async def test_an_empty_field_of_a_form_stands_for_none(protocol: WireProtocol, files: Any) -> None:
    """Whatever the form's content type."""
    response = await TestClient(make_blank_app(), protocol=protocol).post(
        "/", data={"age": "", "ids": "", "text": ""}, **files
    )

    assert response.json() == {"age": None, "ids": [], "text": ""}


@on_both_protocols
async def test_an_empty_text_is_wrong_where_there_is_no_default(protocol: WireProtocol) -> None:
    """And in headers and cookies, and among other items of a list."""
    client = TestClient(make_blank_app(), protocol=protocol)

    required = await client.get("/required?age=&ids=", headers={"x-age": "", "cookie": "c_age="})
    mixed = await client.get("/?ids=1&ids=")

    assert [(item["source"], item["pointer"]) for item in required.json()["errors"]] == [
        ("query", "/age"),
        ("query", "/ids/0"),
        ("header", "/x-age"),
        ("cookie", "/c_age"),
    ]
    assert [item["pointer"] for item in mixed.json()["errors"]] == ["/ids/1"]


def test_without_a_validator_nothing_is_read() -> None:
    """A plan that is not complete is the framework's own mistake."""
    with pytest.raises(TypeError, match="'page' has no validator"):
        read_text(Argument("page", "query", "page"))


@dataclass
class Basket:
    tags: list[str]


async def read_tags(tags: Annotated[list[str], Cookie()] = []) -> None:  # noqa: B006
    """Read a list."""


async def read_basket(basket: Annotated[Basket, Cookie()]) -> None:
    """Read a list."""


@pytest.mark.parametrize(("handler", "what"), [(read_tags, "list[str]"), (read_basket, "Basket.tags")])
def test_a_cookie_has_one_value(handler: Callable[..., object], what: str) -> None:
    """A list of cookies of one name would never have more."""
    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert f"{what} cannot come from a cookie, which has one value.\n  Take it as str" in str(refused.value)
