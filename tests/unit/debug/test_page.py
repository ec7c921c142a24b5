"""
The form of the pages.
"""

from dataclasses import FrozenInstanceError

import pytest

from covet.debug.page import Page, Table


def test_page_has_no_tables_unless_told() -> None:
    """A page is made of its data; everything else may be left out."""
    page = Page("routes", "Routes", {"routes": []})

    assert (page.tables, page.drawing, page.sources) == ((), "", {})


def test_pages_do_not_change() -> None:
    """What was concealed is another page."""
    page = Page("routes", "Routes", {}, (Table("Routes", ("Path",), ()),))

    with pytest.raises(FrozenInstanceError):
        page.title = "Other"  # type: ignore[misc]
