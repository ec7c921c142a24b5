"""
What can be said about a route besides its path, methods and handler, and which of it is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, TypedDict

from covet.core.compiled_settings import is_form_limits
from covet.core.route_security import SecurityRequirement, is_security
from covet.error_text import describe_callable
from covet.exceptions import RouteError, suggest
from covet.http.dates import is_moment

if TYPE_CHECKING:
    from covet.http.form_limits import FormLimits

# A handler may take and return anything: its parameters are bound by name, its result becomes the response.
Handler = Callable[..., object]
ExceptionHandlers = Mapping[type[Exception] | int, Handler]


class RouteOptions(TypedDict, total=False):
    """
    What can be said about a route besides its path, methods and handler.

    An unknown option is refused with a suggestion.
    """

    name: str | None
    middleware: Sequence[object]
    exception_handlers: ExceptionHandlers
    timeout: float | None
    cancel_on_disconnect: bool
    body_limit: int | None
    form_limits: "FormLimits | None"
    status_code: int | None
    media_type: str | None
    tags: Sequence[str]
    summary: str | None
    description: str | None
    deprecated: bool | date
    sunset: date | None
    include_in_schema: bool
    non_blocking: bool
    raises: Sequence[type[Exception]]
    security: Sequence[SecurityRequirement] | None


OPTION_NAMES: Final = frozenset(RouteOptions.__annotations__)


def check_options(options: Mapping[str, object], *, route: str) -> None:
    """
    Refuse options that do not exist or cannot be meant.

    Raises:
        RouteError: If one is unknown, or its value is out of range.
    """
    for name, value in options.items():
        if name not in OPTION_NAMES:
            raise RouteError(f"There is no option {name!r}.", route=route, hint=suggest(name, OPTION_NAMES))
        is_good, expected = _OPTION_CHECKS[name]
        if value is not None and not is_good(value):
            raise RouteError(f"{name} must be {expected}, got {value!r}.", route=route)
        if isinstance(value, Mapping):
            for key, handler in value.items():
                check_exception_handler(key, handler, route=route)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_exception_handler(key: object, handler: object, *, route: str | None = None) -> None:
    """
    Refuse an exception handler that could never answer.

    Raises:
        RouteError: If its key is neither a class of exceptions nor an error status, or it cannot be called with a
            request and an exception.
    """
    if not is_exception_key(key):
        raise RouteError(
            f"An exception handler is for an exception class or an error status, got {key!r}.", route=route
        )
    if not callable(handler):
        raise RouteError(f"The exception handler of {key!r} cannot be called: {handler!r}.", route=route)
    try:
        parameters = signature(handler)
    except ValueError:
        # Some functions of C have none to show.
        return
    try:
        parameters.bind("request", "exc")
    except TypeError as exc:
        message = f"The exception handler {describe_callable(handler)} of {key!r} cannot be called: {exc}."
        raise RouteError(message, route=route, hint="Its parameters are (request, exc).") from exc


def _is_sequence(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_exception_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def is_exception_key(value: object) -> bool:
    """
    Tell whether an exception handler can be registered for a value: a class of exceptions or an error status.

    Example:
        >>> is_exception_key(404), is_exception_key(200), is_exception_key(KeyError)
        (True, False, True)
    """
    return _is_exception_class(value) or (type(value) is int and 400 <= value <= 599)


# Any: each check takes whatever the user wrote.
_OPTION_CHECKS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "name": (lambda value: isinstance(value, str) and bool(value), "a text"),
    "middleware": (_is_sequence, "a list"),
    "exception_handlers": (
        lambda value: isinstance(value, Mapping),
        "a mapping from exception classes or error statuses to functions",
    ),
    "timeout": (lambda value: _is_number(value) and 0 < value < float("inf"), "a number of seconds above 0"),
    "cancel_on_disconnect": (lambda value: isinstance(value, bool), "True or False"),
    "body_limit": (lambda value: type(value) is int and value >= 0, "a number of bytes or None"),
    "form_limits": (is_form_limits, "FormLimits of covet.http.form_limits"),
    "status_code": (lambda value: isinstance(value, int) and 200 <= value <= 599, "a status from 200 to 599"),
    "media_type": (lambda value: isinstance(value, str) and value.isprintable() and "/" in value, "a media type"),
    "tags": (lambda value: _is_sequence(value) and all(isinstance(tag, str) for tag in value), "a list of texts"),
    "summary": (lambda value: isinstance(value, str), "a text"),
    "description": (lambda value: isinstance(value, str), "a text"),
    "deprecated": (
        lambda value: isinstance(value, bool) or is_moment(value),
        "True, False, a date or an aware datetime",
    ),
    "sunset": (is_moment, "a date or an aware datetime"),
    "include_in_schema": (lambda value: isinstance(value, bool), "True or False"),
    "non_blocking": (lambda value: isinstance(value, bool), "True or False"),
    "raises": (
        lambda value: _is_sequence(value) and all(map(_is_exception_class, value)),
        "a list of exception classes",
    ),
    "security": (is_security, "a list of names of security schemes, or of mappings from names to scopes"),
}
