"""
What a route allows its WebSockets is checked when it is declared, and looked up when one comes.
"""

import pytest

from covet import Request
from covet.exceptions import ConfigurationError, PermissionDeniedError
from covet.http.websocket_rules import MessageRate, WebSocketRules, make_rules


def is_allowed(origin: str | list[str], *, url: str = "ws://example.com/", allowed: list[str] | None = None) -> bool:
    """
    Ask whether a page of an origin may connect.
    """
    origins = [origin] if isinstance(origin, str) else origin
    request = Request(url=url, headers=[("origin", item) for item in origins])
    try:
        make_rules({"allowed_origins": allowed}).check_origin(request)
    except PermissionDeniedError:
        return False
    return True


@pytest.mark.parametrize(
    ("origin", "url", "expected"),
    [
        ("http://example.com", "ws://example.com/", True),
        ("https://example.com", "ws://example.com/", True),
        ("https://example.com", "wss://example.com/", True),
        ("http://example.com", "wss://example.com/", False),
        ("HTTPS://EXAMPLE.com", "ws://example.com/", True),
        ("http://example.com:8000", "ws://example.com:8000/", True),
        ("http://example.com:8001", "ws://example.com:8000/", False),
        ("http://example.com", "ws://example.com:8000/", False),
        ("https://example.com:443", "ws://example.com/", True),
        ("http://[::1]:8000", "ws://[::1]:8000/", True),
        ("null", "ws://example.com/", False),
        ("", "ws://example.com/", False),
        ("file://example.com", "ws://example.com/", False),
        ("example.com", "ws://example.com/", False),
        ("https://example.com.evil", "ws://example.com/", False),
        ("https://evil.example.com", "ws://example.com/", False),
        ("https://example.com/path", "ws://example.com/", False),
    ],
)
def test_row_069_only_the_own_origin_is_allowed(origin: str, url: str, expected: bool) -> None:
    """
    Host and port are compared whole, the scheme where it would be weaker.
    """
    assert is_allowed(origin, url=url) is expected


def test_row_069_two_origins_are_none() -> None:
    """
    Of two headers nobody knows which one the browser wrote.
    """
    assert not is_allowed(["http://example.com", "http://example.com"])


def test_row_069_listed_origins_are_compared_whole() -> None:
    """
    The own one is not among them unless it is listed; `*` allows all, `null` included.
    """
    listed = ["https://app.example.com"]

    assert is_allowed("https://app.example.com", allowed=listed)
    assert not is_allowed("http://example.com", allowed=listed)
    assert not is_allowed("https://app.example.com.evil", allowed=listed)
    assert not is_allowed("http://example.com", allowed=[])
    assert is_allowed("null", allowed=["*"])


def test_who_names_no_origin_is_no_browser() -> None:
    """
    It may connect, whatever is listed.
    """
    WebSocketRules().check_origin(Request(url="ws://example.com/"))
    make_rules({"allowed_origins": []}).check_origin(Request(url="ws://example.com/"))


def test_a_rate_allows_a_burst_and_recovers() -> None:
    """
    Two seconds' worth may come at once; afterwards so many per second.
    """
    rate = MessageRate(10)

    burst = [rate.takes(0.0) for _ in range(25)]

    assert burst == [True] * 20 + [False] * 5
    assert [rate.takes(0.5) for _ in range(6)] == [True] * 5 + [False]
    assert sum(rate.takes(1000.0) for _ in range(50)) == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"allowed_origins": "https://a.example"},
            "allowed_origins must be a list, got 'https://a.example'.\n  Write [",
        ),
        ({"allowed_origins": ["a.example"]}, "allowed_origins has 'a.example', which is no origin.\n  Write scheme"),
        ({"allowed_origins": ["https://a.example/"]}, "allowed_origins has 'https://a.example/', which is no origin."),
        ({"allowed_origins": [1]}, "allowed_origins has 1, which is no origin."),
        ({"subprotocols": ["a b"]}, "A subprotocol is a token such as 'chat.v2', got 'a b'."),
        ({"max_message_size": 0}, "max_message_size must be a number of bytes or None, got 0."),
        ({"max_message_size": True}, "max_message_size must be a number of bytes or None, got True."),
        ({"max_messages_per_second": 0}, "max_messages_per_second must be a number above 0 or None, got 0."),
        ({"max_messages_per_second": "1"}, "max_messages_per_second must be a number above 0 or None, got '1'."),
    ],
)
def test_wrong_rules_are_refused(options: dict[str, object], message: str) -> None:
    """
    Each error names the value.
    """
    with pytest.raises(ConfigurationError) as caught:
        make_rules(options)

    assert str(caught.value).startswith(message)
