"""
Tests of what a client may ask of a list.
"""

from typing import Annotated, Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from covet import CovetPy
from covet.database.orm import DTO, CursorPageAnswer, CursorQuery, OffsetQuery, OrmPlugin, Repository
from covet.exceptions import ConfigurationError, ValidationError
from covet.http.request import Request
from covet.openapi import OpenAPIPlugin
from covet.parameters import Query
from covet.testing import TestClient
from tests.unit.database.orm.tables import Base, Long, Post, Role, Sample, User


class UserQuery(CursorQuery[User], sort=["name", "age"], default_sort="-age", limit=2, max_limit=5):
    """Be the query of a handler."""

    age__ge: int | None = None
    name__in: list[str] | None = None


class SampleQuery(OffsetQuery[Sample]):
    """Filter by what is no number."""

    role: Role | None = None


class UserOut(DTO[User], include={"id", "name", "age"}):
    """Be what a client sees."""


def make_app() -> CovetPy:
    """Make an application with a list."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata), OpenAPIPlugin()])

    @app.get("/users")
    async def list_users(
        request: Request, query: Annotated[UserQuery, Query()], users: Repository[User]
    ) -> CursorPageAnswer[UserOut]:
        return (await users.list(query)).map(UserOut.of).answer(request)

    @app.get("/samples")
    async def list_samples(query: Annotated[SampleQuery, Query()]) -> list[str]:
        return [str(item) for item in query.conditions()]

    return app


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("age__gte=3", "/age__gte"),
        ("password_hash=x", "/password_hash"),
        ("name=Ada", "/name"),
        ("age__ge=x", "/age__ge"),
        ("age__ge=9223372036854775808", "/age__ge"),
        ("sort=password_hash", "/sort/0"),
        ("sort=id;--", "/sort/0"),
        ("sort=name,-id", "/sort/1"),
        ("sort=--age", "/sort/0"),
        ("limit=0", "/limit"),
        ("limit=6", "/limit"),
        ("offset=3", "/offset"),
        ("cursor=x", "/cursor"),
        ("_table=1", "/_table"),
        ("__class__=1", "/__class__"),
    ],
)
@pytest.mark.row(97)
async def test_what_is_not_declared_is_refused(query: str, pointer: str) -> None:
    """The answer says where the mistake is."""
    async with TestClient(make_app()) as client:
        answer = await client.get(f"/users?{query}")

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_what_is_declared_is_described() -> None:
    """By OpenAPI as well, with its limits."""
    async with TestClient(make_app()) as client:
        document = (await client.get("/openapi.json")).json()
        filtered = await client.get("/samples", params={"role": "an editor"})

    parameters = {item["name"]: item["schema"] for item in document["paths"]["/users"]["get"]["parameters"]}
    assert set(parameters) == {"age__ge", "name__in", "sort", "limit", "cursor"}
    assert parameters["limit"] == {"type": "integer", "minimum": 1, "maximum": 5, "default": 2}
    assert parameters["sort"]["items"]["enum"] == ["name", "-name", "age", "-age"]
    assert filtered.json() == ["samples.role = :role_1"]


def test_order_leaves_nothing_open() -> None:
    """The key decides between rows that are equal otherwise."""
    assert UserQuery().order() == ("-age", "-id")
    assert UserQuery(sort=["name", "-age"]).order() == ("name", "-age", "-id")
    assert SampleQuery().order() == ("id",)


def test_filters_that_are_not_given_are_none() -> None:
    """Zero is one, though."""
    assert UserQuery().conditions() == []
    assert [str(item) for item in UserQuery(age__ge=0).conditions()] == ["users.age >= :age_1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sort": ["nme"]}, "X: User has no field 'nme' that clients may sort by.\n  Did you mean 'name'?"),
        ({"sort": ["password_hash"]}, "X: User has no field 'password_hash' that clients may sort by."),
        ({"default_sort": "-posts"}, "X: User has no field 'posts' that clients may sort by."),
        ({"limit": 200}, "X: limit=200 is not between 1 and max_limit=100."),
        (
            {"sort": ["email"]},
            (
                "X: User.email may be null, so no page can go on behind it.\n"
                "  Make it nullable=False, or use an OffsetQuery."
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_declared(options: dict[str, Any], message: str) -> None:
    """Long before a client comes."""
    with pytest.raises(ConfigurationError) as caught:

        class X(CursorQuery[User], **options):
            pass

    assert str(caught.value).startswith(message)


def test_names_of_every_list_are_no_filters() -> None:
    """Nor is what a cursor cannot carry an order."""
    with pytest.raises(ConfigurationError, match=r"X\.limit: every list has one; it is no filter"):

        class X(OffsetQuery[User]):
            limit: int = 3

    with pytest.raises(ConfigurationError, match=r"Y: a cursor cannot carry Sample\.tags"):

        class Y(CursorQuery[Sample], sort=["tags"]):
            pass


def test_order_that_no_cursor_can_carry_is_refused_where_it_is_declared() -> None:
    """Its texts have no limit, or too high a one."""
    with pytest.raises(ConfigurationError) as endless:

        class X(CursorQuery[Post], sort=["title"]):
            pass

    with pytest.raises(ConfigurationError) as long:

        class Y(CursorQuery[Long], sort=["first"]):
            pass

    assert str(endless.value) == (
        "X: Post.title has no limit, and a cursor has one.\n"
        "  Give the column a length, such as String(255), or use an OffsetQuery."
    )
    assert str(long.value).startswith("Y: a cursor in the order first has up to 5")
    assert str(long.value).endswith(" characters, of 4096.\n  Sort by shorter columns, or use an OffsetQuery.")


async def test_order_that_is_longer_than_a_cursor_is_refused(memory_session: AsyncSession) -> None:
    """Each field alone is not."""

    class Query(CursorQuery[Long], sort=["second", "third"]):
        pass

    assert (await Repository[Long](memory_session).list(Query(sort=["second"]))).items == []
    with pytest.raises(ValidationError) as caught:
        await Repository[Long](memory_session).list(Query(sort=["second", "third"]))

    (error,) = caught.value.errors
    assert (error.pointer, error.message) == ("/sort", "names more fields than a page can go on behind; leave one out")


def test_what_another_query_allows_is_inherited() -> None:
    """Filters, orders and limits; a filter of the same name takes the place of the other."""

    class Narrow(UserQuery):
        email: str | None = None
        age__ge: int | None = 18

    query = Narrow(email="ada@example.com", name__in=["Ada"])

    assert [str(item.compile(compile_kwargs={"literal_binds": True})) for item in query.conditions()] == [
        "users.name IN ('Ada')",
        "users.email = 'ada@example.com'",
        "users.age >= 18",
    ]
    assert (query.order(), query.limit) == (("-age", "-id"), 2)
    assert Narrow(sort=["name"]).order() == ("name", "id")


@pytest.mark.parametrize("sort", [["name", "name"], ["name", "-name"]])
async def test_field_is_named_once_in_an_order(memory_session: AsyncSession, sort: list[str]) -> None:
    """Each time more would make the question of a cursor longer by all that stands before it."""

    class Pages(OffsetQuery[User], sort=["name"]):
        pass

    for query in (UserQuery(sort=sort), Pages(sort=sort)):
        with pytest.raises(ValidationError) as caught:
            await Repository[User](memory_session).list(query)
        assert caught.value.errors[0].message == "names a field twice; leave one out"
