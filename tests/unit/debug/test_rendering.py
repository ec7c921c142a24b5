"""
The form of a page: by the query, else by Accept.
"""

import json

import pytest

from covet.debug.page import Page, Table
from covet.debug.rendering import choose_format, list_formats, render, write_text
from covet.exceptions import BadRequestError, NotAcceptableError
from covet.http.request import Request
from covet.http.response import Response

PAGE = Page(
    "di",
    "Services",
    {"services": ["a"]},
    (Table("Services", ("Name",), (("a",),)), Table("Others", ("Name",), (), "None.")),
    drawing="a",
    sources={"text": "a tree", "mermaid": "flowchart LR"},
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def show(url: str = "/", accept: str | None = None, page: Page = PAGE) -> Response:
    """Render a page for a request."""
    headers = {} if accept is None else {"accept": accept}
    return render(Request(url=url, headers=headers), page, prefix="/_debug", links=[])


@pytest.mark.parametrize(
    ("url", "accept", "media_type"),
    [
        ("/", None, "application/json"),
        ("/", "*/*", "application/json"),
        ("/", BROWSER, "text/html; charset=utf-8"),
        ("/", "text/plain", "text/plain; charset=utf-8"),
        ("/", "text/vnd.mermaid", "text/vnd.mermaid; charset=utf-8"),
        ("/?format=mermaid", BROWSER, "text/vnd.mermaid; charset=utf-8"),
        ("/?format=json", BROWSER, "application/json"),
    ],
)
def test_form_is_chosen(url: str, accept: str | None, media_type: str) -> None:
    """The query wins; browsers get HTML, programs JSON."""
    response = show(url, accept)

    assert response.headers["content-type"] == media_type
    assert response.headers["vary"] == "Accept"


def test_forms_have_their_content() -> None:
    """Data, a drawing, a flowchart."""
    assert json.loads(show("/?format=json").body) == {"services": ["a"]}
    assert show("/?format=text").body == b"a tree\n"
    assert show("/?format=mermaid").body == b"flowchart LR\n"


def test_first_page_is_for_browsers() -> None:
    """Whoever asks for nothing gets the links."""
    assert list_formats(Page("", "Debug", {})) == ["html", "json", "text"]


def test_unknown_form_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(BadRequestError) as caught:
        choose_format(Request(url="/?format=jsn"), ["json", "html"])

    assert caught.value.detail == "There is no format of that name. Did you mean 'json'? Available: html, json."


def test_client_that_accepts_nothing_is_refused() -> None:
    """As every route does."""
    with pytest.raises(NotAcceptableError):
        choose_format(Request(headers={"accept": "image/png"}), ["json", "html"])


def test_pages_are_kept_by_nobody() -> None:
    """Neither stored, nor framed, nor loaded by other pages, nor taken for something else."""
    headers = show("/?format=json").headers

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_text_has_the_tables_and_the_drawing() -> None:
    """In the order of the page."""
    assert write_text(PAGE) == "Services\n\nNAME\na\n\nOthers\n\nNone.\n\na\n"
