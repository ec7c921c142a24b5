"""
Articles: slugs, tags, lists, the feed, favourites, comments.
"""

from datetime import datetime
from typing import Any

import pytest

from tests.integration.conduit.conftest import Person, register

TEXTS = {"title", "description", "body", "tagList"}


def titles(found: dict[str, Any]) -> list[str]:
    """List the titles of a page."""
    return [article["title"] for article in found["articles"]]


async def test_an_article_is_answered_and_found_by_its_slug(ada: Person, stranger: Person) -> None:
    """
    With everything that the specification lists; tags in the order that they were given in, each once.
    """
    written = await ada.write(tagList=["training", "dragons", "training"])

    assert written == {
        "slug": "how-to-train-your-dragon",
        "title": "How to train your dragon",
        "description": "Ever wonder how?",
        "body": "Very carefully.",
        "tagList": ["training", "dragons"],
        "createdAt": written["createdAt"],
        "updatedAt": written["updatedAt"],
        "favorited": False,
        "favoritesCount": 0,
        "author": {"username": "ada", "bio": None, "image": None, "following": False},
    }
    assert datetime.fromisoformat(written["createdAt"]).tzinfo is not None
    assert (await stranger.get("/articles/how-to-train-your-dragon"))["article"] == written


@pytest.mark.parametrize("title", ["Crème brûlée & tea", "竜を飼う", "!!!", "-- a --", "x" * 255])
async def test_every_title_has_a_slug(ada: Person, title: str) -> None:
    """
    Whatever the letters; and the second article of one title has another one.
    """
    first, second = await ada.write(title), await ada.write(title)

    assert first["slug"] != second["slug"]
    for article in (first, second):
        assert (await ada.get(f"/articles/{article['slug']}"))["article"]["title"] == title


@pytest.mark.parametrize(
    ("article", "fields"),
    [
        ({}, {"title", "description", "body"}),
        ({"title": " ", "description": "", "body": "\n"}, {"title", "description", "body"}),
        ({"title": "x" * 256, "description": "d", "body": "b"}, {"title"}),
        ({"title": "t", "description": "d", "body": "b", "tagList": "tea"}, {"tagList"}),
        ({"title": "t\0", "description": "\0d", "body": "\0", "tagList": ["tea", " ", "\0"]}, TEXTS),
    ],
)
async def test_wrong_article_is_refused_with_every_error(
    ada: Person, article: dict[str, object], fields: set[str]
) -> None:
    """
    All that is wrong is said at once, by field, and nothing is kept.
    """
    response = await ada.send("POST", "/articles", {"article": article})

    assert response.status_code == 422
    assert set(response.json()["errors"]) == fields
    assert (await ada.get("/articles"))["articlesCount"] == 0


async def test_changes_keep_what_they_do_not_name(ada: Person) -> None:
    """
    A new title brings a new slug, the same title does not; tags are replaced.
    """
    before = await ada.write(tagList=["dragons"])

    same = (await ada.send("PUT", f"/articles/{before['slug']}", {"article": {"title": before["title"]}})).json()
    body = (await ada.send("PUT", f"/articles/{before['slug']}", {"article": {"body": "With tea."}})).json()
    response = await ada.send(
        "PUT", f"/articles/{before['slug']}", {"article": {"title": "Did you train it?", "tagList": ["tea", "dragons"]}}
    )

    changed = response.json()["article"]
    assert same["article"]["slug"] == before["slug"]
    assert body["article"]["body"] == "With tea."
    assert body["article"]["updatedAt"] > before["updatedAt"]
    assert (changed["slug"], changed["tagList"], changed["body"]) == (
        "did-you-train-it",
        ["tea", "dragons"],
        "With tea.",
    )
    assert (await ada.send("GET", f"/articles/{before['slug']}")).status_code == 404


async def test_a_new_title_may_be_taken(ada: Person) -> None:
    """
    The slug gets something behind it, and what else was changed is kept.
    """
    await ada.write("Tea", tagList=["a"])
    other = await ada.write("Milk", tagList=["b"])
    changes = {"title": "Tea", "body": "Both.", "description": "Of two things.", "tagList": ["c"]}

    changed = (await ada.send("PUT", f"/articles/{other['slug']}", {"article": changes})).json()["article"]

    assert changed["slug"].startswith("tea-")
    assert changes.items() <= changed.items()
    assert (await ada.get("/articles/tea"))["article"]["tagList"] == ["a"]


