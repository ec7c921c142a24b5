"""
The options of `JWTAuthProvider`, checked.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from covet.auth.errors import AuthenticationSetupError


def check_algorithms(algorithms: Sequence[str] | None, *, is_needed: bool) -> tuple[str, ...]:
    """
    Check the algorithms that are allowed.

    Args:
        algorithms: The algorithms.
        is_needed: Whether there have to be some.

    Raises:
        AuthenticationSetupError: If they are no list, or missing.

    Example:
        >>> check_algorithms(["RS256"], is_needed=True), check_algorithms(None, is_needed=False)
        (('RS256',), ())
    """
    if algorithms is None:
        if is_needed:
            raise fail("needs algorithms: which ones its keys are for.", "Write algorithms=['RS256'].")
        return ()
    if isinstance(algorithms, str) or not algorithms:
        raise fail(f"has algorithms={algorithms!r}, expected a list.", "Write algorithms=['RS256'].")
    return tuple(algorithms)


def read_names(option: str, value: str | Collection[str] | None) -> tuple[str, ...]:
    """
    Read one name or several.

    Raises:
        AuthenticationSetupError: If there is none among them, or one is no text.

    Example:
        >>> read_names("audience", "my-api"), read_names("audience", None)
        (('my-api',), ())
    """
    names = () if value is None else (value,) if isinstance(value, str) else tuple(value)
    if value is not None and (not names or not all(isinstance(name, str) and name for name in names)):
        raise fail(f"has {option}={value!r}, expected a text or a list of texts.", f"Write {option}='my-api'.")
    return names


def read_lifetimes(access: timedelta | float, refresh: timedelta | float) -> tuple[float, float]:
    """
    Read the lives of both kinds of tokens, in seconds.

    Raises:
        AuthenticationSetupError: If one is no time, or the refresh token ends before what it is there to replace.

    Example:
        >>> read_lifetimes(900, timedelta(days=1))
        (900.0, 86400.0)
    """
    first, second = _to_seconds(access), _to_seconds(refresh)
    if first > second:
        raise fail(
            f"has access_lifetime={access!r}, which is longer than refresh_lifetime={refresh!r}: a refresh token "
            "would end before what it replaces.",
            "Give the refresh token the longer life: timedelta(minutes=15) and timedelta(days=30).",
        )
    return first, second


def _to_seconds(value: timedelta | float) -> float:
    # Whatever was given: a text is no number, and says so in words of its own.
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= 366 * 86_400:
        raise fail(f"has a lifetime of {value!r}, expected 1 second to a year.", "Write timedelta(minutes=15).")
    return float(seconds)


def fail(problem: str, hint: str) -> AuthenticationSetupError:
    """
    Make the error of an option.

    Example:
        >>> print(fail("has no key.", "Give it one."))
        JWTAuthProvider has no key.
          Give it one.
    """
    return AuthenticationSetupError(f"JWTAuthProvider {problem}", hint=hint)
