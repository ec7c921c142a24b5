"""
What goes wrong with sessions. No text here holds a session's id, its cookie or what is kept in it.

::

    CovetError
    └── SessionError
        ├── SessionValueError         a key is no text, or JSON has no word for a value (also TypeError)
        ├── SessionTooLargeError      there is more in it than is allowed (also ValueError)
        ├── SessionStateError         it is changed after it was saved, or there is none (also RuntimeError)
        └── SessionStoreError         the store failed

All of them are the application's, so each is a 500.
"""

from covet.exceptions import CovetError


class SessionError(CovetError):
    """The base of all errors of sessions."""


class SessionValueError(SessionError, TypeError):
    """
    Something cannot be kept in a session: its key is no text, or JSON has no word for it.

    Attributes:
        key: The key.
    """

    def __init__(self, key: object, problem: str) -> None:
        super().__init__(
            f"session[{key!r}] {problem}.",
            hint="Keep texts, numbers, True, False, None, and lists and dictionaries of them; and of a user, the id.",
        )
        self.key = key


class SessionTooLargeError(SessionError, ValueError):
    """
    There is more in a session than is allowed.

    Attributes:
        size: How many bytes it has.
        limit: How many it may have.
    """

    def __init__(self, size: int, limit: int, *, hint: str) -> None:
        super().__init__(f"A session has {size} bytes, more than {limit}.", hint=hint)
        self.size = size
        self.limit = limit


class SessionStateError(SessionError, RuntimeError):
    """A session is changed where it cannot be saved any more, or asked for where there is none."""


class SessionStoreError(SessionError):
    """The store of sessions failed."""
