"""Media types by the endings of names."""

import mimetypes

import pytest

from covet.http.file_types import guess_media_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("APP.JS", "text/javascript; charset=utf-8"),
        ("font.woff2", "font/woff2"),
        ("a.b.json", "application/json"),
        ("archive.tar.gz", "application/gzip"),
        ("README", "application/octet-stream"),
        ("a.", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("slides.ppt", "application/vnd.ms-powerpoint"),
    ],
)
def test_type_is_that_of_the_ending(name: str, expected: str) -> None:
    """In any case; what nobody knows is bytes."""
    assert guess_media_type(name) == expected


def test_machine_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody taught the standard library changes no answer."""
    mimetypes.init()
    monkeypatch.setitem(mimetypes.types_map, ".unheard-of", "text/html")

    assert guess_media_type("a.unheard-of") == "application/octet-stream"
