"""
The plugin: a document that is made on first use, kept, and made anew when a route changes.
"""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core.routing import CovetRouter
from covet.exceptions import ConfigurationError, RouteConflictError
from covet.middleware import Middleware
from covet.openapi import (
    OpenAPIConfig,
    OpenAPIError,
    OpenAPIPlugin,
    find_documents,
    make_document,
    operation,
    plugin,
    ui_files,
)
from covet.options import UnknownOptionError
from covet.plugins import PluginDefinitionError
from covet.testing import TestClient
from tests.unit.openapi.describing import make_app


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of paths of each document that was made."""
    counted: list[int] = []
    make = make_document

    def count(*given: Any) -> Any:
        document = make(*given)
        counted.append(len(document["paths"]))
        return document

    monkeypatch.setattr(plugin, "make_document", count)
    return counted


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of the pages."""
    monkeypatch.setattr(ui_files, "FOLDER", tmp_path)
    for ui in ui_files.UIS.values():
        for name in (*ui.files, *ui.licences):
            (tmp_path / name).write_text(f"{name} of {ui.name}")
    return tmp_path


async def show() -> str:
    """Show."""
    return "shown"


async def test_it_serves_the_document_and_both_pages(files: Path) -> None:
    """
    `/openapi.json`, `/docs` and `/redoc`, over both protocols.
    """
    for protocol in ("asgi", "rsgi"):
        app = make_app(OpenAPIPlugin(ui="swagger"))
        app.add_route("/shown", show)
        async with TestClient(app, protocol=protocol) as client:
            document = await client.get("/openapi.json")
            docs = await client.get("/docs")
            redoc = await client.get("/redoc")

        assert document.headers["content-type"] == "application/json"
        assert list(document.json()["paths"]) == ["/shown"]
        assert (docs.status_code, redoc.status_code) == (200, 200)
        assert "docs/swagger-ui-bundle.js" in docs.text
        assert "redoc/redoc.standalone.js" in redoc.text


async def test_it_is_made_on_first_use_and_kept(made: list[int]) -> None:
    """
    Start and other requests cost nothing.
    """
    app = make_app(OpenAPIPlugin())
    app.add_route("/shown", show)
    async with TestClient(app) as client:
        await client.get("/shown")
        assert made == []

        first = await client.get("/openapi.json")
        second = await client.get("/openapi.json")

    assert made == [1]
    assert first.content == second.content


async def test_it_is_made_once_for_all_who_ask_first(made: list[int]) -> None:
    """
    They wait for the one that is being made.
    """
    app = make_app(OpenAPIPlugin())
    app.add_route("/shown", show)
    async with TestClient(app) as client:
        answers = await asyncio.gather(*(client.get("/openapi.json") for _ in range(20)))

    assert made == [1]
    assert {answer.status_code for answer in answers} == {200}


async def test_it_is_made_anew_when_a_route_was_added(made: list[int]) -> None:
    """
    Also by a router that was included before, while the application runs.
    """
    app = make_app(OpenAPIPlugin())
    router = CovetRouter(prefix="/more")
    app.include_router(router)
    app.add_route("/shown", show)
    async with TestClient(app) as client:
        await client.get("/openapi.json")
        router.add_route("/late", show)

        document = (await client.get("/openapi.json")).json()

    assert list(document["paths"]) == ["/shown", "/more/late"]
    assert made == [1, 2]


async def test_it_is_made_anew_when_a_router_changes(made: list[int]) -> None:
    """
    What routes inherit is part of what is described.
    """
    app = make_app(OpenAPIPlugin())
    router = CovetRouter()
    router.add_route("/shown", show)
    app.include_router(router)

    async def answer(request: Request, exc: Exception) -> None: ...

    async with TestClient(app) as client:
        await client.get("/openapi.json")
        router.add_exception_handler(KeyError, answer)
        await client.get("/openapi.json")

    assert made == [1, 1]


