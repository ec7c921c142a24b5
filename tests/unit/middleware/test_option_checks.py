"""
What constructors of middleware refuse, as `covet.middleware.option_checks` says it.
"""

import math
from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.middleware.option_checks import OptionChecks

check = OptionChecks("Doorman")


def test_what_fits_is_given_back() -> None:
    """As it is; texts once each, in their order."""
    assert check.flag("open", False) is False
    assert check.count("guests", 7, minimum=1) == 7
    assert [check.seconds("wait", 0.5), check.seconds("wait", 0, may_be_zero=True)] == [0.5, 0]
    assert [check.texts("names", ["b", "a", "b"]), check.texts("names", None)] == [("b", "a"), ()]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("flag", 1, "Doorman: x is 1, expected True or False.\n  Leave it out for the default."),
        ("count", -1, "Doorman: x is -1, expected a whole number of at least 0.\n  Write x=1, for example."),
        ("count", True, "Doorman: x is True, expected a whole number of at least 0.\n  Write x=1, for example."),
        ("count", 2.0, "Doorman: x is 2.0, expected a whole number of at least 0.\n  Write x=1, for example."),
        ("seconds", 0, "Doorman: x is 0, expected a number of seconds, above 0.\n  Write x=60."),
        ("seconds", "1m", "Doorman: x is '1m', expected a number of seconds, above 0.\n  Write x=60."),
        ("seconds", True, "Doorman: x is True, expected a number of seconds, above 0.\n  Write x=60."),
        ("seconds", math.inf, "Doorman: x is inf, expected a number of seconds, above 0.\n  Write x=60."),
        ("seconds", math.nan, "Doorman: x is nan, expected a number of seconds, above 0.\n  Write x=60."),
        ("seconds", 10**12, "Doorman: x is 1000000000000, expected a number of seconds, above 0.\n  Write x=60."),
        ("texts", "a", "Doorman: x is the text 'a', expected a list.\n  Write x=['a']."),
        ("texts", 7, "Doorman: x is 7, expected a list.\n  Write x=[...] with texts."),
        ("texts", ["a", 7], "Doorman: x has 7, expected texts.\n  Write each one in quotes."),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, value: Any, text: str) -> None:
    """With the class, the option, what it is and what to write."""
    with pytest.raises(ConfigurationError) as caught:
        getattr(check, kind)("x", value)

    assert str(caught.value) == text
