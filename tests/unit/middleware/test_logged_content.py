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

    assert mask_headers(pairs) == {"via": "a, b", "referer": f"https://ada:{MASK}@example.com/?{MASK}"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("referer", "https://example.com/cb?code=enigma&state=enigma", f"https://example.com/cb?{MASK}"),
        ("referer", "https://example.com/cb", "https://example.com/cb"),
        ("location", "/cb?code=enigma", f"/cb?{MASK}"),
        ("location", "cb?code=enigma", f"cb?{MASK}"),
        ("location", "https://example.com/#access_token=enigma", f"https://example.com/?{MASK}"),
        ("link", "</next?cursor=enigma>; rel=next", f"</next?{MASK}>; rel=next"),
        ("x-original-url", "/cb?code=enigma", f"/cb?{MASK}"),
        ("x-note", "see https://example.com/?a=enigma, then?", f"see https://example.com/?{MASK} then?"),
        ("accept", "*/*;q=0.8", "*/*;q=0.8"),
    ],
)
def test_queries_of_urls_are_never_shown(name: str, value: str, shown: str) -> None:
    """As that of the request itself is not."""
    assert mask_headers([(name, value)]) == {name: shown}


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
        (b'{"next": "/cb?code=enigma", "ok": "why?"}', "application/json", {"next": f"/cb?{MASK}", "ok": "why?"}),
        (b"next=%2Fcb%3Fcode%3Denigma", "application/x-www-form-urlencoded", {"next": f"/cb?{MASK}"}),
        (b"go to https://a.com/?code=enigma", "text/plain", f"go to https://a.com/?{MASK}"),
        (
            b'{"mfa_code": "1", "auth": "2", "pwd": "3"}',
            "application/json",
            dict.fromkeys(["mfa_code", "auth", "pwd"], MASK),
        ),
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
