"""
Tests of which fields go out, and which may come in.
"""

from typing import Any, Literal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from covet import CovetPy
from covet.database.orm import DTO, NotLoadedError, OrmPlugin, Repository
from covet.exceptions import ConfigurationError
from covet.openapi import OpenAPIPlugin
from covet.serialization import encode_json
from covet.testing import TestClient
from covet.types import UNSET
from tests.unit.database.orm.tables import Base, Post, Role, Sample, User


class UserOut(DTO[User]):
    """Show all that is not secret."""


class UserIn(DTO[User]):
    """Take what a client may say."""

    name: str
    age: int
    email: str | None = None


class UserChanges(DTO[User], include={"name", "age", "email"}, partial=True):
    """Take what it may change."""


class PostOut(DTO[Post], include={"slug", "title"}):
    """Show a post."""


class UserWithPosts(DTO[User], include={"name"}):
    """Show a user with what belongs to it."""

    posts: list[PostOut]


class PostWithAuthor(PostOut):
    """Show a post with its author."""

    author: UserOut | None


class SampleOut(DTO[Sample]):
    """Show every type."""


def names(cls: type[Any]) -> list[str]:
    """List the fields."""
    return list(cls.__dataclass_fields__)


def test_fields_are_those_that_are_chosen() -> None:
    """By leaving out, by naming, or by annotating; a secret one is never among them by accident."""

    class Named(DTO[User], include={"name", "id"}):
        pass

    class Rest(DTO[User], exclude={"id", "email"}):
        pass

    class Told(DTO[User]):
        password_hash: str

    assert [names(cls) for cls in (UserOut, Named, Rest, Told, UserIn)] == [
        ["id", "name", "age", "email"],
        ["id", "name"],
        ["name", "age"],
        ["password_hash"],
        ["name", "age", "email"],
    ]
    assert (names(UserWithPosts), names(PostWithAuthor)) == (["name", "posts"], ["slug", "title", "author"])


def test_fields_are_taken_out_of_rows() -> None:
    """One, or several."""
    ada = User(id=1, name="Ada", age=36, email=None, password_hash="canary")

    assert UserOut.of(ada) == UserOut(id=1, name="Ada", age=36, email=None)
    assert encode_json(UserOut.of_all([ada])) == b'[{"id":1,"name":"Ada","age":36,"email":null}]'
    assert "canary" not in repr(UserOut.of(ada))


def test_model_itself_is_never_written() -> None:
    """Whoever adds a column would publish it."""
    with pytest.raises(Exception, match="User") as caught:
        encode_json(User(id=1, name="Ada", password_hash="canary"))

    assert "canary" not in str(caught.value)


async def test_relationships_are_fields_of_their_own_kind(session: AsyncSession) -> None:
    """They must have been loaded, and the error says how."""
    session.add(User(id=1, name="Ada", posts=[Post(slug="a"), Post(slug="b")]))
    await session.commit()
    session.expunge_all()
    users, posts = Repository[User](session), Repository[Post](session)

    with pytest.raises(NotLoadedError) as caught:
        UserWithPosts.of(await users.get_by_id(1))
    session.expunge_all()
    shown = UserWithPosts.of(await users.get_by_id(1, load=[selectinload(User.posts)]))
    post = PostWithAuthor.of(await posts.get_by_id(1, load=[selectinload(Post.author)]))

    assert str(caught.value) == (
        "UserWithPosts.posts needs User.posts, which was not loaded.\n"
        "  Load it with the row: load=[selectinload(User.posts)]."
    )
    assert shown == UserWithPosts(name="Ada", posts=[PostOut(slug="a", title=""), PostOut(slug="b", title="")])
    assert post.author == UserOut(id=1, name="Ada", age=0, email=None)


def test_given_fields_are_values() -> None:
    """Those that were not sent are none, and None is one that was."""
    assert UserChanges(email=None).values() == {"email": None}
    assert UserChanges().name is UNSET
    assert UserIn(name="Ada", age=1).values() == {"name": "Ada", "age": 1, "email": None}


