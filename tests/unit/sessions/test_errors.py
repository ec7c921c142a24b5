"""
Tests of what goes wrong with sessions.
"""

import pytest

from covet.exceptions import CovetError
from covet.sessions import errors


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (errors.SessionValueError, TypeError),
        (errors.SessionTooLargeError, ValueError),
        (errors.SessionStateError, RuntimeError),
        (errors.SessionStoreError, CovetError),
    ],
)
def test_each_is_an_error_of_sessions(cls: type[Exception], base: type[Exception]) -> None:
    """
    One `except` catches all of them, and Python's own kinds catch theirs.
    """
    assert issubclass(cls, errors.SessionError)
    assert issubclass(cls, base)


def test_errors_say_what_to_do() -> None:
    """
    They name the key and the sizes, and never a value.
    """
    assert str(errors.SessionValueError("cart", "has what JSON has no word for: set")) == (
        "session['cart'] has what JSON has no word for: set.\n"
        "  Keep texts, numbers, True, False, None, and lists and dictionaries of them; and of a user, the id."
    )
    error = errors.SessionTooLargeError(7, 5, hint="Do.")
    assert (str(error), error.size, error.limit) == ("A session has 7 bytes, more than 5.\n  Do.", 7, 5)
