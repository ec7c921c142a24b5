"""
What is answered where no route answers: a malformed head, 404, 405, `OPTIONS`, a redirect.

It runs as a route like any other, so that the application's middleware is around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from covet.core.route import Resolution
from covet.core.rsgi_types import RSGIScope
from covet.exceptions import (
    BadRequestError,
    HTTPError,
    MethodNotAllowedError,
    NotFoundError,
    NotImplementedMethodError,
    ServiceUnavailableError,
)
from covet.http.hosts import is_valid_host
from covet.http.limits import check_headers_size, check_target_size
from covet.http.percent import quote_path, quote_query
from covet.http.request import Request
from covet.http.response import Response
from covet.types import Scope

# RFC 9110 §9.1, and PATCH (RFC 5789): what is not among them is no method.
_KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


@dataclass(slots=True, eq=False)
class Redirection:
    """The percent-encoded path that answers in place of the one that was asked for."""

    path: str


Answer = HTTPError | Response | Redirection


def refuse_closed() -> HTTPError:
    """Make the answer of what is closed for a time; why is nobody's business outside."""
    return ServiceUnavailableError("This part of the application is not available at the moment.")


def find_problem(
    hosts: Sequence[str],
    count: int,
    size: int,
    method: str,
    path: str,
    query_size: int,
    raw_path: bytes | None = None,
    *,
    is_framed: bool = True,
) -> HTTPError | None:
    """
    Find what is wrong with a request's head, whether a route answers its path or not.

    Args:
        hosts: The values of its `Host` headers.
        count: How many headers it has.
        size: Their bytes in all.
        method: Its method.
        path: Its path, decoded.
        query_size: The length of its query.
        raw_path: Its path as it came, if the server tells.
        is_framed: Whether its body has one length, whoever reads it.
    """
    if not is_framed:
        # The connection ends: what follows may be a request for one reader, and a part of this one's body for the next.
        return BadRequestError("The length of the body can be read in several ways.", headers={"connection": "close"})
    try:
        check_headers_size(count, size)
        check_target_size(path, raw_path, query_size)
    except HTTPError as exc:
        return exc
    # RFC 9112 §3.2: exactly one, and a valid one.
    if len(hosts) != 1 or not is_valid_host(hosts[0]):
        return BadRequestError("There must be exactly one Host header, with a valid host.")
    # APPSEC: what is no path could move the host elsewhere (`GET @evil`). RFC 9112 §3.2.4: `*` is for OPTIONS alone.
    if not path.startswith("/") and not (path == "*" and method == "OPTIONS"):
        return BadRequestError("The target of a request is a path.")
    return None


def is_framed(codings: Sequence[str], *, has_length: bool, http_version: str) -> bool:
    """
    Tell whether a body has one length, whoever reads it: RFC 9112 §6.1 and §6.3, and no coding but `chunked`.

    Args:
        codings: The values of the `Transfer-Encoding` headers.
        has_length: Whether there is a `Content-Length`, too.
        http_version: The protocol's version: before 1.1 there are no codings, and none after.

    Example:
        >>> is_framed(["Chunked"], has_length=False, http_version="1.1")
        True
        >>> is_framed(["gzip, chunked"], has_length=False, http_version="1.1")
        False
    """
    if not codings:
        return True
    # The lower case of some letter beyond ASCII is a `k`.
    is_chunked = len(codings) == 1 and codings[0].isascii() and codings[0].strip(" \t").lower() == "chunked"
    return is_chunked and not has_length and http_version == "1.1"


def is_asgi_framed(scope: Scope) -> bool:
    """
    Tell the same of a request that came over ASGI.

    Args:
        scope: Its scope.
    """
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    codings = [value.decode("latin-1") for name, value in headers if name == b"transfer-encoding"]
    has_length = any(name == b"content-length" for name, _ in headers)
    return is_framed(codings, has_length=has_length, http_version=scope.get("http_version", "1.1"))


def find_asgi_problem(scope: Scope, path: str) -> HTTPError | None:
    """
    Find what is wrong with the head of a request or a handshake that came over ASGI.

    Args:
        scope: Its scope.
        path: Its path, below the prefix that the application is mounted under.
    """
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    return find_problem(
        [value.decode("latin-1") for name, value in headers if name == b"host"],
        len(headers),
        sum(len(name) + len(value) for name, value in headers),
        scope.get("method", "GET"),
        path,
        len(scope.get("query_string", b"")),
        scope.get("raw_path"),
        is_framed=is_asgi_framed(scope),
    )


def find_rsgi_problem(scope: RSGIScope) -> HTTPError | None:
    """
    Find what is wrong with the head of a request or a handshake that came over RSGI.

    Args:
        scope: Its head.
    """
    pairs = scope.headers.items()
    codings = [value for name, value in pairs if name == "transfer-encoding"]
    has_length = "content-length" in scope.headers
    if not codings and "transfer-encoding" in scope.headers:
        # Granian shows no value that is not visible ASCII.
        codings = [""]
    return find_problem(
        find_hosts(scope),
        max(len(pairs), len(scope.headers)),
        sum(len(name) + len(value) for name, value in pairs),
        scope.method,
        scope.path,
        len(scope.query_string),
        is_framed=is_framed(codings, has_length=has_length, http_version=scope.http_version),
    )


def find_hosts(scope: RSGIScope) -> list[str]:
    """List the hosts that an RSGI request names; one that is there but not readable counts, as an invalid one."""
    headers = scope.headers
    hosts = headers.get_all("host")
    if not hosts and "host" in headers:
        # Granian shows no value that is not visible ASCII.
        return [""]
    if scope.http_version == "2" and scope.authority is not None and scope.authority not in hosts:
        # RFC 9113 §8.3.1: :authority stands for Host, and a Host must not differ from it.
        hosts.append(scope.authority)
    return hosts


def refuse_method(method: str, found: Resolution) -> HTTPError:
    """Answer a method that no route may have: 404 or 405 if HTTP defines it, else 501."""
    if method not in _KNOWN_METHODS:
        return NotImplementedMethodError()
    return MethodNotAllowedError(found.allowed) if found.allowed else NotFoundError()


def answer_unmatched(found: Resolution, method: str) -> Answer:
    """Answer a path or a method that no route has."""
    if found.redirect is not None:
        return Redirection(found.redirect)
    if not found.allowed:
        return NotFoundError()
    if method == "OPTIONS":
        return Response(None, 204, {"allow": ", ".join(found.allowed)})
    return MethodNotAllowedError(found.allowed)


async def unmatched(request: Request) -> Response:
    """Give the answer that was found in place of a route's."""
    answer = request.path_values[0]
    if isinstance(answer, Redirection):
        return Response(None, 308, {"location": make_location(request, answer.path)})
    if isinstance(answer, Response):
        query = request.url.query
        if query and "location" in answer.headers:
            answer.headers["location"] += f"?{query}"
        return answer
    if isinstance(answer, Exception):
        raise answer
    raise NotFoundError


def make_location(request: Request, path: str) -> str:
    """
    Write where a redirect leads: another path of this application, with the query that came.

    Raises:
        NotFoundError: If the query cannot stand in a header.
    """
    try:
        query = request.url.query
        return f"{quote_path(request.root_path)}{path}{'?' if query else ''}{quote_query(query)}"
    except ValueError as exc:
        raise NotFoundError from exc
