"""
From a path without a version to that of one: what a request's headers choose, where no route has the path as it came.

What the router looks up is what handlers and middleware see: `request.path` is the path of the version.
"""

from typing import Any, NamedTuple

from covet.core.route import Resolution
from covet.core.routing import CovetRouter
from covet.core.rsgi_types import RSGIHeaders, RSGIScope
from covet.core.versioning import GetHeader, PrefixVersioning, Versioning
from covet.exceptions import HTTPError
from covet.types import Scope


class Choice(NamedTuple):
    """
    What the headers of a request choose.

    Attributes:
        found: What the router knows about the path that is chosen.
        prefix: What to put before its path; empty if nothing.
        problem: What to answer instead.
    """

    found: Resolution
    prefix: str = ""
    problem: HTTPError | None = None


def choose_version(router: CovetRouter, method: str, path: str, get_header: GetHeader) -> Choice:
    """
    Choose the version that answers a path.

    Args:
        router: The application's router.
        method: The request's method.
        path: Its path, decoded.
        get_header: Gives a header's value by its name in lower case.
    """
    found = router.resolve(path, method)
    if _is_known(found):
        return Choice(found)
    resolved = {version: router.resolve(f"{prefix}{path}", method) for version, prefix in router.versions.items()}
    having = [version for version, other in resolved.items() if _is_known(other)]
    if not having:
        return Choice(found)
    policy = _policy_of(router)
    asked = policy.read(get_header, having)
    if asked not in having:
        return Choice(found, problem=policy.refuse(having))
    return Choice(resolved[asked], router.versions[asked])


def move_scope(scope: Scope, path: str, prefix: str, policy: Versioning) -> Scope:
    """
    Write the scope of a request as that of a version's path.

    Args:
        scope: The scope.
        path: Its path, without the prefix that the application is mounted under.
        prefix: What stands before the paths of the version.
        policy: What chose it.
    """
    headers = [
        (name, policy.rewrite(name.decode("latin-1"), value.decode("latin-1")).encode("latin-1"))
        for name, value in scope["headers"]
    ]
    root = scope["path"].removesuffix(path)
    # Made of the path again where something stands before it.
    raw = None if root or scope.get("raw_path") is None else prefix.encode() + scope["raw_path"]
    return {**scope, "path": f"{root}{prefix}{path}", "raw_path": raw, "headers": headers}


def move_asgi(router: CovetRouter, scope: Scope, path: str) -> tuple[Scope, str, Resolution, HTTPError | None]:
    """
    Let the headers of an ASGI request choose a version.

    Args:
        router: The application's router.
        scope: The request's scope.
        path: Its path, without the prefix that the application is mounted under.

    Returns:
        The scope and the path that answer, what the router knows about them, and what is to be answered instead.
    """
    headers: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name, []).append(value)

    def get_header(name: str) -> str | None:
        values = headers.get(name.encode("latin-1"))
        return None if values is None else b", ".join(values).decode("latin-1")

    found, prefix, problem = choose_version(router, scope["method"], path, get_header)
    if not prefix:
        return scope, path, found, problem
    return move_scope(scope, path, prefix, _policy_of(router)), f"{prefix}{path}", found, None


def move_rsgi(router: CovetRouter, scope: RSGIScope) -> tuple[RSGIScope, Resolution, HTTPError | None]:
    """
    Let the headers of an RSGI request choose a version.

    Args:
        router: The application's router.
        scope: The request's scope.

    Returns:
        The scope that answers, what the router knows about it, and what is to be answered instead.
    """

    def get_header(name: str) -> str | None:
        values = scope.headers.get_all(name)
        return ", ".join(values) if values else None

    found, prefix, problem = choose_version(router, scope.method, scope.path, get_header)
    return (MovedScope(scope, prefix, _policy_of(router)) if prefix else scope), found, problem


class MovedScope:
    """
    The scope of an RSGI request as that of a version's path.

    Args:
        scope: The scope.
        prefix: What stands before the paths of the version.
        policy: What chose it.
    """

    def __init__(self, scope: RSGIScope, prefix: str, policy: Versioning) -> None:
        self._scope = scope
        self.path = f"{prefix}{scope.path}"
        self.headers = MovedHeaders(scope.headers, policy)

    # Any: whatever the server's scope has.
    def __getattr__(self, name: str) -> Any:
        return getattr(self._scope, name)


class MovedHeaders:
    """
    The headers of such a request.

    Args:
        headers: The headers.
        policy: What chose the version.
    """

    def __init__(self, headers: RSGIHeaders, policy: Versioning) -> None:
        self._headers = headers
        self._policy = policy

    def get(self, key: str) -> str | None:
        """Give the first value of a name."""
        value = self._headers.get(key)
        return None if value is None else self._policy.rewrite(key, value)

    def get_all(self, key: str) -> list[str]:
        """List the values of a name."""
        return [self._policy.rewrite(key, value) for value in self._headers.get_all(key)]

    def items(self) -> list[tuple[str, str]]:
        """List the pairs, those of one name together."""
        return [(name, self._policy.rewrite(name, value)) for name, value in self._headers.items()]

    def __contains__(self, key: str) -> bool:
        return key in self._headers

    def __len__(self) -> int:
        return len(self._headers)


def _policy_of(router: CovetRouter) -> Versioning:
    return router.versioning or PrefixVersioning()


def _is_known(found: Resolution) -> bool:
    return bool(found.route is not None or found.allowed or found.mount is not None or found.redirect is not None)
