"""
Tests of links in headers.
"""

from typing import Any

import pytest

from covet.exceptions import ResponseError
from covet.http.links import make_link


@pytest.mark.parametrize(
    ("arguments", "options", "link"),
    [
        (("/a?b=c&d=%20", "next"), {}, '</a?b=c&d=%20>; rel="next"'),
        (("https://a.example/", "next last"), {}, '<https://a.example/>; rel="next last"'),
        (("/a", "x"), {"title": 'say "tea" \\'}, '</a>; rel="x"; title="say \\"tea\\" \\\\"'),
        (("/a", "x"), {"type": "text/css"}, '</a>; rel="x"; type="text/css"'),
    ],
)
def test_link_is_written_as_the_rfc_says(arguments: tuple[str, str], options: dict[str, str], link: str) -> None:
    """Its parts are quoted where they have to be."""
    assert make_link(*arguments, **options) == link


@pytest.mark.parametrize(
    ("arguments", "options", "part"),
    [
        (("/a>; rel=evil", "x"), {}, "target"),
        (("/a b", "x"), {}, "target"),
        (("/ä", "x"), {}, "target"),
        (("", "x"), {}, "target"),
        (("/a", 'x"; y="'), {}, "rel"),
        (("/a", "x, </b>"), {}, "rel"),
        (("/a", ""), {}, "rel"),
        (("/a", "x"), {"title": "a\r\nb"}, "title"),
        (("/a", "x"), {"type": 'a"b'}, "type"),
        (("/a", "x"), {"type": 7}, "type"),
    ],
)
def test_part_that_would_end_another_is_refused(arguments: tuple[str, str], options: dict[str, Any], part: str) -> None:
    """Nothing that came from outside adds a link or a header."""
    with pytest.raises(ResponseError, match=f"The {part} of a link cannot be"):
        make_link(*arguments, **options)
