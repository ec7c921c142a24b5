"""
Tests of `covet.database.start`.
"""

import pytest

from covet.database import DatabaseAccessError, DatabaseUnavailableError
from covet.database.start import connect_patiently


async def test_who_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    """With a line in the log each time, until somebody does."""
    attempts: list[int] = []

    async def connect() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise DatabaseUnavailableError("Nobody is there.")

    await connect_patiently("tea", connect, seconds=5)

    assert len(attempts) == 3
    assert "The database 'tea' does not answer yet; it is tried again in 0.1 s: Nobody is there." in caplog.text


@pytest.mark.parametrize(("error", "expected"), [(DatabaseUnavailableError, 2), (DatabaseAccessError, 1)])
async def test_what_waiting_does_not_mend_is_not_waited_for(error: type[Exception], expected: int) -> None:
    """A wrong password is an error at once."""
    attempts: list[int] = []

    async def connect() -> None:
        attempts.append(1)
        raise error("No.")

    with pytest.raises(error):
        await connect_patiently("tea", connect, seconds=0.15)

    assert len(attempts) == expected
