"""
Limits, and what is none.
"""

from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.rate_limiting.limit import RateLimit


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"calls": 0}, "A rate limit's calls is 0, expected a whole number of at least 1.\n  Write calls=100."),
        ({"calls": 1.5}, "A rate limit's calls is 1.5, expected a whole number of at least 1."),
        ({"calls": True}, "A rate limit's calls is True, expected a whole number"),
        ({"period": 0}, "A rate limit's period is 0, expected a number of seconds from 0.01 to a hundred years."),
        ({"period": float("nan")}, "A rate limit's period is nan, expected a number of seconds"),
        ({"period": "60"}, "A rate limit's period is '60', expected a number of seconds"),
        ({"period": True}, "A rate limit's period is True, expected a number of seconds"),
        ({"period": 1e12}, "A rate limit's period is 1000000000000.0, expected a number of seconds"),
        ({"algorithm": "token_buket"}, "'token_buket', which is none.\n  Did you mean 'token_bucket'?"),
        ({"burst": 5}, "burst has no meaning for algorithm='sliding_window': nothing is saved up."),
        ({"burst": 0, "algorithm": "token_bucket"}, "A rate limit's burst is 0, expected a whole number"),
        ({"calls": 10**12}, "A rate limit of 1000000000000 calls in 60 s cannot be counted exactly."),
    ],
)
def test_what_is_no_limit_is_refused(options: dict[str, Any], message: str) -> None:
    """The error says what was expected."""
    with pytest.raises(ConfigurationError) as caught:
        RateLimit(**{"calls": 100, "period": 60, **options})

    assert message in str(caught.value)


def test_a_limit_knows_its_numbers() -> None:
    """In milliseconds, and what can be saved up."""
    limit = RateLimit(5, 0.5, algorithm="token_bucket", burst=20)

    assert (limit.capacity, limit.period_ms, limit.step_ms, limit.kind) == (20, 500, 9, "t500")
    assert limit == RateLimit(5, 0.5, algorithm="token_bucket", burst=20)
    assert repr(limit) == "RateLimit(calls=5, period=0.5, algorithm='token_bucket', burst=20)"
