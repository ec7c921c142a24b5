"""
HTML: everything is escaped, nothing comes from elsewhere, the policy fits the document.
"""

import re
from base64 import b64encode
from hashlib import sha256

from covet.debug.document import CONTENT_SECURITY_POLICY, write_document
from covet.debug.page import Page, Table

EVIL = "\"><script>alert(1)</script>'"
LINKS = [("routes", "Routes"), ("di", "Services")]


def write(page: Page, prefix: str = "/_debug") -> str:
    """Write a page with two others beside it."""
    return write_document(page, prefix=prefix, links=LINKS, formats=["json", "html", "text"])


def test_everything_is_escaped() -> None:
    """Whatever names, paths and errors contain stays text."""
    table = Table(EVIL, (EVIL,), ((EVIL,),))

    document = write(Page("routes", EVIL, {}, (table, Table(EVIL, (), (), empty=EVIL)), drawing=EVIL), prefix=EVIL)

    assert "<script" not in document
    assert EVIL not in document
    assert document.count("&lt;script&gt;") >= 7


def test_document_asks_for_nothing() -> None:
    """No script, no address of another place, no style but the one inside."""
    document = write(Page("routes", "Routes", {}, (Table("Routes", ("Path",), (("/",),)),)))

    assert not re.search(r"https?:|//|<script|<link|<img|style=|url\(|@import| on\w+=", document)


def test_policy_allows_the_style_and_nothing_else() -> None:
    """Its hash is that of the bytes between the tags."""
    style = re.search(r"<style>(.*?)</style>", write(Page("", "Debug", {})), re.DOTALL)

    assert style is not None
    assert f"style-src 'sha256-{b64encode(sha256(style[1].encode()).digest()).decode()}'" in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_pages_are_linked() -> None:
    """With the page that is shown marked, and its other forms."""
    document = write(Page("di", "Services", {}), prefix="/shop/_debug")

    assert '<a href="/shop/_debug/routes">Routes</a>' in document
    assert '<a href="/shop/_debug/di" aria-current="page">Services</a>' in document
    assert '<a href="/shop/_debug/di?format=text">text</a>' in document
    assert "format=html" not in document


def test_empty_tables_say_so() -> None:
    """Headings without rows would leave the reader wondering."""
    document = write(Page("di", "Services", {}, (Table("Services", ("Name",), (), "There are none."),)))

    assert "There are none." in document
    assert "<table" not in document