async def test_only_authors_change_and_delete(ada: Person, blaise: Person) -> None:
    """
    Others are refused with 403; what is deleted takes tags, comments and favourites along.
    """
    slug = (await ada.write(tagList=["dragons"]))["slug"]
    await blaise.send("POST", f"/articles/{slug}/favorite")
    await blaise.send("POST", f"/articles/{slug}/comments", {"comment": {"body": "Oh."}})

    refused = [
        await blaise.send("PUT", f"/articles/{slug}", {"article": {"title": "Mine"}}),
        await blaise.send("DELETE", f"/articles/{slug}"),
    ]
    deleted = await ada.send("DELETE", f"/articles/{slug}")

    assert [(response.status_code, response.json()) for response in refused] == [
        (403, {"errors": {"article": ["forbidden"]}})
    ] * 2
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await ada.get("/articles", favorited="blaise"))["articlesCount"] == 0
    assert (await ada.get("/tags"))["tags"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/articles/x"),
        ("PUT", "/articles/x"),
        ("DELETE", "/articles/x"),
        ("POST", "/articles/x/favorite"),
        ("DELETE", "/articles/x/favorite"),
        ("GET", "/articles/x/comments"),
        ("POST", "/articles/x/comments"),
        ("DELETE", "/articles/x/comments/1"),
    ],
)
async def test_what_is_not_there_is_not_found(ada: Person, method: str, path: str) -> None:
    """
    A slug that no article has is 404, and the answer says of what.
    """
    body = {"article": {}, "comment": {"body": "Oh."}}

    response = await ada.send(method, path, body if method in {"PUT", "POST"} else None)

    assert (response.status_code, response.json()) == (404, {"errors": {"article": ["not found"]}})


async def test_lists_are_filtered_and_cut(ada: Person, blaise: Person, stranger: Person) -> None:
    """
    By tag, author and fan, each and together, the newest first; the count is that of all pages. Bodies are left out.
    """
    for number in range(4):
        writer = (ada, blaise)[number % 2]
        await writer.write(f"part {number}", tagList=["even" if number % 2 == 0 else "odd", "all"])
    await blaise.send("POST", "/articles/part-0/favorite")

    assert titles(everything := await stranger.get("/articles")) == ["part 3", "part 2", "part 1", "part 0"]
    assert everything["articlesCount"] == 4
    assert all("body" not in article for article in everything["articles"])
    assert titles(await stranger.get("/articles", tag="odd")) == ["part 3", "part 1"]
    assert titles(await stranger.get("/articles", author="ada")) == ["part 2", "part 0"]
    assert titles(await stranger.get("/articles", favorited="blaise")) == ["part 0"]
    assert titles(await stranger.get("/articles", tag="all", author="blaise", favorited="blaise")) == []
    assert titles(await stranger.get("/articles", author="nobody")) == []
    page = await stranger.get("/articles", limit=2, offset=1)
    assert (titles(page), page["articlesCount"]) == (["part 2", "part 1"], 4)
    assert titles(await stranger.get("/articles", offset=4)) == []
    seen = {article["title"]: article["favorited"] for article in (await blaise.get("/articles"))["articles"]}
    assert seen == {"part 0": True, "part 1": False, "part 2": False, "part 3": False}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "limit=x", f"offset={2**63}", "sort=body"])
@pytest.mark.parametrize("path", ["/articles", "/articles/feed"])
async def test_pages_that_cannot_be_are_refused(ada: Person, path: str, query: str) -> None:
    """
    422, with the name of the parameter.
    """
    response = await ada.send("GET", f"{path}?{query}")

    assert response.status_code == 422
    assert list(response.json()["errors"]) == [query.partition("=")[0]]