async def test_a_client_that_has_it_is_told_so() -> None:
    """
    By its tag; `HEAD` says what `GET` would.
    """
    async with TestClient(make_app(OpenAPIPlugin())) as client:
        document = await client.get("/openapi.json")
        head = await client.head("/openapi.json")
        again = await client.get("/openapi.json", headers={"if-none-match": document.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", document.headers["etag"])


async def test_the_document_of_a_mounted_application_knows_its_prefix() -> None:
    """
    Its paths begin there; servers that were given are left alone.
    """
    inner = make_app(OpenAPIPlugin(title="Inner"))
    named = make_app(OpenAPIPlugin(servers=["https://a.example"]))
    outer = CovetPy()
    outer.mount("/inner", inner)
    outer.mount("/named", named)

    async with TestClient(outer) as client:
        below = (await client.get("/inner/openapi.json")).json()
        with_servers = (await client.get("/named/openapi.json")).json()
    async with TestClient(inner) as client:
        alone = (await client.get("/openapi.json")).json()

    assert below["servers"] == [{"url": "/inner"}]
    assert with_servers["servers"] == [{"url": "https://a.example"}]
    assert "servers" not in alone


async def test_documents_of_many_prefixes_are_not_all_kept() -> None:
    """
    Their number is bounded, whatever servers make of the prefix.
    """
    described = OpenAPIPlugin()
    app = make_app(described)
    for number in range(20):
        outer = CovetPy()
        outer.mount(f"/p{number}", app)
        async with TestClient(outer) as client:
            document = (await client.get(f"/p{number}/openapi.json")).json()
        assert document["servers"] == [{"url": f"/p{number}"}]

    assert described._made is not None
    assert len(described._made.entities) <= 8


async def test_an_application_has_several_documents() -> None:
    """
    Each is a plugin of its own, with a name, paths and a filter.
    """
    app = make_app(
        OpenAPIPlugin(title="One", include=lambda route: route.path.startswith("/v1")),
        OpenAPIPlugin(
            name="openapi_v2",
            title="Two",
            path="/v2/openapi.json",
            docs_path="/v2/docs",
            redoc_path=None,
            include=lambda route: route.path.startswith("/v2"),
        ),
    )
    app.add_route("/v1/shown", show)
    app.add_route("/v2/shown", show)

    async with TestClient(app) as client:
        one = (await client.get("/openapi.json")).json()
        two = (await client.get("/v2/openapi.json")).json()
        docs = await client.get("/v2/docs")

    assert list(find_documents(app)) == ["openapi", "openapi_v2"]
    assert (one["info"]["title"], list(one["paths"])) == ("One", ["/v1/shown"])
    assert (two["info"]["title"], list(two["paths"])) == ("Two", ["/v2/shown"])
    assert 'data-document="openapi.json"' in docs.text or 'href="openapi.json"' in docs.text


# ── The pages ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"ui": "swagger"}, {"/docs": "swagger-ui-bundle.js", "/redoc": "redoc.standalone.js"}),
        ({"ui": "redoc"}, {"/docs": "redoc.standalone.js", "/redoc": "redoc.standalone.js"}),
        ({"ui": "none"}, {"/docs": None, "/redoc": None}),
        ({"docs_path": None}, {"/docs": None, "/redoc": "redoc.standalone.js"}),
        ({"docs_path": "/help/api", "redoc_path": None}, {"/help/api": "swagger-ui-bundle.js", "/redoc": None}),
    ],
)
async def test_the_pages_are_chosen(files: Path, options: dict[str, Any], found: dict[str, str | None]) -> None:
    """
    A page may be the other one, somewhere else, or not there.
    """
    async with TestClient(make_app(OpenAPIPlugin(**options))) as client:
        for path, script in found.items():
            answer = await client.get(path)
            assert answer.status_code == (404 if script is None else 200)
            assert script is None or script in answer.text


async def test_everything_that_a_page_needs_is_there(files: Path) -> None:
    """
    Each file has its media type, and an address that never changes.
    """
    async with TestClient(make_app(OpenAPIPlugin())) as client:
        for page in ("/docs", "/redoc"):
            html = (await client.get(page)).text
            addresses = [part.split('"')[0] for part in html.replace('href="', 'src="').split('src="')[1:]]
            answers = [await client.get(f"/{address}") for address in addresses if address != "data:,"]

            assert len(answers) >= 3
            assert {answer.status_code for answer in answers} == {200}
            assert all("immutable" in answer.headers["cache-control"] for answer in answers)
            assert {answer.headers["content-type"].partition(";")[0] for answer in answers} <= {
                "text/javascript",
                "text/css",
                "image/png",
            }


async def test_pages_have_a_strict_policy(files: Path) -> None:
    """
    Whether or not their files are there.
    """
    app = make_app(OpenAPIPlugin())
    async with TestClient(app) as client:
        there = await client.get("/docs")
        (files / "redoc.standalone.js").unlink()
        missing = await client.get("/redoc")

    for answer in (there, missing):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-cache"


