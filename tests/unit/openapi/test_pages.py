"""
Pages: HTML without a script or a style in it, links that are right below any prefix, and a strict policy.
"""

import re

import pytest

from covet.openapi.pages import START_SCRIPTS, make_headers, make_relative, write_missing_page, write_page
from covet.openapi.ui_files import REDOC, SWAGGER, UI, UIS

HOSTILE = '<script>alert(1)</script> & "co"'


def make_page(ui: UI = SWAGGER) -> str:
    """
    Write a page whose title means harm.
    """
    names = [*ui.files, "start.css", "start.js"]
    files = {name: f"/docs/{name}?v=1" for name in names}
    return write_page(ui, title=HOSTILE, page="/docs", document="/openapi.json", files=files)


@pytest.mark.parametrize("ui", UIS.values(), ids=UIS)
def test_a_page_has_nothing_inline(ui: UI) -> None:
    """
    Every script is a file, no element has a style or a handler.
    """
    page = make_page(ui)

    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert re.findall(r"<style|style=| on\w+=|javascript:", page) == []


@pytest.mark.parametrize("ui", UIS.values(), ids=UIS)
def test_a_page_asks_nobody_else(ui: UI) -> None:
    """
    Every address is relative.
    """
    addresses = re.findall(r'(?:src|href|data-document)="([^"]*)"', make_page(ui))

    assert addresses
    assert all(address == "data:," or not re.match(r"[a-z]+:|/", address) for address in addresses)


def test_a_title_is_text() -> None:
    """
    Whatever it contains.
    """
    for page in (make_page(), write_missing_page(SWAGGER, title=HOSTILE, page="/docs", document="/openapi.json")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;" in page


def test_a_page_without_its_files_says_how_to_get_them() -> None:
    """
    And leads to the document, which is there without them.
    """
    page = write_missing_page(SWAGGER, title="T", page="/docs", document="/api/openapi.json")

    assert "The files of Swagger UI are not there." in page
    assert "<code>make ui</code>" in page
    assert '<a href="api/openapi.json">' in page


@pytest.mark.parametrize(
    ("path", "page", "relative"),
    [
        ("/openapi.json", "/docs", "openapi.json"),
        ("/docs/a.js?v=1", "/docs", "docs/a.js?v=1"),
        ("/openapi.json", "/a/b/docs", "../../openapi.json"),
        ("/a/openapi.json", "/a/docs", "openapi.json"),
        ("/a.js", "/", "a.js"),
        ("/docs/a.js?v=/x", "/docs", "docs/a.js?v=/x"),
        ("/a/b/c.js", "/a/b/c", "c.js"),
    ],
)
def test_links_are_relative(path: str, page: str, relative: str) -> None:
    """
    So they hold below any mount point and behind any proxy.
    """
    assert make_relative(path, page) == relative


def read_policy(headers: dict[str, str]) -> dict[str, str]:
    """
    Read a Content-Security-Policy.
    """
    return {
        name: value
        for name, _, value in (part.partition(" ") for part in headers["content-security-policy"].split("; "))
    }


@pytest.mark.parametrize("ui", UIS.values(), ids=UIS)
def test_the_policy_allows_what_is_needed(ui: UI) -> None:
    """
    Everything else is forbidden, being put into a frame too.
    """
    headers = make_headers(ui)
    policy = read_policy(headers)

    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'none'",) * 3
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["referrer-policy"]) == ("DENY", "no-referrer")


def test_servers_elsewhere_may_be_called() -> None:
    """
    By their origins; what is no address is left out.
    """
    servers: list[str | dict[str, object]] = [
        "https://b.example/v1",
        {"url": "http://a.example:8000"},
        "/",
        {},
        "http://[",
        "ftp://c.example",
    ]

    assert read_policy(make_headers(REDOC, servers))["connect-src"] == (
        "'self' http://a.example:8000 https://b.example"
    )


def test_start_scripts_read_the_address_from_the_page() -> None:
    """
    Nothing is written into them, so that their bytes never change.
    """
    assert set(START_SCRIPTS) == set(UIS)
    assert all("root.dataset.document" in script for script in START_SCRIPTS.values())
