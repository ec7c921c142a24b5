"""
Conduit as its README starts it: the commands, a real server with two workers, a real HTTP client.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from examples.conduit.seed import PASSWORD
from tests.e2e.server_process import SOURCE, ServerProcess, serve
from tests.unit.database.migrations.conftest import empty

ROOT = Path(__file__).parents[2]
APP = "examples.conduit.app:make_app"


def make_environment(url: str) -> dict[str, str]:
    """Make the environment of the README's commands."""
    paths = os.pathsep.join([str(SOURCE), str(ROOT)])
    secret = {"COVET_SECURITY_JWT_SECRET_KEY": "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"}
    return {"PYTHONPATH": paths, "COVET_APP": APP, **secret, **({"COVET_DB_URL": url} if url else {})}


def run(directory: Path, env: dict[str, str], *command: str) -> str:
    """Run a command of the README."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=directory, env={**os.environ, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """Two workers on a database that the README's commands have made and filled."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    if url:
        empty("postgresql", url)
    env = make_environment(url)
    assert run(tmp_path, env, "covet", "--factory", "db", "upgrade") == "ran 0001 'the first tables'\n"
    assert run(tmp_path, env, "covet", "--factory", "db", "check") == "The database is as the models are.\n"
    assert run(tmp_path, env, "examples.conduit.seed") == "30 articles were written.\n"
    with serve(APP, directory=tmp_path, env=env, arguments=["--factory"], workers=2) as server:
        yield server
    if url:
        empty("postgresql", url)


@pytest.mark.slow
def test_what_the_readme_shows_is_served(server: ServerProcess) -> None:
    """
    A login by one worker is good for the other; what many write at once is all there, and nothing is counted twice.
    """
    with httpx2.Client(base_url=f"{server.url}/api", timeout=20) as client, ThreadPoolExecutor(8) as pool:
        login = {"user": {"email": "ada@example.com", "password": PASSWORD}}
        token = client.post("/users/login", json=login).json()["user"]["token"]
        headers = {"Authorization": f"Token {token}"}

        feed = client.get("/articles/feed", params={"limit": 1}, headers=headers)
        article = {"article": {"title": "Tea", "description": "d", "body": "b", "tagList": ["tea"]}}
        written = list(pool.map(lambda _: client.post("/articles", json=article, headers=headers), range(8)))
        path = "/articles/tea/favorite"
        liked = list(pool.map(lambda _: client.post(path, headers=headers), range(8)))
        found = client.get("/articles", params={"author": "ada", "tag": "tea", "favorited": "ada"})
        refused = client.post("/users", json={"user": {"username": "ada", "email": "no", "password": "short"}})
        document = client.get(f"{server.url}/openapi.json")

    assert feed.json()["articlesCount"] == 10
    assert feed.json()["articles"][0]["author"] == {"username": "blaise", "bio": None, "image": None, "following": True}
    assert [response.status_code for response in written] == [201] * 8
    assert len({response.json()["article"]["slug"] for response in written}) == 8
    assert [response.status_code for response in liked] == [200] * 8
    assert {response.json()["article"]["favoritesCount"] for response in liked} == {1}
    assert [item["slug"] for item in found.json()["articles"]] == ["tea"]
    assert (refused.status_code, sorted(refused.json()["errors"])) == (422, ["email", "password"])
    assert document.json()["info"]["title"] == "Conduit"
