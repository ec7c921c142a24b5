"""
The example as a whole: statements per page, requests at once, migrations, what is written for newcomers, its document.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from openapi_spec_validator import validate
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from covet import CovetPy
from covet.cli.commands import covet
from covet.config import Settings, Sources
from covet.database.migrations import Migrations
from covet.database.orm import Model, Repository
from covet.deployment import check_deployment
from covet.openapi import find_documents
from covet.testing import TestClient
from examples.conduit import seed
from examples.conduit.app import MIGRATIONS, make_app
from examples.conduit.models import Article, Favorite
from tests.integration.conduit.conftest import SECRET, Person, make_settings


@contextmanager
def count_statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """List the statements that are sent during a block, without what begins transactions."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/articles?limit={0}", 4), ("/articles/feed?limit={0}", 4), ("/articles/about-tea-part-2/comments", 3)],
)
async def test_a_page_is_so_many_statements_whatever_its_length(
    app: CovetPy, client: TestClient, path: str, most: int
) -> None:
    """
    Count, articles, authors, tags; or article, comments, authors: for twenty as for two.
    """
    async with app.scope() as scope:
        await seed.seed(await scope.resolve(AsyncSession), count=60)
    login = {"email": "ada@example.com", "password": seed.PASSWORD}
    response = await client.post("/api/users/login", json={"user": login})
    assert response.status_code == 200, response.text
    user = response.json()["user"]
    ada = Person(client, "ada", user["token"])
    engine = await app.container.resolve(AsyncEngine)

    counts = []
    for limit in (2, 20):
        with count_statements(engine) as sent:
            found = await ada.get(path.format(limit))
        counts.append(len(sent))

    assert counts == [most, most]
    assert len(found.get("articles", ())) == (20 if "limit" in path else 0)


async def test_two_favourites_at_once_are_one(app: CovetPy, ada: Person, blaise: Person) -> None:
    """
    However many of somebody's requests come at once; those of others count beside them.
    """
    slug = (await ada.write())["slug"]

    responses = await asyncio.gather(
        *(person.send("POST", f"/articles/{slug}/favorite") for person in (ada, blaise) for _ in range(4))
    )

    assert [response.status_code for response in responses] == [200] * 8
    assert (await ada.get(f"/articles/{slug}"))["article"]["favoritesCount"] == 2
    async with app.scope() as scope:
        assert await (await scope.resolve(Repository[Favorite])).count() == 2


async def test_articles_of_one_title_at_once_have_slugs_of_their_own(ada: Person, blaise: Person) -> None:
    """
    One of them has the plain one, and none is lost.
    """
    written = await asyncio.gather(*(person.write("Tea") for person in (ada, blaise) for _ in range(3)))

    slugs = {article["slug"] for article in written}
    assert len(slugs) == 6
    assert "tea" in slugs
    assert (await ada.get("/articles"))["articlesCount"] == 6


async def test_people_of_one_name_at_once_are_one(client: TestClient) -> None:
    """
    The others are told that it is taken.
    """
    users = [{"username": "ada", "email": f"{number}@example.com", "password": "x" * 8} for number in range(4)]

    responses = await asyncio.gather(*(client.post("/api/users", json={"user": user}) for user in users))

    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]


async def test_migrations_are_what_the_models_say(url: str) -> None:
    """
    From nothing to the models and back, and the application is healthy only in between.
    """
    migrations = Migrations(url, Model.metadata, MIGRATIONS)
    app = make_app(make_settings(url))
    async with TestClient(app):
        before = (await app.plugin_manager.check_health())["migrations"]
        await migrations.upgrade()
        after = (await app.plugin_manager.check_health())["migrations"]

    report = await migrations.check()
    await migrations.downgrade("base", allow_data_loss=True)

    assert (before.is_healthy, after.is_healthy) == (False, True)
    assert [line for line in report.differences if any(name in line for name in OWN)] == []
    assert await migrations.get_current() == ()


# Other tests have models, too, and one metadata is for all of them.
OWN = ("'articles", "'comments", "'favorites", "'follows", "'tags")


async def test_seeds_are_sown_once(app: CovetPy) -> None:
    """
    Where somebody is already, nothing is written.
    """
    written = []
    async with TestClient(app):
        for _ in range(2):
            async with app.scope() as scope:
                written.append(await seed.seed(await scope.resolve(AsyncSession)))

        async with app.scope() as scope:
            assert await (await scope.resolve(Repository[Article])).count() == 30
    assert written == [30, 0]


def test_its_document_is_valid() -> None:
    """
    Each operation that the specification has is there, with what goes wrong.
    """
    app = make_app(make_settings("sqlite:///conduit.db"))

    [plugin] = find_documents(app).values()
    document = plugin.make_document()

    validate(document)
    operations = {(method, path) for path, item in document["paths"].items() for method in item}
    assert len(operations) == 19
    favorite = document["paths"]["/api/articles/{slug}/favorite"]["post"]
    assert {"200", "401", "404"} <= set(favorite["responses"])
    assert favorite["security"] == [{"token": []}]
    errors = favorite["responses"]["404"]["content"]["application/json"]["schema"]
    assert errors == {"$ref": "#/components/schemas/Errors"}


def test_check_has_nothing_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    `covet check` asks for the migrations, and for nothing else.
    """
    monkeypatch.setenv("COVET_SECURITY_JWT_SECRET_KEY", SECRET)
    monkeypatch.setenv("COVET_DB_URL", f"sqlite:///{tmp_path}/conduit.db")
    monkeypatch.setenv("COVET_APP", "examples.conduit.app:make_app")

    before, upgrade, after = (
        CliRunner().invoke(covet, ["--factory", *arguments]) for arguments in (["check"], ["db", "upgrade"], ["check"])
    )

    assert (before.exit_code, upgrade.exit_code, after.exit_code) == (1, 0, 0)
    assert before.output.splitlines()[0] == "examples.conduit.app:make_app is not ready: 1 error."
    assert "[M101] The database lacks 1 migration: 0001 'the first tables'." in before.output
    assert after.output.splitlines()[0] == "examples.conduit.app:make_app can start."


async def test_what_the_readme_deploys_is_safe_to_deploy() -> None:
    """
    `covet check --deploy` finds nothing that is an error.
    """
    settings = Settings(
        sources=Sources.none(),
        environment="production",
        database={"url": "postgresql://conduit@localhost/conduit"},
        security={
            "secret_key": "mKQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3e",
            "jwt_secret_key": SECRET,
            "allowed_hosts": ["conduit.example"],
            "trusted_proxies": ["10.0.0.0/8"],
        },
    )

    found = await check_deployment(make_app(settings))

    # What the machine of the tests is like is not asked.
    assert [str(problem) for problem in found if problem.id not in {"D308", "D314"}] == []
