"""
Tests of pages out of templates, over both protocols.
"""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError, NotFoundError
from covet.options import UnknownOptionError
from covet.templating import TemplateError, Templates, TemplateSyntaxError
from covet.testing import TestClient
from covet.threads import run_in_thread
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

EVIL = '<script>alert("x")</script>'
ESCAPED = "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;"


@pytest.fixture
def templates(directory: Path) -> Templates:
    """Make the templates."""
    return Templates(directory)


def make_app(templates: Templates, name: str, context: dict[str, Any] | None = None, **options: Any) -> CovetPy:
    """Make an application with one page."""
    app = CovetPy()

    @app.get("/")
    async def index(request: Request) -> Response:
        return await templates.render(request, name, context, **options)

    @app.get("/items/{number}")
    async def show_item(number: int) -> int:
        return number

    return app


@on_both_protocols
@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        ({}, 200, "<title>Shop</title><ul><li>tea</li><li>&lt;b&gt;</li></ul>"),
        ({"block": "rows"}, 200, "<li>tea</li><li>&lt;b&gt;</li>"),
        ({"status_code": 422, "headers": {"x-name": "value"}, "block": "rows"}, 422, "<li>tea</li><li>&lt;b&gt;</li>"),
    ],
)
async def test_page_is_rendered_whole_or_in_part(
    protocol: WireProtocol, templates: Templates, options: dict[str, Any], status: int, text: str
) -> None:
    """A fragment is what a page replaces without loading itself anew."""
    app = make_app(templates, "items.html", {"items": ["tea", "<b>"]}, **options)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert (response.status_code, response.text) == (status, text)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers.get("x-name") == options.get("headers", {}).get("x-name")


@pytest.mark.row(99)
@on_both_protocols
@pytest.mark.parametrize(
    ("name", "media_type"), [("page.html", "text/html; charset=utf-8"), ("feed.xml", "application/xml")]
)
async def test_row_099_what_comes_from_outside_is_escaped(
    protocol: WireProtocol, templates: Templates, name: str, media_type: str
) -> None:
    """A script of a client's is text, and so is a template of theirs."""
    app = CovetPy()

    @app.get("/")
    async def index(request: Request, text: str) -> Response:
        return await templates.render(request, name, {"text": text})

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/", params={"text": EVIL})
        template = await client.get("/", params={"text": "{{7*7}}"})

    assert ESCAPED in response.text
    assert EVIL not in response.text
    assert "{{7*7}}" in template.text
    assert response.headers["content-type"] == media_type


@pytest.mark.row(99)
@on_both_protocols
async def test_row_099_errors_do_not_show_what_came_as_html(protocol: WireProtocol, templates: Templates) -> None:
    """Neither a path that is not there nor a value that is wrong comes back raw."""
    app = make_app(templates, "page.html")

    async with TestClient(app, protocol=protocol) as client:
        missing = await client.get(f"/{EVIL}")
        wrong = await client.get(f"/items/{EVIL}")

    assert_problem(missing, 404, echo="script")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert "<script>" not in wrong.text


async def test_plain_text_is_not_escaped(templates: Templates) -> None:
    """By its name, and without a request."""
    assert await templates.render_text("mail.txt.j2", {"name": "A & B"}) == "Dear A & B"


async def test_plain_text_is_answered_as_such(templates: Templates) -> None:
    """The media type follows from the name, unless one is given."""
    text = await templates.render(Request(), "mail.txt.j2", {"name": "A"})
    other = await templates.render(Request(), "mail.txt.j2", {"name": "A"}, media_type="text/markdown")

    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert other.headers["content-type"] == "text/markdown; charset=utf-8"


@on_both_protocols
async def test_templates_know_the_request_and_write_its_paths(protocol: WireProtocol, templates: Templates) -> None:
    """A mounted application's paths begin with its prefix."""
    inner = make_app(templates, "link.html")
    outer = CovetPy()
    outer.mount("/shop", inner)

    async with TestClient(inner, protocol=protocol) as client:
        alone = await client.get("/")
    async with TestClient(outer, protocol=protocol) as client:
        mounted = await client.get("/shop/")

    assert (alone.text, mounted.text) == ("/items/7 /", "/shop/items/7 /")


