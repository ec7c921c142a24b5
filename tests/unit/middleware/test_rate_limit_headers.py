"""
What a response says of a rate limit.
"""

import pytest

from covet import Response
from covet.middleware.rate_limit_headers import HeaderStyle, RateLimitHeaders
from covet.rate_limiting import Decision, RateLimit

CLASSIC = {"ratelimit-limit": "100", "ratelimit-remaining": "7", "ratelimit-reset": "31"}
DRAFT = {"ratelimit-policy": '"default";q=100;w=60', "ratelimit": '"default";r=7;t=31'}


@pytest.mark.parametrize(
    ("style", "expected"), [("draft", DRAFT), ("classic", CLASSIC), ("both", DRAFT | CLASSIC), ("none", {})]
)
def test_each_style_has_its_headers(style: HeaderStyle, expected: dict[str, str]) -> None:
    """Seconds are whole ones, rounded up."""
    response = Response()

    RateLimitHeaders("default", RateLimit(100, 60), style).write(response.headers, Decision(True, 100, 7, 30.2, 0.0))

    assert {name: value for name, value in response.headers.items() if name.startswith("ratelimit")} == expected


def test_a_bucket_is_told_by_what_it_saves_up() -> None:
    """In the time that it takes to fill, which is the same rate."""
    response = Response()
    limit = RateLimit(10, 60, algorithm="token_bucket", burst=25)

    RateLimitHeaders("b", limit, "draft").write(response.headers, Decision(True, 25, 24, 6.0, 0.0))

    assert response.headers["ratelimit-policy"] == '"b";q=25;w=150'


def test_a_short_period_is_a_second() -> None:
    """The field has whole ones."""
    response = Response()

    RateLimitHeaders("b", RateLimit(1, 0.1), "draft").write(response.headers, Decision(True, 1, 0, 0.1, 0.0))

    assert (response.headers["ratelimit-policy"], response.headers["ratelimit"]) == ('"b";q=1;w=1', '"b";r=0;t=1')


@pytest.mark.parametrize(("inner", "shown"), [(3, "3"), (50, "7")])
def test_of_several_limits_the_tightest_is_shown(inner: int, shown: str) -> None:
    """The classic headers have one value; those of the draft list all."""
    response = Response()
    for name, remaining in (("inner", inner), ("outer", 7)):
        RateLimitHeaders(name, RateLimit(100, 60), "both").write(
            response.headers, Decision(True, 100, remaining, 10.0, 0.0)
        )

    assert response.headers["ratelimit-remaining"] == shown
    assert response.headers.get_list("ratelimit") == [f'"inner";r={inner};t=10', '"outer";r=7;t=10']
