"""
The pages in a real browser: loaded from a real server and clicked through, an empty console, nobody else asked.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from covet.openapi.ui_files import list_missing
from tests.e2e.browser import CHROMIUM
from tests.e2e.devtools import Page, open_browser
from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
    pytest.mark.skipif(bool(list_missing()), reason="the files of Swagger UI and Redoc are not there: run make ui"),
    pytest.mark.timeout(180),
]

CREATE = "#operations-default-create_todo"
FRAME = "#operations-default-add_frame"
SHOW = "#operations-default-show_todo"


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The example application, as `make run` serves it and over ASGI."""
    directory = tmp_path_factory.mktemp("todo")
    env = {"PYTHONPATH": str(ROOT)}
    with serve("examples.todo.app:app", interface=request.param, directory=directory, env=env) as server:
        yield server


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of a browser."""
    with open_browser(tmp_path / "profile") as page:
        yield page


def check_manners(page: Page, server: ServerProcess) -> None:
    """
    Make sure that the console is empty, and that nobody but the server was asked for anything.
    """
    origins = {urlsplit(url).netloc for url in page.requests if urlsplit(url).scheme in {"http", "https"}}

    assert page.complaints == []
    assert origins == {urlsplit(server.url).netloc}


def test_swagger_ui_executes_an_operation(page: Page, server: ServerProcess, tmp_path: Path) -> None:
    """
    Load the page, expand an operation, try it, and see the answer of the application.
    """
    page.go(f"{server.url}/docs")
    title = page.read(".info .title")
    page.click(f"{CREATE} .opblock-summary-control")
    page.click(f"{CREATE} .try-out__btn")
    page.click(f"{CREATE} .execute")

    status = page.read(f"{CREATE} .live-responses-table tbody .response-col_status")
    body = page.read(f"{CREATE} .live-responses-table .highlight-code")
    picture = tmp_path / "docs.png"
    page.take_picture(picture)

    assert title.startswith("Todos")
    assert status.strip() == "201"
    assert f'"url": "{server.url}/todos/' in body
    assert picture.stat().st_size > 10_000
    check_manners(page, server)


def test_swagger_ui_shows_what_goes_wrong(page: Page, server: ServerProcess) -> None:
    """
    The answer to a number that there is no todo of is a problem, and stands there as one.
    """
    page.go(f"{server.url}/docs")
    page.click(f"{SHOW} .opblock-summary-control")
    page.click(f"{SHOW} .try-out__btn")
    page.wait_for(f"!!document.querySelector('{SHOW} input')")
    page.evaluate(
        f"""(() => {{
            const input = document.querySelector('{SHOW} input');
            Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, '999999');
            input.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()"""
    )
    # What was typed arrives a little later, and is required before anything is sent.
    page.wait_for(
        f"(document.querySelector('{SHOW} .execute').click(), !!document.querySelector('{SHOW} .live-responses-table'))"
    )

    status = page.read(f"{SHOW} .live-responses-table tbody .response-col_status")
    body = page.read(f"{SHOW} .live-responses-table .highlight-code")

    assert status.split()[0] == "404"
    assert '"detail": "There is no todo 999999."' in body
    # The browser itself notes a failed request; nothing else is there.
    page.complaints[:] = [text for text in page.complaints if "404 (Not Found)" not in text]
    check_manners(page, server)


def test_swagger_ui_sends_forms_in_forms(page: Page) -> None:
    """
    What the document says of them is enough: names in brackets, which the application reads.
    """
    with serve("tests.integration.described_gallery:app", directory=ROOT) as server:
        page.go(f"{server.url}/docs")
        page.click(f"{FRAME} .opblock-summary-control")
        page.click(f"{FRAME} .try-out__btn")
        page.click(f"{FRAME} .execute")

        sent = page.read(f"{FRAME} .curl-command .curl")
        status = page.read(f"{FRAME} .live-responses-table tbody .response-col_status")
        body = page.read(f"{FRAME} .live-responses-table .highlight-code")
        check_manners(page, server)

    assert "size%5Bwidth%5D=0&size%5Bheight%5D=1" in sent
    assert status.strip() == "201"
    assert '"size": [' in body


def test_redoc_shows_and_finds_operations(page: Page, server: ServerProcess) -> None:
    """
    Load the page, see every operation, search for one.
    """
    page.go(f"{server.url}/redoc")
    page.wait_for("document.body.innerText.includes('Change todo') && !!document.querySelector('input')")
    page.evaluate(
        """(() => {
            const input = document.querySelector('input');
            Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, 'change');
            input.dispatchEvent(new Event('input', {bubbles: true}));
        })()"""
    )
    found = page.read("[data-role='search:results']")

    assert "Change todo" in found
    assert "List todos" not in found
    check_manners(page, server)