async def test_context_processors_give_every_page_something(directory: Path) -> None:
    """Plain ones and coroutine functions; what a handler says itself wins."""
    templates = Templates(directory, context_processors=[lambda request: {"text": "t", "extra": request.method}])

    @templates.add_context_processor
    async def add(request: Request) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"extra": "!"}

    both = await templates.render_text("page.html", request=Request())
    own = await templates.render_text("page.html", {"text": "own"}, request=Request())

    assert (both, own) == ("t!", "own!")


async def test_filters_and_globals_are_known_to_all(directory: Path) -> None:
    """They are given once."""
    (directory / "own.html").write_text("{{ name|shout }}")
    templates = Templates(directory, filters={"shout": str.upper}, globals={"name": "tea"})

    assert await templates.render_text("own.html") == "TEA"


async def test_coroutines_are_awaited_in_templates(directory: Path) -> None:
    """A template may call what has to be awaited."""

    async def fetch() -> str:
        await asyncio.sleep(0)
        return "fetched"

    (directory / "own.html").write_text("{{ fetch() }}")

    assert await Templates(directory).render_text("own.html", {"fetch": fetch}) == "fetched"


async def test_name_that_is_unknown_is_nothing_or_an_error(directory: Path) -> None:
    """As the option says."""
    assert await Templates(directory).render_text("quiet.html") == "[]"
    with pytest.raises(TemplateError) as caught:
        await Templates(directory, strict=True).render_text("quiet.html")
    assert str(caught.value) == f"{directory}/quiet.html, line 1: 'nothing' is undefined."


@on_both_protocols
@pytest.mark.parametrize("is_debug", [False, True])
async def test_error_in_a_template_names_its_line_in_the_log_alone(
    protocol: WireProtocol, templates: Templates, is_debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A client learns nothing of it, but for a developer's browser in debug."""
    app = make_app(templates, "undefined.html")
    app.debug = is_debug

    async with TestClient(app, base_url="http://localhost", protocol=protocol, raise_app_exceptions=False) as client:
        response = await client.get("/", headers={"accept": "text/html"})

    assert response.status_code == 500
    assert ("undefined.html, line 2: 'user' is undefined." in response.text) is is_debug
    assert ("templates" in response.text) is is_debug
    with caplog.at_level(logging.ERROR):
        assert "undefined.html, line 2: 'user' is undefined." in caplog.text


async def test_error_of_a_function_that_is_called_stays_what_it_is(templates: Templates, directory: Path) -> None:
    """A 404 stays one; a note says which line asked for it."""

    def fail() -> None:
        raise NotFoundError("There is no such item.")

    with pytest.raises(NotFoundError) as caught:
        await templates.render_text("calls.html", {"fail": fail})

    assert caught.value.__notes__ == [f"While {directory}/calls.html, line 2, was rendered."]


@pytest.mark.parametrize("name", ["../secret.html", "/etc/passwd", "broken/../items.html", "image.png", ".hidden.html"])
async def test_name_that_leads_elsewhere_is_no_template(templates: Templates, name: str) -> None:
    """Only what was found in the directory has a name."""
    with pytest.raises(TemplateError, match="There is no template"):
        await templates.render_text(name)


async def test_template_that_is_misspelled_is_suggested(templates: Templates) -> None:
    """The error says which one was probably meant."""
    with pytest.raises(TemplateError) as caught:
        await templates.render_text("item.html")

    assert str(caught.value).startswith("There is no template 'item.html'.\n  Did you mean 'items.html'?")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "s.js",
            "There is no template 's.js': a file that ends with .js is none.\n  Call it 's.js.j2', or use one of .htm,",
        ),
        ("LICENSE", "There is no template 'LICENSE': a file without an ending is none.\n  Call it 'LICENSE.j2', or"),
    ],
)
async def test_file_that_is_no_template_says_so(templates: Templates, directory: Path, name: str, message: str) -> None:
    """It may well be there."""
    (directory / name).write_text("x")

    with pytest.raises(TemplateError) as caught:
        await templates.render_text(name)

    assert str(caught.value).startswith(message)


async def test_template_that_includes_what_is_not_there_says_so(templates: Templates, directory: Path) -> None:
    """With its own file and line."""
    with pytest.raises(TemplateError) as caught:
        await templates.render_text("broken/includes.html")

    assert str(caught.value) == f"{directory}/broken/includes.html, line 1: missing.html."


