"""
What a log may show of headers and bodies.
"""

from typing import Any

import pytest

from covet.middleware.logged_content import describe_body, mask_headers

MASK = "**********"


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-csrf-token", "x-session-id",
        "x-amz-security-token", "x-hub-signature", "mine",
    ],
)  # fmt: skip
def test_row_101_headers_that_are_secret_are_masked(name: str) -> None:
    """By what they are called; further names by choice."""
    assert mask_headers([(name, "enigma"), ("accept", "*/*")], {"mine"}) == {name: MASK, "accept": "*/*"}


def test_headers_of_one_name_stand_together() -> None:
    """Passwords within URLs are masked."""
    pairs = [("via", "a"), ("via", "b"), ("referer", "https://ada:enigma@example.com/?token=x&page=2")]

    assert mask_headers(pairs) == {"via": "a, b", "referer": f"https://ada:{MASK}@example.com/?token={MASK}&page=2"}


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (
            b'{"a": 1, "list": [{"api_key": "k"}]}',
            "application/json; charset=utf-8",
            {"a": 1, "list": [{"api_key": MASK}]},
        ),
        (b'{"Password": {"old": "a"}}', "application/problem+json", {"Password": MASK}),
        (
            b'{"session-id": "s", "mine": "m", "otp": 7}',
            "application/json",
            {"session-id": MASK, "mine": MASK, "otp": MASK},
        ),
        (b'{"url": "redis://:enigma@cache/0"}', "application/json", {"url": f"redis://:{MASK}@cache/0"}),
        (b"user=ada&passwd=enigma", "application/x-www-form-urlencoded", {"user": "ada", "passwd": MASK}),
        (b"hello", "text/plain", "hello"),
        (b"", "application/json", ""),
        (b"GIF89a", "image/gif", "6 bytes of image/gif"),
        (b"password=enigma", "", "15 bytes of no type"),
        (b"password=enigma", "nonsense", "15 bytes of no type"),
        (b'{"password": "enigma"', "application/json", "21 bytes of application/json"),
        (b'"password: enigma"', "multipart/form-data; boundary=b", "18 bytes of multipart/form-data"),
        (b"\xff\xfe", "text/plain", "2 bytes of text/plain"),
        (b"x" * 101, "text/plain", "101 bytes of text/plain"),
    ],
)
def test_bodies_are_shown_masked_or_named_by_their_size(body: bytes, content_type: str, shown: Any) -> None:
    """What cannot be read is not shown: nobody knows what it holds."""
    assert describe_body(body, content_type, 100, {"mine"}) == shown


def test_depth_is_limited() -> None:
    """However deep JSON nests."""
    assert str(describe_body(b"[" * 90 + b"]" * 90, "application/json", 1_000)).count("…") == 1
    assert describe_body(b"[" * 9_000, "application/json", 10_000) == "9000 bytes of application/json"
