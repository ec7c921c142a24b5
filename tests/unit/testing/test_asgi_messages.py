"""
Every message of an ASGI application has a type, and headers that are pairs of bytes.
"""

import pytest

from covet.testing.asgi_messages import check_headers, check_links, check_message
from covet.testing.errors import ProtocolViolation


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ([], r"A message must be a dict, got \[\]\."),
        ({}, "A message needs a type that is a str, got None"),
        ({"type": 1}, "got 1"),
    ],
)
def test_what_is_no_message_is_refused(message: object, text: str) -> None:
    """
    The error has what was sent.
    """
    with pytest.raises(ProtocolViolation, match=text):
        check_message(message)


@pytest.mark.parametrize("headers", [1, [1], [("a", "b")], [(b"A", b"b")], [(b"a",)]])
def test_what_are_no_headers_is_refused(headers: object) -> None:
    """
    A server takes bytes, and names in lower case.
    """
    with pytest.raises(ProtocolViolation):
        check_headers(headers)


@pytest.mark.parametrize(
    ("links", "text"),
    [
        (None, "The links of early hints must be an iterable of bytes, got None."),
        (b"</a>", "The links of early hints must be an iterable of bytes, got b'</a>'."),
        (["</a>"], "A link of early hints must be bytes, got '</a>'."),
        ([b"</a>\r\nx: y"], "The header b'link' has a control character in its value: b'</a>\\r\\nx: y'."),
    ],
)
def test_what_are_no_links_is_refused(links: object, text: str) -> None:
    """
    A server writes each into a header of its own.
    """
    with pytest.raises(ProtocolViolation) as caught:
        check_links(links)

    assert str(caught.value) == text
