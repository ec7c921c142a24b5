"""
The limits of forms: numbers, and nothing else.
"""

from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.http.form_limits import DEFAULT_FORM_LIMITS, FormLimits


def test_defaults_are_those_that_are_documented() -> None:
    """The defaults are those of the security notes."""
    limits = DEFAULT_FORM_LIMITS

    assert (limits.max_fields, limits.max_field_size, limits.max_files) == (1000, 1024 * 1024, 100)
    assert (limits.max_part_headers, limits.max_part_header_size, limits.max_file_size) == (16, 8192, None)


@pytest.mark.parametrize("name", ["max_fields", "max_field_size", "max_files", "memory", "max_part_headers"])
@pytest.mark.parametrize("value", [-1, 1.5, True, None, "1"])
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    """A limit is a whole number of at least 0."""
    with pytest.raises(ConfigurationError) as refused:
        FormLimits(**{name: value})

    assert refused.value.message == f"{name} must be a number of at least 0, got {value!r}."


def test_a_file_may_be_as_large_as_the_body() -> None:
    """One limit may be none, and the message of a wrong one says so."""
    with pytest.raises(ConfigurationError, match=r"^max_file_size must be a number of at least 0 or None, got 'big'\."):
        FormLimits(max_file_size="big")  # type: ignore[arg-type]

    assert FormLimits(max_file_size=None) == FormLimits()


def test_an_unknown_limit_is_refused_with_a_suggestion() -> None:
    """A slip in a name is named."""
    with pytest.raises(ConfigurationError, match="max_files"):
        FormLimits(max_file=3)  # type: ignore[call-arg]
