"""`Link` and `Retry-After`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from covet import Response
from covet.exceptions import ResponseError
from covet.http.links import check_links, make_link, make_retry_after


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (make_link("/teas", rel="next prev"), '</teas>; rel="next prev"'),
        (make_link("/té a", rel="self"), '</t%C3%A9%20a>; rel="self"'),
        (make_link("/a>b", rel="self"), '</a%3Eb>; rel="self"'),
        (make_link("https://a.example/", rel="https://a.example/rel"), '<https://a.example/>; rel="https://a.example/rel"'),
        (make_link("data/1?x=a:b", rel="item"), '<data/1?x=a:b>; rel="item"'),
        (make_link("?page=2", rel="next"), '<?page=2>; rel="next"'),
        (make_link("/x", rel="item", hreflang="de", title="a; b"), '</x>; rel="item"; hreflang="de"; title="a; b"'),
        (make_link("/x", rel="next", title='Nächste "5"'), "</x>; rel=\"next\"; title*=UTF-8''N%C3%A4chste%20%225%22"),
    ],
)  # fmt: skip
def test_link_can_stand_in_a_header(link: str, expected: str) -> None:
    """Whatever its target is."""
    assert link == expected
    assert Response(headers={"link": link}).headers["link"] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(
            (
                {"target": target, "rel": "next"},
                f"A link cannot lead to {target!r}.\n  Write a path, or the URL of something that can be fetched.",
            )
            for target in ("", "javascript:alert(1)", "JavaScript:x", "data:text/html,x", "vbscript:x")
        ),
        ({"target": "/a\r\nb", "rel": "next"}, "The target of a link has a character that no URL can carry."),
        (
            {"target": "/a", "rel": 'next"; x="'},
            "'next\"; x=\"' is no relation of a link.\n  Write a name such as 'next', or a URI.",
        ),
        (
            {"target": "/a", "rel": "next", "title": 'a"b'},
            "title='a\"b' is no attribute of a link.\n  Values are visible characters without quotes.",
        ),
        (
            {"target": "/a", "rel": "next", "title": "\ud800"},
            "title='\\ud800' is no attribute of a link.\n  Values are visible characters without quotes.",
        ),
        (
            {"target": "/a", "rel": "next", "title": "\u202etea"},
            "title='\\u202etea' is no attribute of a link.\n  Values are visible characters without quotes.",
        ),
    ],
)
def test_what_could_break_out_is_refused(arguments: dict[str, str], message: str) -> None:
    """It is named."""
    with pytest.raises(ResponseError) as caught:
        make_link(**arguments)

    assert str(caught.value) == message


def test_links_are_returned_as_they_go() -> None:
    """Whatever gives them; one value may hold several."""
    several = '</a>; rel="next", </b>; rel="prev"'

    assert check_links(link for link in (" </a.css>; rel=preload ", several)) == ["</a.css>; rel=preload", several]
    assert check_links([]) == []


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ("</a>", "Links must be a list of values of Link, got str.\n  Write [link] for a single one."),
        (None, "Links must be a list of values of Link, got NoneType.\n  Write [link] for a single one."),
        ([7], "The value of header 'link' is int, expected str."),
        (
            ["</a>", "/site.css?key=secret"],
            (
                "Link 2 of 2 does not begin with its target in angle brackets.\n"
                "  Write make_link('/site.css', rel='preload', as_='style')."
            ),
        ),
        (
            ["</a>\r\nset-cookie: a=b"],
            (
                "The value of header 'link' has a character that no header can carry.\n"
                "  Control characters are refused; encode what is beyond ASCII (RFC 8187)."
            ),
        ),
        (
            ["</caf\xe9>"],
            (
                "The value of header 'link' has a character that no header can carry.\n"
                "  Control characters are refused; encode what is beyond ASCII (RFC 8187)."
            ),
        ),
    ],
)
def test_what_is_no_link_is_refused(links: object, message: str) -> None:
    """Its text is not repeated: a target may be signed."""
    with pytest.raises(ResponseError) as caught:
        check_links(links)  # type: ignore[arg-type]

    assert str(caught.value) == message


def test_retry_after_is_seconds_or_a_date() -> None:
    """Never too early."""
    assert make_retry_after(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert [make_retry_after(value) for value in (0, 1.2, timedelta(days=1))] == ["0", "2", "86400"]


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "30", None, True])
def test_time_that_is_none_is_refused(wrong: Any) -> None:
    """With its value."""
    with pytest.raises(ResponseError) as caught:
        make_retry_after(wrong)

    assert str(caught.value) == (
        f"Retry-After needs a number of seconds that is not negative, got {wrong!r}.\n"
        "  Write a number, a timedelta or an aware datetime."
    )
