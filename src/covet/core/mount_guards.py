"""
What looks at a request before an application that is mounted gets it.

Middleware belongs to routes, and is not around what is mounted. What must not be missing there all the same, such as
the hosts that are answered for, says so by `guard_mount`: it is asked once for each mounted application, and only
requests for one of those pay for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from covet.core.asgi import ASGIRequest
from covet.core.middleware import read_priority
from covet.core.route import Mount
from covet.core.rsgi import RSGIRequest
from covet.core.rsgi_types import RSGIScope
from covet.exceptions import HTTPError
from covet.http.request import Request
from covet.types import Receive, Scope

MountGuard: TypeAlias = Callable[[Request], object]
"""Looks at the head of a request or a handshake, and raises an `HTTPError` to refuse it; the body is not for it."""


@dataclass(frozen=True, slots=True)
class MountBinding:
    """
    Where something is mounted.

    Attributes:
        prefix: The prefix.
        app: What is mounted.
        outer: The middleware around the one that is asked, the outermost first: the application's and its routers'.
        inner: The middleware inside of it.
    """

    prefix: str
    app: Any  # whatever can be called as ASGI has it
    outer: Sequence[object]
    inner: Sequence[object]

    @property
    def own(self) -> Sequence[object]:
        """The middleware of what is mounted, if it is an application of CovetPy."""
        found: Sequence[object] = getattr(self.app, "layers", ())
        return found


@runtime_checkable
class GuardsMounts(Protocol):
    """Middleware that looks at requests for mounted applications, too."""

    def guard_mount(self, binding: MountBinding, /) -> MountGuard | None:
        """
        Give what looks at the requests for a mounted application; `None` lets all of them pass.

        Args:
            binding: Where it is mounted.

        Raises:
            ConfigurationError: If the middleware cannot do its work there.
        """
        ...


def bind_mount(mount: Mount, layers: Sequence[object]) -> None:
    """
    Have each middleware that wants to look at the requests for a mounted application.

    Args:
        mount: The mounted application; files have the middleware around them.
        layers: The application's middleware, the outermost first.

    Raises:
        ConfigurationError: If one cannot do its work there.
    """
    if mount.route is not None:
        return
    around = [*layers, *sorted((item for group in mount.groups for item in group.middleware), key=read_priority)]
    guards: list[MountGuard] = []
    for index, item in enumerate(around):
        if isinstance(item, GuardsMounts) and not isinstance(item, type):
            guard = item.guard_mount(MountBinding(mount.prefix, mount.app, around[:index], around[index + 1 :]))
            if guard is not None:
                guards.append(guard)
    mount.guards = tuple(guards)


# Any: the application and what is compiled of it, here and below.
def make_asgi_request(app: Any, compiled: Any, scope: Scope, receive: Receive) -> Request:
    """
    Make what those see who look at a request, or a handshake, that came over ASGI.

    Args:
        app: The application.
        compiled: What stands for no route.
        scope: The scope.
        receive: The server's.
    """
    request: Request = ASGIRequest().begin(compiled, app, {"method": "GET", **scope}, receive, None, ())
    return request


def make_rsgi_request(app: Any, compiled: Any, scope: RSGIScope, protocol: Any) -> Request:
    """
    Make the same of one that came over RSGI.

    Args:
        app: The application.
        compiled: What stands for no route.
        scope: Its head.
        protocol: The server's.
    """
    request: Request = RSGIRequest().begin(compiled, app, scope, protocol, ())
    return request


def find_refusal(guards: Sequence[MountGuard], request: Request) -> HTTPError | None:
    """
    Ask what looks at the requests for a mounted application.

    Args:
        guards: All of it, the outermost first.
        request: The request, or what a handshake was.
    """
    try:
        for guard in guards:
            guard(request)
    except HTTPError as exc:
        return exc
    return None


__all__ = [
    "GuardsMounts",
    "MountBinding",
    "MountGuard",
    "bind_mount",
    "find_refusal",
    "make_asgi_request",
    "make_rsgi_request",
]
