"""
The words of errors: what is wrong and where, the name of a status or of a callable, the name that was probably meant.

It must never import anything of the framework: the error tree stands on it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any


def suggest(name: str, known: Iterable[str]) -> str:
    """
    Write "Did you mean …?" for a name that is not known, or list what is.

    Example:
        >>> suggest("jsn", ["json", "msgpack"])
        "Did you mean 'json'? Available: json, msgpack."
        >>> suggest("xml", [])
        'Available: none.'
    """
    # Loaded here: an application without a mistake in it never needs it.
    from difflib import get_close_matches

    available = sorted(known)
    close = get_close_matches(name, available, n=1)
    if not close and len(name) > 2:
        # An abbreviation, if it is that of one name alone.
        begun = [word for word in available if word.startswith(name)]
        close = begun if len(begun) == 1 else []
    listed = f"Available: {', '.join(available) or 'none'}."
    return f"Did you mean {close[0]!r}? {listed}" if close else listed


def name_callable(func: Callable[..., Any]) -> str:
    """
    Name a callable in short, by its qualified name: without its module, where it is local, or what a partial has bound.

    Example:
        >>> name_callable(partial(ErrorItem.to_dict, "secret"))
        'ErrorItem.to_dict'
    """
    while isinstance(func, partial):
        func = func.func
    name = getattr(func, "__qualname__", None) or type(func).__qualname__
    return str(name).rpartition("<locals>.")[2]


def describe_callable(func: Callable[..., Any]) -> str:
    """
    Name a callable in full, by its module and its qualified name, without what a partial has bound: it may be secret.

    Example:
        >>> describe_callable(partial(print, "secret"))
        'builtins.print'
        >>> describe_callable(describe_callable)
        'covet.error_text.describe_callable'
    """
    while isinstance(func, partial):
        func = func.func
    cls = type(func)
    module = getattr(func, "__module__", None) or cls.__module__
    return f"{module}.{getattr(func, '__qualname__', cls.__qualname__)}"


def phrase_of(status_code: int) -> str:
    """
    Name a status as RFC 9110 does.

    Example:
        >>> phrase_of(422), phrase_of(599)
        ('Unprocessable Content', 'Error')
    """
    from http import HTTPStatus

    try:
        return _RFC_9110_PHRASES.get(status_code) or HTTPStatus(status_code).phrase
    except ValueError:
        return "Error"


# Older Pythons still spell these as the RFCs before 9110 did.
_RFC_9110_PHRASES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    418: "I'm a Teapot",
    422: "Unprocessable Content",
}


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """
    One thing that is wrong with a request, and where.

    Attributes:
        source: `"query"`, `"path"`, `"header"`, `"cookie"`, `"body"` or `"form"`.
        pointer: A JSON pointer (RFC 6901) to the value in its source; `""` is the whole.
        message: What was expected. It never repeats the input.
        type: A stable word for programs, such as `"missing"` or `"greater_than_equal"`.

    Example:
        >>> ErrorItem("query", "/page", "must be at least 1", "greater_than_equal").to_dict()["pointer"]
        '/page'
    """

    source: str
    pointer: str
    message: str
    type: str

    def to_dict(self) -> dict[str, str]:
        """Make the member of a problem body's `errors`."""
        return {"source": self.source, "pointer": self.pointer, "message": self.message, "type": self.type}
