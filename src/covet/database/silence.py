"""
A database that has stopped answering: one task at a time asks again, all others hear at once that nobody answers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

_PAUSE_SECONDS: Final = 0.1


class Silence:
    """
    Whether a database is silent, and whose turn it is to ask.

    Without it, each task would wait for as long as it may before it finds out for itself.

    Attributes:
        is_on: Whether the database is silent.

    Example:
        >>> silence = Silence()
        >>> silence.begin()
        >>> silence.may_ask()
        False
        >>> silence.end()
        >>> silence.is_on, silence.may_ask()
        (False, True)
    """

    __slots__ = ("_asked_at", "_is_asked", "is_on")

    def __init__(self) -> None:
        self.is_on = False
        self._is_asked = False
        self._asked_at = float("-inf")

    def begin(self) -> None:
        """Take note that nobody answered."""
        self.is_on = True
        self._asked_at = monotonic()

    def end(self) -> None:
        """Take note that somebody answered."""
        self.is_on = False

    def may_ask(self) -> bool:
        """Tell whether a task may try: one at a time does, and not again at once."""
        if not self.is_on:
            return True
        return not self._is_asked and monotonic() - self._asked_at >= _PAUSE_SECONDS

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Keep others from asking within the block, if the database is silent."""
        if not self.is_on:
            yield
            return
        self._is_asked = True
        try:
            yield
        finally:
            self._is_asked = False
            self._asked_at = monotonic()


__all__ = ["Silence"]
