"""
Options that do not exist: refused, with the one that was probably meant.

Python refuses them as well, but says which ones there are from 3.13 on only, and never lists them.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from covet.exceptions import ConfigurationError, suggest

# Any: a function of any kind keeps its own type.
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class UnknownOptionError(ConfigurationError, TypeError):
    """A call names an option that does not exist; the text suggests one that does."""


def _list_options(function: Callable[..., Any]) -> frozenset[str]:
    code = function.__code__
    return frozenset(code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]) - {"self"}


# Any: whatever the function takes.
def make_unknown_error(function: Callable[..., Any], title: str, name: str) -> UnknownOptionError:
    """
    Make the error of a function that looks for unknown options itself, as one does that is called per request.

    Args:
        function: A function whose parameters are the options.
        title: What was called.
        name: The option that does not exist.
    """
    return UnknownOptionError(f"{title}() has no option {name!r}.", hint=suggest(name, _list_options(function)))


def refuse_unknown(function: FunctionT) -> FunctionT:
    """
    Let a function that is called while an application is set up name the option that was meant.

    It costs a look at each keyword per call: it is not for what every request does.

    Example:
        >>> @refuse_unknown
        ... def connect(host: str, *, timeout: float = 3.0) -> None: ...
        >>> connect("localhost", time_out=5)
        Traceback (most recent call last):
            ...
        covet.options.UnknownOptionError: connect() has no option 'time_out'.
          Did you mean 'timeout'? Available: host, timeout.
    """
    code = function.__code__
    known = _list_options(function)

    @functools.wraps(function)
    def call(*args: object, **options: object) -> object:
        for name in options:
            if name not in known:
                title = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
                hint = suggest(name, known)
                if len(args) > 1 and isinstance(args[1], type) and code.co_varnames[1] == "middleware":
                    # Starlette and FastAPI write add_middleware(GZipMiddleware, minimum_size=1000).
                    hint = f"Pass an instance: {args[1].__name__}(...). {hint}"
                raise UnknownOptionError(f"{title}() has no option {name!r}.", hint=hint)
        return function(*args, **options)

    return cast("FunctionT", call)
