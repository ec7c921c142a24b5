"""
The example application as `make run` serves it: a real server, a real HTTP client, a real browser.
"""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.browser import CHROMIUM, open_page, serve_page
from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>A page of another origin</title>
<h1>Todos from another origin</h1>
<pre id="result">running</pre>
<script>
const collection = "API/todos";

async function call(method, url, todo) {
  const options = {method};
  if (todo) {
    options.headers = {"Content-Type": "application/json"};
    options.body = JSON.stringify(todo);
  }
  try {
    const response = await fetch(url, options);
    const text = await response.text();
    return {status: response.status, body: text ? JSON.parse(text) : null};
  } catch (error) {
    return {error: error.name};
  }
}

async function run() {
  const created = await call("POST", collection, {title: "From afar", order: 7});
  const url = created.body ? created.body.url : collection + "/1";
  return {
    origin: location.origin,
    created,
    changed: await call("PATCH", url, {completed: true}),
    listed: await call("GET", collection),
    missing: await call("GET", collection + "/0"),
    refused: await call("POST", collection, {title: ""}),
    deleted: await call("DELETE", url),
    left: await call("GET", collection),
  };
}

run().then((result) => {
  document.getElementById("result").textContent = JSON.stringify(result, null, 2);
});
</script>
"""


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The example application, as `make run` serves it and over ASGI."""
    with start(tmp_path_factory.mktemp("todo"), interface=request.param) as server:
        yield server


def start(directory: Path, *, interface: str | None = None, workers: int = 1, url: str = "") -> ServerProcess:
    """Prepare a server of the example, which keeps its file in a directory, or the todos where a URL says."""
    env = {"PYTHONPATH": str(ROOT), **({"COVET_DB_URL": url} if url else {})}
    return serve("examples.todo.app:app", directory=directory, env=env, interface=interface, workers=workers)


@pytest.fixture
def client(server: ServerProcess) -> Iterator[httpx2.Client]:
    """A real HTTP client; there are no todos yet."""
    with httpx2.Client(base_url=server.url, timeout=20) as client:
        client.delete("/todos")
        yield client


def test_make_run_serves_the_example() -> None:
    """
    The application that these tests start is the one that `make run` does.
    """
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert "APP ?= examples.todo.app:app\n" in makefile
    assert "covet run $(APP) " in makefile


# ── The contract of Todo-Backend ─────────────────────────────────────────────


def test_collection_starts_empty_and_can_be_emptied(client: httpx2.Client) -> None:
    """
    The collection answers `GET` with a list and `DELETE` by emptying it.
    """
    client.post("/todos", json={"title": "a todo"})

    deleted = client.delete("/todos")
    listed = client.get("/todos")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (listed.status_code, listed.json()) == (200, [])


def test_posted_todo_is_answered_and_listed(client: httpx2.Client) -> None:
    """
    A new todo comes back with 201, is not completed, and stands in the list.
    """
    created = client.post("/todos", json={"title": "walk the dog"})

    todo = created.json()
    assert created.status_code == 201
    assert (todo["title"], todo["completed"]) == ("walk the dog", False)
    assert client.get("/todos").json() == [todo]


def test_url_of_each_todo_leads_to_it(client: httpx2.Client, server: ServerProcess) -> None:
    """
    Every todo of the list has an absolute URL of its own, which answers it.
    """
    for title in ("the first", "the second"):
        client.post("/todos", json={"title": title})

    todos = client.get("/todos").json()

    assert len({todo["url"] for todo in todos}) == 2
    assert all(todo["url"].startswith(f"{server.url}/todos/") for todo in todos)
    assert [httpx2.get(todo["url"], timeout=20).json() for todo in todos] == todos


@pytest.mark.parametrize(
    "changes", [{"title": "bathe the cat"}, {"completed": True}, {"order": 95}, {"title": "all", "completed": True}]
)
def test_changes_are_answered_and_persist(client: httpx2.Client, changes: dict[str, object]) -> None:
    """
    `PATCH` changes title, completedness and order, keeps the rest, and is seen everywhere afterwards.
    """
    before = client.post("/todos", json={"title": "initial title", "order": 10}).json()

    patched = client.patch(before["url"], json=changes)

    assert (patched.status_code, patched.json()) == (200, before | changes)
    assert client.get(before["url"]).json() == before | changes
    assert client.get("/todos").json() == [before | changes]


