"""
The errors that CovetPy raises, in one tree; those of a single module stand there, each below one of these.

::

    CovetError
    ├── ConfigurationError              the application cannot start as it is set up
    │   ├── MissingDependencyError      an optional library is not installed (also ImportError)
    │   ├── RouteError                  a route cannot be built: names route, parameter, fix
    │   │   └── RouteConflictError      two handlers claim the same requests
    │   ├── ItemExistsError             a registry has that name already (also ValueError)
    │   └── ItemNotFoundError           a registry lacks that name (also KeyError)
    ├── HTTPError                       becomes a response with its status
    │   ├── BadRequestError             400
    │   ├── AuthenticationError         401
    │   ├── PermissionDeniedError       403
    │   ├── NotFoundError               404
    │   ├── MethodNotAllowedError       405  carries the allowed methods
    │   ├── NotAcceptableError          406  carries the media types on offer
    │   ├── RequestTimeoutError         408  the client was too slow
    │   ├── ConflictError               409
    │   ├── ContentTooLargeError        413  carries the limit
    │   ├── URITooLongError             414
    │   ├── UnsupportedMediaTypeError   415  carries the media types understood
    │   ├── ValidationError             422  carries every error of every source
    │   ├── TooManyRequestsError        429
    │   ├── HeadersTooLargeError        431
    │   ├── NotImplementedMethodError   501  a method that HTTP does not define
    │   ├── ServiceUnavailableError     503
    │   └── HandlerTimeoutError         504  the handler was too slow
    ├── DatabaseError                   answered as 500, its text kept inside the process
    ├── ResponseError                   the application answered what no wire can carry
    ├── ClientDisconnectedError         the client left before it was answered
    └── LifespanError                   start or stop failed: names the step

An error keeps its data as attributes and builds its text when it is printed, so that raising stays
cheap. Of the framework this module imports only the words of the texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Never

from covet.error_text import ErrorItem, phrase_of, suggest

# fmt: off
__all__ = [
    "AuthenticationError", "BadRequestError", "ClientDisconnectedError", "ConfigurationError", "ConflictError",
    "ContentTooLargeError", "CovetError", "DatabaseError", "ErrorItem", "HTTPError", "HandlerTimeoutError",
    "HeadersTooLargeError", "ItemExistsError", "ItemNotFoundError", "LifespanError", "MethodNotAllowedError",
    "MissingDependencyError", "NotAcceptableError", "NotFoundError", "NotImplementedMethodError",
    "PermissionDeniedError", "RequestTimeoutError", "ResponseError", "RouteConflictError", "RouteError",
    "ServiceUnavailableError", "TooManyRequestsError", "URITooLongError", "UnsupportedMediaTypeError",
    "ValidationError", "phrase_of", "suggest",
]
# fmt: on


class CovetError(Exception):
    """
    The root of the tree: catch it to catch everything that CovetPy raises.

    Args:
        message: What happened, and what was expected.
        hint: What to do next; printed on a line of its own.

    Example:
        >>> print(CovetError("The kettle is empty.", hint="Fill it."))
        The kettle is empty.
          Fill it.
    """

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if self.hint is None:
            return self.message
        return f"{self.message}\n  {self.hint}"


class ConfigurationError(CovetError):
    """The application cannot start as it is set up; the text says how to mend it."""


class MissingDependencyError(ConfigurationError, ImportError):
    """
    A feature was used whose library is not installed.

    Example:
        >>> print(MissingDependencyError("SQLAlchemy", extra="orm", needed_for="covet.database.orm"))
        SQLAlchemy is needed for covet.database.orm.
          Install it with: pip install "covetpy[orm]"
    """

    def __init__(self, library: str, *, extra: str, needed_for: str) -> None:
        super().__init__(
            f"{library} is needed for {needed_for}.",
            hint=f'Install it with: pip install "covetpy[{extra}]"',
        )
        self.library = library
        self.extra = extra
        self.needed_for = needed_for


class RouteError(ConfigurationError):
    """
    A route cannot be built: its path, its handler or one of its parameters is wrong.

    Args:
        message: What is wrong, and what was expected.
        route: The methods and the path, such as `"GET /users/{id}"`.
        parameter: The handler's parameter that is at fault, if it is one.
        hint: What to do next.

    Example:
        >>> print(RouteError("It has no annotation.", route="GET /users", parameter="page", hint="Write page: int."))
        GET /users, parameter 'page': It has no annotation.
          Write page: int.
    """

    def __init__(
        self, message: str, *, route: str | None = None, parameter: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.route = route
        self.parameter = parameter

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.route, self.parameter and f"parameter {self.parameter!r}") if part)
        return f"{place}: {super().__str__()}" if place else super().__str__()


class RouteConflictError(RouteError):
    """Two handlers claim the same requests; the text names both."""


class ItemExistsError(ConfigurationError, ValueError):
    """A registry has an item of that name already."""


class ItemNotFoundError(ConfigurationError, KeyError):
    """
    A registry has no item of that name; the text lists what it has and the closest name.

    Example:
        >>> print(ItemNotFoundError("jsn", available=["json"], registry="serializers"))
        'jsn' is not registered in serializers.
          Did you mean 'json'? Available: json.
    """

    def __init__(self, name: str, *, available: Iterable[str] = (), registry: str = "the registry") -> None:
        self.name = name
        self.available = tuple(available)
        self.registry = registry
        super().__init__(f"{name!r} is not registered in {registry}.", hint=suggest(name, self.available))


class HTTPError(CovetError):
    """
    An error that becomes a response: its status, its headers and an RFC 9457 problem body.

    `detail` is sent to the client: never put a secret, a path of the machine or SQL into it.

    Args:
        detail: What happened, for the client; the status's phrase by default.
        status_code: The response's status, 400 to 599; the class's own by default.
        headers: Headers that the response carries.
        type: A URI that identifies the kind of problem (RFC 9457 §3.1.1).
        title: The kind's short name; the status's phrase by default.
        extensions: Further members of the problem body (RFC 9457 §3.2).

    Raises:
        ValueError: If the status is no error status.
        TypeError: If the detail is no text, such as a status, or there is no such argument.

    Example:
        >>> error = NotFoundError("User 7 not found")
        >>> error.status_code, error.detail
        (404, 'User 7 not found')
        >>> HTTPError("short and stout", status_code=418).title
        "I'm a Teapot"
    """

    status_code: int = 500
    is_logged: bool = True  # Whether one of 500 and above is worth a line, or whoever raises it has written one.

    def __init__(
        self,
        detail: str | None = None,
        *,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        type: str | None = None,  # noqa: A002 - the member's name in RFC 9457
        title: str | None = None,
        extensions: Mapping[str, object] | None = None,
        **unknown: Never,
    ) -> None:
        if unknown:
            name, known = next(iter(unknown)), HTTPError.__init__.__code__.co_varnames[1:7]
            raise TypeError(f"{self.__class__.__name__}() has no option {name!r}.\n  {suggest(name, known)}")
        if status_code is not None:
            if not isinstance(status_code, int) or isinstance(status_code, bool) or not 400 <= status_code <= 599:
                raise ValueError(f"An error's status must be an integer from 400 to 599, got {status_code!r}.")
            self.status_code = status_code
        if detail is not None and not isinstance(detail, str):
            raise TypeError(f"An error's detail must be a text, got {detail!r}. A status is given as status_code=.")
        super().__init__(detail or "")
        self.detail = detail
        self.headers = dict(headers) if headers else {}
        self.type = type
        self._title = title
        self.extensions = dict(extensions) if extensions else {}

    @property
    def title(self) -> str:
        """The kind's short name: the one given, or the status's phrase."""
        return self._title if self._title is not None else phrase_of(self.status_code)

    def __str__(self) -> str:
        return self.detail or self.title


class BadRequestError(HTTPError):
    """400: the request is malformed."""

    status_code = 400


class AuthenticationError(HTTPError):
    """401: the credentials are absent or not good."""

    status_code = 401


class PermissionDeniedError(HTTPError):
    """403: the client is known and may not do this."""

    status_code = 403


class NotFoundError(HTTPError):
    """404: there is no such thing."""

    status_code = 404


class MethodNotAllowedError(HTTPError):
    """
    405: the path exists, but not for this method.

    Example:
        >>> MethodNotAllowedError(["GET", "HEAD"]).headers
        {'allow': 'GET, HEAD'}
    """

    status_code = 405

    def __init__(self, allowed: Sequence[str], detail: str | None = None) -> None:
        super().__init__(detail, headers={"allow": ", ".join(allowed)})
        self.allowed = tuple(allowed)


class NotAcceptableError(HTTPError):
    """406: no representation on offer fits the `Accept` header."""

    status_code = 406

    def __init__(self, available: Sequence[str] = (), detail: str | None = None) -> None:
        extensions = {"available": list(available)} if available else None
        super().__init__(detail, headers={"vary": "Accept"}, extensions=extensions)
        self.available = tuple(available)


class RequestTimeoutError(HTTPError):
    """408: the client was too slow to send its request."""

    status_code = 408


class ConflictError(HTTPError):
    """409: the request contradicts the present state."""

    status_code = 409


class ContentTooLargeError(HTTPError):
    """
    413: the body is larger than the limit.

    Example:
        >>> print(ContentTooLargeError(limit=1024))
        The limit is 1024 bytes.
    """

    status_code = 413

    def __init__(self, detail: str | None = None, *, limit: int | None = None) -> None:
        if detail is None and limit is not None:
            detail = f"The limit is {limit} bytes."
        super().__init__(detail)
        self.limit = limit


class URITooLongError(HTTPError):
    """414: the URL is longer than the limit."""

    status_code = 414


class UnsupportedMediaTypeError(HTTPError):
    """415: the body's media type is not understood here."""

    status_code = 415

    def __init__(self, supported: Sequence[str] = (), detail: str | None = None) -> None:
        headers = {"accept": ", ".join(supported)} if supported else None
        super().__init__(detail, headers=headers, extensions={"supported": list(supported)} if supported else None)
        self.supported = tuple(supported)