@pytest.mark.row(98)
@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "Ada", "age": 1, "__pk_only__": True}, ["/__pk_only__"]),
        ({"name": "Ada", "age": 1, "id": 7, "password_hash": "x"}, ["/id", "/password_hash"]),
        ({"name": "A" * 51, "age": 2**63}, ["/name", "/age"]),
        ({"name": "Ada"}, ["/age"]),
    ],
)
async def test_body_has_what_the_class_has(body: dict[str, object], pointers: list[str]) -> None:
    """Everything else is a 422 that lists all mistakes; what a column cannot hold is one."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata)])

    @app.post("/users")
    async def add(body: UserIn) -> None:
        raise AssertionError("never called")

    async with TestClient(app) as client:
        answer = await client.post("/users", json=body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_arguments_and_results_are_described() -> None:
    """OpenAPI has their fields, their bounds, and no secret."""
    app = CovetPy(plugins=[OrmPlugin(url="sqlite://", create_all=Base.metadata), OpenAPIPlugin()])

    @app.patch("/users/{user_id}")
    async def change(user_id: int, body: UserChanges, users: Repository[User]) -> UserOut:
        return UserOut.of(await users.update(user_id, body))

    @app.get("/users")
    async def list_users(users: Repository[User]) -> list[UserOut]:
        return UserOut.of_all(await users.find())

    @app.get("/samples")
    async def list_samples() -> tuple[list[SampleOut], Literal[200]]:
        return [], 200

    async with TestClient(app) as client:
        document = (await client.get("/openapi.json")).json()

    schemas = document["components"]["schemas"]
    changes, out = schemas["UserChanges"], schemas["UserOut"]
    assert changes["properties"]["name"]["maxLength"] == 50
    assert (changes.get("required", []), changes["additionalProperties"]) == ([], False)
    assert list(out["properties"]) == ["id", "name", "age", "email"]
    assert "password_hash" not in str(document)
    samples = schemas["SampleOut"]["properties"]
    assert samples["moment"]["format"] == "date-time"
    assert samples["tags"] == {"type": "array", "items": {"type": "string"}}
    assert {member.value for member in Role} <= set(str(schemas).replace("'", " ' ").split(" ' "))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"include": {"nme"}}, "X: include= names 'nme', which is no column of User.\n  Did you mean 'name'?"),
        ({"exclude": {"posts"}}, "X: exclude= names 'posts', which is no column of User."),
        (
            {"include": {"password_hash"}},
            (
                "X: include= names 'password_hash', which is secret.\n"
                "  If it is meant to leave, annotate it in the class: password_hash: str."
            ),
        ),
        ({"include": "name"}, "X: include= is a set of names, got 'name'."),
        ({"partial": {"nme"}}, "X: partial= names 'nme', which it does not have."),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_defined(options: dict[str, Any], message: str) -> None:
    """A column that was renamed is found at the start."""
    with pytest.raises(ConfigurationError) as caught:

        class X(DTO[User], **options):
            pass

    assert str(caught.value).startswith(message)


def test_annotated_fields_must_be_the_models() -> None:
    """A mistyped one is found at the start."""
    with pytest.raises(ConfigurationError) as caught:

        class X(DTO[User]):
            nme: str

    assert str(caught.value).startswith("X.nme: User has no such field.\n  Did you mean 'name'?")


async def test_expired_column_is_not_read_on_the_way(memory_session: AsyncSession) -> None:
    """After a rollback the row has to be read again; a new row has nothing yet."""
    ada = User(id=1, name="Ada")
    memory_session.add(ada)
    await memory_session.commit()
    await memory_session.rollback()
    memory_session.expire(ada)

    with pytest.raises(NotLoadedError) as caught:
        UserOut.of(ada)

    assert str(caught.value).endswith("  Read the row again: await session.refresh(row).")
    assert UserOut.of(User(id=2, name="Eva")).age is None
