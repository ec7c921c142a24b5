"""
A place for what code of one's own has to say about a request or an application.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any


class State(SimpleNamespace):
    """
    A place for attributes of one's own.

    Example:
        >>> state = State()
        >>> state.user = "ada"
        >>> state.user
        'ada'
    """


def make_state(given: Mapping[str, Any] | None) -> State:
    """
    Make the state of a request.

    Args:
        given: What it begins with: what the application's lifespan yields.

    Example:
        >>> make_state({"pool": 1}).pool
        1
    """
    return State(**given) if given else State()