class ValidationError(HTTPError):
    """
    422: values do not fit their types; carries every error of every source.

    Example:
        >>> error = ValidationError([ErrorItem("body", "/age", "must be an integer", "int_type")])
        >>> print(error)
        1 error
          body /age: must be an integer
    """

    status_code = 422

    def __init__(self, errors: Sequence[ErrorItem] | str = (), detail: str | None = None) -> None:
        items = [] if isinstance(errors, str) else list(errors)
        if isinstance(errors, str):
            detail = errors
        counted = f"{len(items)} error{'s' if len(items) != 1 else ''}" if items else None
        super().__init__(counted if detail is None else detail)
        self.errors = items

    def __str__(self) -> str:
        lines = [self.detail or self.title]
        lines += [f"  {item.source} {item.pointer or '/'}: {item.message}" for item in self.errors]
        return "\n".join(lines)


class TooManyRequestsError(HTTPError):
    """429: the client sends more than it may."""

    status_code = 429


class HeadersTooLargeError(HTTPError):
    """431: the headers are larger or more than the limit."""

    status_code = 431


class NotImplementedMethodError(HTTPError):
    """501: the request's method is none that HTTP defines."""

    status_code = 501
    is_logged = False


class ServiceUnavailableError(HTTPError):
    """503: something that is needed is not there at the moment."""

    status_code = 503


class HandlerTimeoutError(HTTPError):
    """504: the handler did not finish within the route's `timeout`."""

    status_code = 504


class DatabaseError(CovetError):
    """A database failed. It is answered as 500; its text stays inside the process."""

    status_code: int = 500


class ResponseError(CovetError, ValueError):
    """The application answered something that no wire can carry: a status, a header, a length."""


class ClientDisconnectedError(CovetError):
    """The client left before its request was read or its answer was sent."""


class LifespanError(CovetError):
    """A step of start or stop failed; `step` names it."""

    def __init__(self, message: str, *, step: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.step = step
