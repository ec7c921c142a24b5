"""
What a client has already is not sent again.
"""

import pytest

from covet import Request
from covet.openapi.entities import Entity, has_tag

ENTITY = Entity(b"body", "text/css", {"x-own": "1"})
TAG = f'"{ENTITY.digest}"'


def test_the_bytes_come_with_their_tag() -> None:
    """
    And are asked for again each time, since they may change.
    """
    answer = ENTITY.answer(Request("GET", "/"))

    assert (answer.status_code, answer.body, answer.headers["etag"]) == (200, b"body", TAG)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["x-own"]) == ("no-cache", "1")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_address_with_the_digest_never_changes() -> None:
    """
    Browsers keep it for a year; another digest is no promise.
    """
    named = ENTITY.answer(Request("GET", f"/?v={ENTITY.digest}"))
    other = ENTITY.answer(Request("GET", "/?v=abc"))

    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert other.headers["cache-control"] == "no-cache"


def test_a_client_that_has_them_is_told_so() -> None:
    """
    304 has no body, and the tag.
    """
    answer = ENTITY.answer(Request("GET", "/", headers={"if-none-match": f'"x", W/{TAG}'}))

    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", TAG)


def test_other_bytes_have_another_tag() -> None:
    """
    The tag is made of the bytes.
    """
    assert Entity(b"other", "text/css").digest != ENTITY.digest


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, False),
        ("", False),
        ("*", True),
        (" * ", True),
        ('"a"', True),
        ('W/"a"', True),
        ('"b" , "a"', True),
        ("a", False),
        ('"b"', False),
        ('w/"a"', False),
    ],
)
def test_tags_are_compared_weakly(header: str | None, found: bool) -> None:
    """
    As RFC 9110 §13.1.2 wants it for this header.
    """
    assert has_tag(header, '"a"') is found
