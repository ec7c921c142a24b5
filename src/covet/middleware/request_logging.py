"""
One line in the log for each request: what was asked, what was answered, how long it took.

What is secret never gets there, and nothing is formatted that nobody reads.
"""

import logging
from asyncio import CancelledError
from collections.abc import Collection, Mapping
from random import random
from time import perf_counter
from typing import Any, Final, Literal

from covet.core.middleware import Middleware
from covet.exceptions import ClientDisconnectedError
from covet.http.percent import encode_path
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

logger = logging.getLogger("covet.request")

_check: Final = OptionChecks("RequestLoggingMiddleware")
_LEVELS: Final[Mapping[str, int]] = {"debug": logging.DEBUG, "info": logging.INFO}
_CLIENT_LEFT: Final = 499


class RequestLine:
    """
    What is told of a request: a sentence for people, members for programs.

    Args:
        members: The members of the entry, by their names.
    """

    __slots__ = ("members",)

    # Any: what the log carries is written as JSON.
    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members

    def __str__(self) -> str:
        members = self.members
        extra = [f"{name}={members[name]}" for name in members if name not in _SENTENCE]
        told = " ".join(str(members[name]) for name in _SENTENCE)
        return " ".join([f"{told} ms", *extra])


_SENTENCE: Final = ("client", "method", "path", "status", "duration_ms")


class RequestLoggingMiddleware(Middleware):
    """
    Log each request once it is over: after the last byte of a stream, or when the client left (status 499).

    The logger is `covet.request`. An answer of 500 and more, or an exchange that was cut short, is logged as an error
    and a warning, and never left out by sampling. The query is not logged. `Authorization`, `Cookie`, `Set-Cookie` and
    all whose name says that they are secret are masked, in headers and in the members of JSON and forms.

    Args:
        log_headers: Whether the request's headers are logged.
        log_body: Whether the request's body is, if the handler has read it.
        log_response: Whether the response's headers are, and its body, unless it is a stream.
        level: The level of ordinary requests: `"info"` or `"debug"`.
        sample: The share of ordinary requests that is logged, from 0 to 1.
        max_body: Up to how many bytes of a body are logged; a larger one is named by its size.
        exempt: Paths that are not logged unless they fail, such as those of health checks.
        sensitive: Further names of headers and members that are masked.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> from covet import CovetPy
        >>> app = CovetPy(middleware=[RequestLoggingMiddleware(exempt=["/health"])])
    """

    priority: int = Place.REQUEST_LOGGING

    @refuse_unknown
    def __init__(
        self,
        *,
        log_headers: bool = False,
        log_body: bool = False,
        log_response: bool = False,
        level: Literal["debug", "info"] = "info",
        sample: float = 1.0,
        max_body: int = 2048,
        exempt: Collection[str] = (),
        sensitive: Collection[str] = (),
    ) -> None:
        self._log_headers = _check.flag("log_headers", log_headers)
        self._log_body = _check.flag("log_body", log_body)
        self._log_response = _check.flag("log_response", log_response)
        if level not in _LEVELS:
            raise _check.fail("level", f"is {level!r}, expected 'info' or 'debug'.", "Leave it out for 'info'.")
        self._level = _LEVELS[level]
        if isinstance(sample, bool) or not isinstance(sample, int | float) or not 0 <= sample <= 1:
            raise _check.fail("sample", f"is {sample!r}, expected a share from 0 to 1.", "Write 0.1 for a tenth.")
        self._sample = sample
        self._max_body = _check.count("max_body", max_body)
        self._exempt = frozenset(_check.texts("exempt", exempt))
        self._sensitive = frozenset(name.lower() for name in _check.texts("sensitive", sensitive))

    @property
    def logs_content(self) -> bool:
        """Whether headers or bodies are logged."""
        return self._log_headers or self._log_body or self._log_response

    def process_request(self, request: Request) -> None:
        """Look at the clock, unless somebody further out has done so."""
        if not hasattr(request, "began"):
            request.began = perf_counter()

    def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Write the line."""
        level = self._find_level(response, error)
        if not logger.isEnabledFor(level):
            return
        if level == self._level and (
            request.path in self._exempt or (self._sample < 1 and random() >= self._sample)  # noqa: S311
        ):
            return
        client = request.client
        members: dict[str, Any] = {
            "client": "-" if client is None else client.host,
            "method": request.method,
            # APPSEC: encoded, so that no space in it makes a sentence of its own.
            "path": encode_path(request.path),
            "status": _CLIENT_LEFT if response is None else response.status_code,
            "duration_ms": round((perf_counter() - request.began) * 1000, 1),
        }
        if error is not None:
            members["error"] = type(error).__name__
        if self.logs_content:
            self._add_content(members, request, response)
        logger.log(level, RequestLine(members), extra={"covet_members": members})

    def _find_level(self, response: Response | None, error: BaseException | None) -> int:
        if response is not None and response.status_code >= 500:
            return logging.ERROR
        if error is None and response is not None:
            return self._level
        is_departure = error is None or isinstance(error, ClientDisconnectedError | CancelledError)
        return logging.WARNING if is_departure else logging.ERROR

    def _add_content(self, members: dict[str, Any], request: Request, response: Response | None) -> None:
        # Loaded here: it needs the settings' rules of what is secret, and few log more than a line.
        from covet.middleware.logged_content import describe_body, mask_headers

        if self._log_headers:
            members["headers"] = mask_headers(request.headers.multi_items(), self._sensitive)
        if self._log_body and (body := request.known_body) is not None:
            content_type = request.headers.get("content-type", "")
            members["body"] = describe_body(body, content_type, self._max_body, self._sensitive)
        if self._log_response and response is not None:
            members["response_headers"] = mask_headers(response.headers.multi_items(), self._sensitive)
            if not isinstance(response, StreamedResponse):
                content_type = response.headers.get("content-type", "")
                members["response_body"] = describe_body(response.body, content_type, self._max_body, self._sensitive)


__all__ = ["RequestLoggingMiddleware"]
