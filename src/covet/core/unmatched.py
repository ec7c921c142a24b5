"""
What is answered where no route answers: a malformed head, 404, 405, `OPTIONS`, a redirect.

It runs as a route like any other, so that the application's middleware is around it.
"""

from collections.abc import Sequence
from typing import Final

from covet.core.route import Resolution
from covet.exceptions import (
    BadRequestError,
    HeadersTooLargeError,
    HTTPError,
    MethodNotAllowedError,
    NotFoundError,
    NotImplementedMethodError,
    URITooLongError,
)
from covet.http.hosts import is_valid_host
from covet.http.request import Request
from covet.http.response import Response

MAX_HEADERS: Final = 100
MAX_HEADERS_SIZE: Final = 64 * 1024
MAX_PATH_SIZE: Final = 8192
MAX_QUERY_SIZE: Final = 8192

# RFC 9110 §9.1, and PATCH (RFC 5789): what is not among them is no method.
_KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})

Answer = HTTPError | Response


def find_problem(hosts: Sequence[str], count: int, size: int, path_size: int, query_size: int) -> HTTPError | None:
    """
    Find what is wrong with a request's head, whatever its path.

    Args:
        hosts: The values of its `Host` headers.
        count: How many headers it has.
        size: Their bytes in all.
        path_size: The length of its path.
        query_size: The length of its query.
    """
    if count > MAX_HEADERS or size > MAX_HEADERS_SIZE:
        return HeadersTooLargeError(f"The limits are {MAX_HEADERS} headers and {MAX_HEADERS_SIZE} bytes in all.")
    if path_size > MAX_PATH_SIZE or query_size > MAX_QUERY_SIZE:
        return URITooLongError(f"The limit is {MAX_PATH_SIZE} bytes.")
    # RFC 9112 §3.2: exactly one, and a valid one.
    if len(hosts) != 1 or not is_valid_host(hosts[0]):
        return BadRequestError("There must be exactly one Host header, with a valid host.")
    return None


def refuse_method(method: str, allowed: Sequence[str]) -> HTTPError:
    """Answer a method that no route may have: 405 if HTTP defines it, else 501."""
    return MethodNotAllowedError(allowed) if method in _KNOWN_METHODS else NotImplementedMethodError()


def answer_unmatched(found: Resolution, method: str) -> Answer:
    """Answer a path or a method that no route has."""
    if found.redirect is not None:
        return Response(None, 308, {"location": found.redirect})
    if not found.allowed:
        return NotFoundError()
    if method == "OPTIONS":
        return Response(None, 204, {"allow": ", ".join(found.allowed)})
    return MethodNotAllowedError(found.allowed)


async def unmatched(request: Request) -> Response:
    """Give the answer that was found in place of a route's."""
    answer = request.path_values[0]
    if isinstance(answer, Exception):
        raise answer
    if isinstance(answer, Response):
        query = request.url.query
        if query and "location" in answer.headers:
            answer.headers["location"] += f"?{query}"
        return answer
    raise NotFoundError
