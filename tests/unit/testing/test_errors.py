"""
The errors of the test client.
"""

import pytest

from covet.exceptions import CovetError
from covet.testing.errors import (
    ClientLeft,
    IncompleteResponseError,
    ProtocolViolation,
    RSGIProtocolClosed,
    RSGIProtocolError,
    StatusError,
)


def test_a_violation_is_a_failed_assertion() -> None:
    """
    Pytest shows it as a failure of the test; no handler of the framework's own errors takes it.
    """
    assert issubclass(ProtocolViolation, AssertionError)
    assert not issubclass(ProtocolViolation, CovetError)


def test_what_an_application_sees_of_a_client_that_left() -> None:
    """
    ASGI's `send` raises an OSError, RSGI's a RuntimeError, and neither is the other.
    """
    assert issubclass(ClientLeft, OSError)
    assert issubclass(IncompleteResponseError, OSError)
    assert not issubclass(RSGIProtocolClosed, OSError)


def test_a_status_error_shows_the_body() -> None:
    """
    The problem that the application described is in the text.
    """
    error = StatusError("GET / answered 422.", status_code=422, body='{"detail":"no"}')

    assert (str(error), error.status_code, error.body) == (
        'GET / answered 422.\n  {"detail":"no"}',
        422,
        '{"detail":"no"}',
    )


@pytest.mark.parametrize("ours", [RSGIProtocolClosed, RSGIProtocolError])
def test_granians_errors_are_told_apart_by_name(ours: type[RSGIProtocolClosed | RSGIProtocolError]) -> None:
    """
    Name and base are those of Granian's own errors.
    """
    native = pytest.importorskip("granian._granian", reason="Granian is what the stand-ins are compared with")

    theirs = getattr(native, ours.__name__)

    assert (ours.__name__, ours.__bases__) == (theirs.__name__, theirs.__bases__)