async def test_pages_without_their_files_say_how_to_get_them(files: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    So does the log at the start; the document is there, and a missing file is just not found.
    """
    for file in files.iterdir():
        file.unlink()
    with caplog.at_level(logging.WARNING, "covet.openapi"):
        async with TestClient(make_app(OpenAPIPlugin())) as client:
            docs = await client.get("/docs")
            style = await client.get("/docs/swagger-ui.css")
            document = await client.get("/openapi.json")

    assert (docs.status_code, style.status_code, document.status_code) == (503, 404, 200)
    assert "make ui" in docs.text
    [message] = caplog.messages
    assert message == (
        "The pages of '/openapi.json' cannot be shown, their files are missing. They come with the wheel of covetpy; "
        "in a checkout of its repository, make ui fetches them."
    )


@pytest.mark.parametrize("path", ["/docs/versions.json", "/docs/..%2Fplugin.py", "/docs/swagger-ui.LICENSE", "/docs/x"])
async def test_nothing_else_is_given_out(files: Path, path: str) -> None:
    """
    The files are routes of their own: there is no folder to leave.
    """
    (files / "versions.json").write_text("{}")
    async with TestClient(make_app(OpenAPIPlugin())) as client:
        assert (await client.get(path)).status_code == 404


async def test_middleware_is_around_its_routes() -> None:
    """
    They are routes like all others.
    """
    seen = []

    class Watch(Middleware):
        async def process_request(self, request: Request) -> None:
            seen.append(request.path)

    app = make_app(OpenAPIPlugin(), middleware=[Watch()])
    async with TestClient(app) as client:
        await client.get("/openapi.json")

    assert seen == ["/openapi.json"]


# ── What is wrong is said early ──────────────────────────────────────────────


def test_an_unknown_option_is_refused() -> None:
    """
    With the one that was meant, as soon as it is written.
    """
    with pytest.raises(UnknownOptionError) as caught:
        OpenAPIPlugin(titles="Shop")

    assert str(caught.value).startswith("OpenAPIPlugin() has no option 'titles'.\n  Did you mean 'title'?")


def test_a_config_and_options_exclude_each_other() -> None:
    """
    Nobody would know which counts.
    """
    with pytest.raises(ConfigurationError) as caught:
        OpenAPIPlugin(OpenAPIConfig(), title="Shop")

    assert str(caught.value) == (
        "OpenAPIPlugin has a config as a whole, and 'title' besides.\n  Say everything in one of the two."
    )


def test_a_name_is_that_of_a_plugin() -> None:
    """
    The error suggests one.
    """
    with pytest.raises(PluginDefinitionError) as caught:
        OpenAPIPlugin(name="Version 2")

    assert "'version_2'" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "openapi.json"}, "path must start with a slash, got 'openapi.json'.\n  Write '/openapi.json'."),
        (
            {"docs_path": "/redoc"},
            (
                "The document and its pages need paths of their own, got '/openapi.json', '/redoc', '/redoc'.\n"
                "  docs_path=None leaves a page out."
            ),
        ),
    ],
)
def test_wrong_paths_are_refused(options: dict[str, Any], message: str) -> None:
    """
    When the application is made.
    """
    with pytest.raises(ConfigurationError) as caught:
        make_app(OpenAPIPlugin(**options))

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/openapi.json", "OpenAPIPlugin: path=... puts the document elsewhere."),
        ("/docs", "OpenAPIPlugin: docs_path=... puts the page elsewhere, docs_path=None leaves it out."),
        ("/redoc/start.js", "OpenAPIPlugin: redoc_path=... puts the page elsewhere, redoc_path=None leaves it out."),
    ],
)
def test_a_path_that_is_taken_is_an_error(path: str, hint: str) -> None:
    """
    Whoever comes second is told who has it, and how it is put elsewhere.
    """
    app = make_app(OpenAPIPlugin())

    with pytest.raises(RouteConflictError) as caught:
        app.add_route(path, show)

    assert f"GET {path}" in str(caught.value)
    assert str(caught.value).endswith(f"\n  {hint}")


@pytest.mark.parametrize(
    ("servers", "shown"), [([5], "(5,)"), ([{"uri": "/"}], "({'uri': '/'},)"), (["/", None], "('/', None)")]
)
def test_what_is_no_server_is_refused(servers: list[Any], shown: str) -> None:
    """
    When the application is made, rather than by the document.
    """
    with pytest.raises(OpenAPIError) as caught:
        make_app(OpenAPIPlugin(servers=servers))

    assert str(caught.value) == (
        f"servers must be a list of addresses or of objects with a url, got {shown}.\n"
        "  Write ['https://api.example.org/v1']."
    )


async def test_what_is_no_webhook_is_refused() -> None:
    """
    The error names it.
    """
    with pytest.raises(OpenAPIError) as caught:
        await make_app(OpenAPIPlugin(webhooks={"paid": 5})).startup()  # type: ignore[dict-item]

    assert str(caught.value) == (
        "The webhook 'paid' must be a function, got 5.\n"
        "  Its parameters are what is sent, its result is what the receiver answers."
    )


async def test_a_wrong_declaration_keeps_the_application_from_starting() -> None:
    """
    The error names the route.
    """
    app = make_app(OpenAPIPlugin())

    @app.get("/a")
    @operation(operation_id="same")
    async def one() -> None: ...

    @app.get("/b")
    @operation(operation_id="same")
    async def two() -> None: ...

    with pytest.raises(OpenAPIError) as caught:
        await app.startup()

    assert str(caught.value).startswith("GET /b: Its operation_id 'same' is that of GET /a.")


def test_a_plugin_without_an_application_has_no_document() -> None:
    """
    The error says where it belongs.
    """
    with pytest.raises(ConfigurationError) as caught:
        OpenAPIPlugin().make_document()

    assert str(caught.value) == (
        "The plugin 'openapi' belongs to no application.\n  Give it to CovetPy(plugins=[...])."
    )


def test_the_document_is_plain_json() -> None:
    """
    What stands in it can be written by anything.
    """
    described = OpenAPIPlugin()
    app = make_app(described)
    app.add_route("/shown", show)

    document = described.make_document()

    assert json.loads(json.dumps(document)) == document
