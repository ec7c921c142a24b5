"""
Tests of fields that clients know by other names: in requests, in answers, and in what describes them.
"""

from dataclasses import fields
from typing import Any

import pytest

from covet import CovetPy
from covet.database.orm import DTO
from covet.database.orm.field_names import rename_fields
from covet.exceptions import ConfigurationError
from covet.openapi import OpenAPIPlugin
from covet.serialization import encode_json
from covet.testing import TestClient
from covet.types import UNSET
from tests.unit.database.orm.tables import Post, User


class AuthorOut(DTO[User], include={"id", "name"}, rename={"name": "called"}):
    """Differ in one name."""


class PostIn(DTO[Post], include={"author_id", "slug"}, rename="camel"):
    """Be as JavaScript writes it."""

    title: str = "none"


class PostChanges(DTO[Post], include={"author_id", "title"}, partial=True, rename="camel"):
    """Have what was sent, alone."""


class PostOut(DTO[Post], include={"id", "author_id", "created_at"}, rename="camel"):
    """Have another in it."""

    author: AuthorOut


class LongPostOut(PostOut):
    """Have one field more."""

    updated_at: Any


def make_app() -> CovetPy:
    """Make an application that says what it got."""
    app = CovetPy(plugins=[OpenAPIPlugin()])

    @app.post("/posts")
    async def add(body: PostIn) -> PostOut:
        post = Post(id=1, **body.values(), author=User(id=body.author_id, name="Ada"))
        return PostOut.of(post)

    @app.patch("/posts")
    async def change(body: PostChanges) -> dict[str, Any]:
        return body.values()

    return app


async def test_clients_know_other_names() -> None:
    """They send and get them; Python has its own."""
    async with TestClient(make_app()) as client:
        made = await client.post("/posts", json={"authorId": 7, "slug": "a"})
        changed = await client.patch("/posts", json={"authorId": 8})
        refused = await client.post("/posts", json={"author_id": 7, "slug": "a", "title": 3})
        document = (await client.get("/openapi.json")).json()

    assert made.json() == {"id": 1, "authorId": 7, "createdAt": None, "author": {"id": 7, "called": "Ada"}}
    assert changed.json() == {"author_id": 8}
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/authorId", "/author_id", "/title"}
    schemas = document["components"]["schemas"]
    assert list(schemas["PostIn"]["properties"]) == ["authorId", "slug", "title"]
    assert list(schemas["PostOut"]["properties"]) == ["id", "authorId", "createdAt", "author"]
    assert list(schemas["AuthorOut"]["properties"]) == ["id", "called"]


def test_python_has_its_own_names() -> None:
    """For attributes and for the constructor, which takes both."""
    body = PostIn(author_id=7, slug="a")
    setattr(body, "author_id", 8)  # noqa: B010 - type checkers know it from the model alone

    assert (body.author_id, body.title) == (8, "none")
    assert body == PostIn(authorId=8, slug="a")
    assert body.values() == {"author_id": 8, "slug": "a", "title": "none"}
    assert PostChanges(title="b").author_id is UNSET
    assert encode_json(body) == b'{"authorId":8,"slug":"a","title":"none"}'
    with pytest.raises(TypeError, match="authorID"):
        PostIn(authorID=7, slug="a")


def test_derived_classes_go_on_with_it() -> None:
    """Their own fields as well."""
    assert [item.name for item in fields(LongPostOut)] == ["id", "authorId", "createdAt", "author", "updatedAt"]  # type: ignore[arg-type]

    made = LongPostOut(id=1, author_id=2, created_at=None, author=None, updated_at=3)

    assert (made.author_id, made.updated_at) == (2, 3)


@pytest.mark.parametrize(
    ("rename", "expected"),
    [
        ("camel", ["id", "tagList", "url2"]),
        ("pascal", ["Id", "TagList", "Url2"]),
        (str.upper, ["ID", "TAG_LIST", "URL_2"]),
        ({"id": "key"}, ["key", "tag_list", "url_2"]),
        ({}, ["id", "tag_list", "url_2"]),
    ],
)
def test_styles(rename: Any, expected: list[str]) -> None:
    """A function and a mapping are styles of one's own."""
    assert list(rename_fields("X", ["id", "tag_list", "url_2"], rename).values()) == expected


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ("camle", "X: rename='camle' is no style.\n  Did you mean 'camel'?"),
        ({"nme": "a"}, "X: rename= names 'nme', which it does not have.\n  Did you mean 'name'?"),
        ({"id": "name"}, "X: rename= makes two fields that are called 'name'."),
        ({"id": "name", "name": "id"}, "X: rename= makes two fields that are called"),
        (lambda name: "same", "X: rename= makes two fields that are called 'same'."),
        ({"id": "a-b"}, "X: 'id' cannot be renamed to 'a-b', which is no name."),
        (lambda name: 7, "X: 'id' cannot be renamed to 7, which is no name."),
    ],
)
def test_names_that_cannot_be_are_refused_where_they_are_declared(rename: Any, message: str) -> None:
    """Long before a client comes."""
    with pytest.raises(ConfigurationError) as caught:

        class X(DTO[User], include={"id", "name"}, rename=rename):
            pass

    assert str(caught.value).startswith(message)