async def test_block_that_is_not_there_is_an_error(templates: Templates, directory: Path) -> None:
    """It names those that are."""
    with pytest.raises(TemplateError) as caught:
        await templates.render_text("items.html", block="row")

    assert str(caught.value) == (
        f"{directory}/items.html: The template 'items.html' has no block 'row'.\n  Its blocks are: main, rows."
    )


async def test_error_in_a_block_names_its_line(directory: Path) -> None:
    """As in a whole page."""
    (directory / "own.html").write_text("one\n{% block a %}\n{{ user.name }}{% endblock %}")

    with pytest.raises(TemplateError, match=r"own\.html, line 3: 'user' is undefined\."):
        await Templates(directory).render_text("own.html", block="a")


@pytest.mark.parametrize(("reload", "after"), [(True, "new"), (False, "old"), (None, "old")])
async def test_changed_files_are_read_again_if_asked_for(directory: Path, reload: bool | None, after: str) -> None:
    """Without it nothing looks at the disk any more."""
    path = directory / "own.html"
    path.write_text("old")
    templates = Templates(directory, reload=reload)
    before = await templates.render_text("own.html")
    path.write_text("new, longer")

    again = await templates.render_text("own.html")

    assert before == "old"
    assert again.startswith(after)


async def test_changed_files_are_read_again_in_debug(directory: Path) -> None:
    """A developer sees the page as it is now, what it includes too."""
    app = make_app(Templates(directory), "items.html", {"items": []})
    app.debug = True

    async with TestClient(app) as client:
        before = await client.get("/")
        (directory / "base.html").write_text("changed {% block main %}{% endblock %}")
        after = await client.get("/")

    assert before.text == "<title>Shop</title><ul></ul>"
    assert after.text == "changed <ul></ul>"


def test_check_finds_everything_that_is_wrong(directory: Path) -> None:
    """Each error names its file and line."""
    (directory / "bad.html").write_text("one\n{% if %}")
    (directory / "worse.html").write_text("{{ name|nothing }}")

    with pytest.raises(ExceptionGroup) as caught:
        Templates(directory).check()

    texts = [str(error) for error in caught.value.exceptions]
    assert texts == [
        f"{directory}/bad.html, line 2: Expected an expression, got 'end of statement block'.",
        f"{directory}/worse.html, line 1: No filter named 'nothing'.",
    ]


async def test_check_finds_what_a_page_has_skipped(directory: Path) -> None:
    """Checking again finds it again; the page itself raises the same error."""
    (directory / "bad.html").write_text("{% if %}")
    templates = Templates(directory)

    await templates.render_text("quiet.html")

    with pytest.raises(TemplateSyntaxError):
        await run_in_thread(templates.check)
    with pytest.raises(TemplateSyntaxError, match=r"bad\.html, line 1"):
        await templates.render_text("bad.html")


def test_names_are_those_of_all_directories(directory: Path, tmp_path: Path) -> None:
    """Of two templates with the same name the first directory's counts."""
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "items.html").write_text("theme")
    (theme / "own.html").write_text("own")
    templates = Templates([theme, directory])

    templates.check()

    assert {"own.html", "items.html", "broken/includes.html"} < set(templates.names)
    assert asyncio.run(templates.render_text("items.html")) == "theme"


@pytest.mark.parametrize(
    ("given", "message"), [("no/such/place", "There is no directory 'no/such/place'"), ([], "Templates need a dir")]
)
def test_directory_that_is_not_there_is_refused(given: Any, message: str) -> None:
    """Before the first page."""
    with pytest.raises(ConfigurationError, match=message):
        Templates(given).check()


def test_unknown_option_is_refused(directory: Path) -> None:
    """With a suggestion."""
    with pytest.raises(UnknownOptionError, match="strict"):
        Templates(directory, strikt=True)  # type: ignore[call-arg]


async def test_many_pages_at_once_have_their_own_context(templates: Templates) -> None:
    """No page shows what belongs to another."""
    names = [str(number) for number in range(200)]

    pages = await asyncio.gather(
        *(templates.render_text("page.html", {"text": name}, request=Request()) for name in names)
    )

    assert pages == names