async def test_the_feed_is_of_those_whom_one_follows(ada: Person, blaise: Person) -> None:
    """
    And of nobody else; it has pages, too.
    """
    grace = await register(ada.client, "grace")
    for writer in (blaise, grace, blaise):
        await writer.write("By " + writer.name)
    assert await ada.get("/articles/feed") == {"articles": [], "articlesCount": 0}

    await ada.send("POST", "/profiles/blaise/follow")

    feed = await ada.get("/articles/feed", limit=1)
    assert (titles(feed), feed["articlesCount"]) == (["By blaise"], 2)
    assert feed["articles"][0]["author"]["following"] is True
    assert (await blaise.get("/articles/feed"))["articlesCount"] == 0


async def test_favourites_are_counted_and_ones_own(ada: Person, blaise: Person, stranger: Person) -> None:
    """
    Twice is once, taking back what was not there is nothing, and each sees their own.
    """
    slug = (await ada.write())["slug"]

    seen = []
    for person, method in ((ada, "POST"), (ada, "POST"), (blaise, "POST"), (ada, "DELETE"), (ada, "DELETE")):
        article = (await person.send(method, f"/articles/{slug}/favorite")).json()["article"]
        seen.append((article["favorited"], article["favoritesCount"]))

    assert seen == [(True, 1), (True, 1), (True, 2), (False, 1), (False, 1)]
    article = (await stranger.get(f"/articles/{slug}"))["article"]
    assert (article["favorited"], article["favoritesCount"]) == (False, 1)


async def test_comments_are_listed_and_deleted_by_their_authors(ada: Person, blaise: Person, stranger: Person) -> None:
    """
    The newest first, with their authors as one sees them.
    """
    slug = (await ada.write())["slug"]
    other = (await ada.write("Another one"))["slug"]
    path = f"/articles/{slug}/comments"

    first = await blaise.send("POST", path, {"comment": {"body": "Oh."}})
    second = await ada.send("POST", path, {"comment": {"body": "Indeed."}})
    await ada.send("POST", "/profiles/blaise/follow")

    comment = first.json()["comment"]
    assert first.status_code == second.status_code == 201
    assert sorted(comment) == ["author", "body", "createdAt", "id", "updatedAt"]
    listed = (await ada.get(path))["comments"]
    assert [(item["body"], item["author"]["following"]) for item in listed] == [("Indeed.", False), ("Oh.", True)]
    assert (await stranger.get(path))["comments"][1]["author"]["following"] is False
    assert (await stranger.get(f"/articles/{other}/comments"))["comments"] == []

    forbidden = await ada.send("DELETE", f"{path}/{comment['id']}")
    elsewhere = await blaise.send("DELETE", f"/articles/{other}/comments/{comment['id']}")
    deleted = await blaise.send("DELETE", f"{path}/{comment['id']}")
    again = await blaise.send("DELETE", f"{path}/{comment['id']}")

    assert (forbidden.status_code, forbidden.json()) == (403, {"errors": {"comment": ["forbidden"]}})
    assert (deleted.status_code, deleted.content) == (204, b"")
    for response in (elsewhere, again):
        assert (response.status_code, response.json()) == (404, {"errors": {"comment": ["not found"]}})
    assert len((await ada.get(path))["comments"]) == 1


@pytest.mark.parametrize("body", ["", " ", None, 7])
async def test_a_comment_says_something(ada: Person, body: object) -> None:
    """
    One that is blank is refused.
    """
    slug = (await ada.write())["slug"]

    response = await ada.send("POST", f"/articles/{slug}/comments", {"comment": {"body": body}})

    assert (response.status_code, list(response.json()["errors"])) == (422, ["body"])


async def test_tags_are_each_listed_once(ada: Person, stranger: Person) -> None:
    """
    Those that an article has, in their order.
    """
    await ada.write("One", tagList=["tea", "dragons"])
    await ada.write("Two", tagList=["tea"])

    assert await stranger.get("/tags") == {"tags": ["dragons", "tea"]}


@pytest.mark.parametrize(
    "path",
    ["/articles?tag=%00", "/articles?author=a%00", "/articles?favorited=%00", "/articles/%00", "/profiles/%00",
     "/articles/%00/comments"],
)  # fmt: skip
async def test_what_no_database_can_look_for_is_refused(stranger: Person, path: str) -> None:
    """
    A NUL in a name is a mistake of the client's, whatever the database would say.
    """
    response = await stranger.send("GET", path)

    assert response.status_code in {400, 404, 422}
