"""
The example application in process, over both protocols: its contract, its limits, its errors.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from covet.testing import ClientResponse, TestClient
from examples.todo.app import app


@pytest.fixture(params=["asgi", "rsgi"])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TestClient]:
    """A client of the application, whose database is a file in a working directory that was empty."""
    monkeypatch.chdir(tmp_path)
    async with TestClient(app, protocol=request.param) as client:
        yield client


async def add(client: TestClient, **fields: object) -> str:
    """Add a todo and return its address."""
    response = await client.post("/todos", json={"title": "Walk the dog", **fields})
    url: str = response.json()["url"]
    return url


def pointers(response: ClientResponse) -> list[str]:
    """List what a validation problem complains about."""
    return [error["pointer"] for error in response.json()["errors"]]


async def test_new_todo_has_defaults_and_a_url(client: TestClient) -> None:
    """
    A title is enough; the answer is 201 with the todo, which its absolute URL answers too.
    """
    response = await client.post("/todos", json={"title": "Walk the dog"})

    todo = response.json()
    assert response.status_code == 201
    assert todo == {
        "title": "Walk the dog",
        "completed": False,
        "order": None,
        "id": todo["id"],
        "url": f"http://testserver/todos/{todo['id']}",
    }
    assert (await client.get(todo["url"])).json() == todo
    assert (await client.get("/todos")).json() == [todo]


async def test_url_is_that_of_the_client(client: TestClient) -> None:
    """
    The URL has the host that this client used, and nothing of its query.
    """
    await add(client)

    response = await client.get("/todos?page=1", headers={"Host": "todo.example:8443"})

    assert response.json()[0]["url"].startswith("http://todo.example:8443/todos/")
    assert "page" not in response.text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "Bathe the cat"}, {"title": "Bathe the cat", "completed": True, "order": 10}),
        ({"completed": False}, {"title": "Walk the dog", "completed": False, "order": 10}),
        ({"order": 95}, {"title": "Walk the dog", "completed": True, "order": 95}),
        ({"order": None}, {"title": "Walk the dog", "completed": True, "order": None}),
        ({}, {"title": "Walk the dog", "completed": True, "order": 10}),
    ],
)
async def test_change_keeps_what_it_does_not_name(
    client: TestClient, changes: dict[str, object], expected: dict[str, object]
) -> None:
    """
    `PATCH` changes what it names, answers with the todo, and is there to stay.
    """
    url = await add(client, completed=True, order=10)

    response = await client.patch(url, json=changes)

    assert response.status_code == 200
    assert expected.items() <= response.json().items()
    assert (await client.get(url)).json() == response.json()


async def test_deleted_todo_is_gone(client: TestClient) -> None:
    """
    `DELETE` answers 204 and leaves the other todos alone; the address then answers 404, whatever the method.
    """
    url, other = await add(client), await add(client, title="Stay")

    response = await client.delete(url)

    assert (response.status_code, response.content) == (204, b"")
    assert [todo["url"] for todo in (await client.get("/todos")).json()] == [other]
    for method, body in (("GET", None), ("PATCH", {"completed": True}), ("DELETE", None)):
        again = await client.request(method, url, json=body)
        assert again.status_code == 404
        assert again.json()["detail"].startswith("There is no todo ")


async def test_collection_is_deleted_as_a_whole(client: TestClient) -> None:
    """
    `DELETE` on the collection forgets every todo; a number is never given twice.
    """
    first = await add(client)

    response = await client.delete("/todos")

    assert response.status_code == 204
    assert (await client.get("/todos")).json() == []
    assert await add(client) != first


@pytest.mark.parametrize(
    ("todo", "expected"),
    [
        ({}, ["/title"]),
        ({"title": ""}, ["/title"]),
        ({"title": "x" * 501}, ["/title"]),
        ({"title": None, "completed": "yes", "order": 1.5}, ["/title", "/completed", "/order"]),
        ({"title": "Walk the dog", "order": 2**31}, ["/order"]),
    ],
)
async def test_wrong_todo_is_refused_with_every_error(
    client: TestClient, todo: dict[str, object], expected: list[str]
) -> None:
    """
    A todo that is wrong in several places is refused once, with all of them.
    """
    response = await client.post("/todos", json=todo)

    assert response.status_code == 422
    assert sorted(pointers(response)) == sorted(expected)
    assert (await client.get("/todos")).json() == []


async def test_wrong_change_changes_nothing(client: TestClient) -> None:
    """
    `null` is no title: a change that is wrong in part is refused as a whole.
    """
    url = await add(client)

    response = await client.patch(url, json={"title": None, "completed": True})

    assert (response.status_code, pointers(response)) == (422, ["/title"])
    assert (await client.get(url)).json()["completed"] is False


@pytest.mark.parametrize("path", ["/todos/0", "/todos/x", "/todos/-1", "/todo"])
async def test_unknown_address_is_not_found(client: TestClient, path: str) -> None:
    """
    There is no todo without a number, and none with another.
    """
    response = await client.get(path, headers={"Origin": "https://page.example"})

    assert response.status_code == 404
    assert response.headers["access-control-allow-origin"] == "*"


async def test_root_leads_to_the_collection(client: TestClient) -> None:
    """
    Who asks for the root is sent to the collection, with method and body.
    """
    listed = await client.get("/", follow_redirects=True)
    created = await client.post("/", json={"title": "Walk the dog"}, follow_redirects=True)

    assert (listed.status_code, listed.json()) == (200, [])
    assert (created.status_code, created.json()["title"]) == (201, "Walk the dog")


async def test_pages_of_any_origin_are_allowed(client: TestClient) -> None:
    """
    The specification's own page, from another origin, may use every method and send JSON.
    """
    for method in ("GET", "POST", "PATCH", "DELETE"):
        response = await client.options(
            "/todos",
            headers={
                "Origin": "https://todobackend.com",
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "content-type",
            },
        )

        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"


async def test_todos_outlast_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What one process was given, the next one has, from the same file.
    """
    monkeypatch.chdir(tmp_path)
    async with TestClient(app) as client:
        url = await add(client)

    async with TestClient(app) as client:
        todo = (await client.get(url)).json()

    assert todo["title"] == "Walk the dog"
    assert (tmp_path / "database.db").is_file()


async def test_number_that_no_database_holds_is_refused(client: TestClient) -> None:
    """
    A number is a client's word: what is too large for the column is its mistake, and no error of the database.
    """
    responses = [await client.request(method, f"/todos/{2**31}", json={}) for method in ("GET", "PATCH", "DELETE")]

    assert [response.status_code for response in responses] == [422, 422, 422]
