"""
The example of Conduit on an empty database of each kind, and people who use it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.config import Settings, Sources
from covet.database.migrations import Migrations
from covet.database.orm import Model
from covet.security import Argon2id, PasswordHasher, Scrypt
from covet.testing import ClientResponse, TestClient
from examples.conduit.app import MIGRATIONS, make_app
from tests.unit.database.migrations.conftest import empty

SECRET = "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"
PASSWORD = "correct horse battery"


@dataclass
class Person:
    """
    Somebody who uses the API as the documents say, with a token.
    """

    client: TestClient
    name: str
    token: str = ""

    # Any: JSON, here and below.
    async def send(self, method: str, path: str, body: dict[str, Any] | None = None, **options: Any) -> ClientResponse:
        """Send a request with the token."""
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        return await self.client.request(method, f"/api{path}", json=body, headers=headers, **options)

    async def get(self, path: str, **params: object) -> dict[str, Any]:
        """Get what is there."""
        response = await self.send("GET", path, params={name: str(value) for name, value in params.items()})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def write(self, title: str = "How to train your dragon", **fields: object) -> dict[str, Any]:
        """Write an article."""
        article = {"title": title, "description": "Ever wonder how?", "body": "Very carefully.", **fields}
        response = await self.send("POST", "/articles", {"article": article})
        assert response.status_code == 201, response.text
        written: dict[str, Any] = response.json()["article"]
        return written


def make_settings(url: str) -> Settings:
    """Make settings that say no more than they have to."""
    return Settings(
        sources=Sources.none(), environment="testing", database={"url": url}, security={"jwt_secret_key": SECRET}
    )


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind, with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'conduit.db'}"
        return
    url: str = request.getfixturevalue(f"{request.param}_url")
    empty(request.param, url)
    yield url
    empty(request.param, url)


@pytest.fixture
async def app(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CovetPy]:
    """The application, whose database has had all migrations."""
    # Where the file of revoked tokens is.
    monkeypatch.chdir(tmp_path)
    await Migrations(url, Model.metadata, MIGRATIONS).upgrade()
    app = make_app(make_settings(url))
    # What makes a password expensive is not what these tests are about.
    with app.container.override(PasswordHasher, PasswordHasher([Scrypt(cost=4), Argon2id()])):
        yield app


@pytest.fixture(params=["asgi", "rsgi"])
async def client(request: pytest.FixtureRequest, app: CovetPy) -> AsyncIterator[TestClient]:
    """A client over both protocols."""
    async with TestClient(app, protocol=request.param) as client:
        yield client


async def register(client: TestClient, name: str) -> Person:
    """Register somebody."""
    user = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    response = await client.post("/api/users", json={"user": user})
    assert response.status_code == 201, response.text
    return Person(client, name, response.json()["user"]["token"])


@pytest.fixture
async def ada(client: TestClient) -> Person:
    """Somebody who has registered."""
    return await register(client, "ada")


@pytest.fixture
async def blaise(client: TestClient) -> Person:
    """Somebody else."""
    return await register(client, "blaise")


@pytest.fixture
def stranger(client: TestClient) -> Person:
    """Somebody without a token."""
    return Person(client, "")
