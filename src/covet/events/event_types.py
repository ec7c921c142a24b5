"""
Event types: their spelling, patterns of them, and the types that classes get by their names.

A type is words in lower case with dots between, at least two, such as `"user.created"`. A pattern is a type, `"*"`
for all, or a type's beginning and `.*`, which stands for one or more further words.
"""

import re
from typing import Final

from covet.events.errors import EventDefinitionError, SubscriptionError

_WORD: Final = r"[a-z][a-z0-9_]*"
_TYPE: Final = re.compile(rf"{_WORD}(?:\.{_WORD})+")
_PREFIX: Final = re.compile(rf"{_WORD}(?:\.{_WORD})*\.\*")
_CAMEL: Final = re.compile(r"(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)[0-9]*")


def check_event_type(value: object, owner: str) -> str:
    """
    Refuse what is no event type.

    Args:
        value: What a class declares.
        owner: The class, for the text.

    Raises:
        EventDefinitionError: If it is none; the text suggests one.

    Example:
        >>> check_event_type("user.created", "UserCreated")
        'user.created'
        >>> check_event_type("UserCreated", "UserCreated")
        Traceback (most recent call last):
            ...
        covet.events.errors.EventDefinitionError: UserCreated.event_type is 'UserCreated', which is no event type.
          It is words in lower case with dots between, such as 'user.created'.
    """
    if isinstance(value, str) and _TYPE.fullmatch(value):
        return value
    raise EventDefinitionError(
        f"{owner}.event_type is {value!r}, which is no event type.",
        hint=f"It is words in lower case with dots between, such as {derive_event_type(owner)!r}.",
    )


def derive_event_type(name: str) -> str:
    """
    Make the event type of a class that declares none: its first word, a dot, and the others.

    Example:
        >>> [derive_event_type(name) for name in ("UserCreatedEvent", "PasswordResetRequested", "Ping")]
        ['user.created', 'password.reset_requested', 'event.ping']
    """
    words = [word.lower() for word in _CAMEL.findall(name)]
    if len(words) > 1 and words[-1] == "event":
        words.pop()
    if len(words) < 2:
        words.insert(0, "event")
    return f"{words[0]}.{'_'.join(words[1:]) or 'event'}"


def check_pattern(pattern: str) -> str:
    """
    Refuse what is no pattern of event types.

    Raises:
        SubscriptionError: If it is none.

    Example:
        >>> check_pattern("user.*")
        'user.*'
        >>> check_pattern("*.created")
        Traceback (most recent call last):
            ...
        covet.events.errors.SubscriptionError: '*.created' is no pattern of event types.
          Write a type ('user.created'), the beginning of one ('user.*'), or '*' for all events.
    """
    if pattern == "*" or _TYPE.fullmatch(pattern) or _PREFIX.fullmatch(pattern):
        return pattern
    raise SubscriptionError(
        f"{pattern!r} is no pattern of event types.",
        hint="Write a type ('user.created'), the beginning of one ('user.*'), or '*' for all events.",
    )


def matches_pattern(pattern: str, event_type: str) -> bool:
    """
    Tell whether an event type fits a pattern.

    Example:
        >>> [matches_pattern("user.*", name) for name in ("user.created", "user.email.changed", "user", "users.list")]
        [True, True, False, False]
    """
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return event_type == pattern