def test_todo_can_be_deleted(client: httpx2.Client) -> None:
    """
    A todo that was deleted is in no list and under no URL.
    """
    url = client.post("/todos", json={"title": "in vain"}).json()["url"]

    deleted = client.delete(url)

    assert deleted.status_code == 204
    assert client.get("/todos").json() == []
    assert client.get(url).status_code == 404


def test_order_is_remembered(client: httpx2.Client) -> None:
    """
    A todo may be created with an order.
    """
    created = client.post("/todos", json={"title": "blah", "order": 523}).json()

    assert created["order"] == 523
    assert client.get(created["url"]).json()["order"] == 523


@pytest.mark.parametrize("accept", ["text/plain, */*; q=0.01", "application/json, text/javascript", "*/*"])
def test_usual_clients_get_json(client: httpx2.Client, accept: str) -> None:
    """
    The `Accept` headers of the specification's page and of its clients mean JSON.
    """
    response = client.post("/todos", json={"title": "blah"}, headers={"Accept": accept})

    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_workers_share_the_todos_and_they_survive_a_restart(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """
    Two workers, of which either answers, have the same todos, on each database; so has the server that follows them.
    """
    url = "" if database == "sqlite" else request.getfixturevalue(f"{database}_url")
    with start(tmp_path, workers=2, url=url) as server:
        todos = [
            httpx2.post(f"{server.url}/todos", json={"title": f"todo {number}", "order": number}, timeout=20).json()
            for number in range(6)
        ]
        kept = [(todo["title"], todo["order"], todo["completed"]) for todo in todos]
        # The same values once more: MariaDB counts no row that it changed, and the todo is there all the same.
        again = [httpx2.patch(todo["url"], json={"completed": False}, timeout=20) for todo in todos]
        assert [response.status_code for response in again] == [200] * 6
        assert all(httpx2.get(f"{server.url}/todos", timeout=20).json() == todos for _ in range(6))

    with start(tmp_path, url=url) as server:
        found = httpx2.get(f"{server.url}/todos", timeout=20).json()
        httpx2.delete(f"{server.url}/todos", timeout=20)

    assert [(todo["title"], todo["order"], todo["completed"]) for todo in found] == kept


# ── The browser ──────────────────────────────────────────────────────────────


# Any: whatever the page's script wrote.
def run_page(api: str, profile: Path) -> dict[str, Any]:
    """Open the page that uses the API from another origin, and read what it wrote."""
    with serve_page(PAGE.replace("API", api)) as url:
        document = open_page(url, profile)
    written = re.search(r'<pre id="result">(.*?)</pre>', document, re.DOTALL)
    assert written is not None, document
    result: dict[str, Any] = json.loads(html.unescape(written[1]))
    assert result["origin"] != api
    return result


@needs_browser
def test_browser_uses_the_api_from_another_origin(client: httpx2.Client, server: ServerProcess, tmp_path: Path) -> None:
    """
    A page of another origin creates, changes, lists and deletes todos, and reads errors too.
    """
    result = run_page(server.url, tmp_path)

    created = result["created"]["body"]
    assert result["created"]["status"] == 201
    assert (created["title"], created["order"], created["completed"]) == ("From afar", 7, False)
    assert result["changed"] == {"status": 200, "body": created | {"completed": True}}
    assert result["listed"] == {"status": 200, "body": [created | {"completed": True}]}
    assert (result["missing"]["status"], result["missing"]["body"]["status"]) == (404, 404)
    assert (result["refused"]["status"], result["refused"]["body"]["errors"][0]["pointer"]) == (422, "/title")
    assert result["deleted"] == {"status": 204, "body": None}
    assert result["left"] == {"status": 200, "body": []}


@needs_browser
def test_browser_is_kept_out_where_its_origin_is_not_allowed(tmp_path: Path) -> None:
    """
    A page whose origin is not allowed can neither change anything nor read what there is.
    """
    with serve("tests.e2e.closed_todo:app", directory=ROOT) as server:
        todo = httpx2.post(f"{server.url}/todos", json={"title": "secret"}, timeout=20).json()

        result = run_page(server.url, tmp_path)

        del result["origin"]
        assert set(map(str, result.values())) == {"{'error': 'TypeError'}"}
        assert httpx2.get(f"{server.url}/todos", timeout=20).json() == [todo]
