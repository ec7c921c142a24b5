"""
Layers that want to know which route they are around.
"""

from collections.abc import Sequence
from typing import Any, cast

from covet import CovetPy, Request, Response
from covet.core.layer_binding import BindsToRoutes, LayerBinding, check_mounts
from covet.core.middleware import Middleware
from covet.core.route import Mount, RouteGroup
from covet.exceptions import ConfigurationError
from covet.testing import TestClient


class Stamp(Middleware):
    """A layer that says which route it is around."""

    def __init__(self, text: str = "unbound") -> None:
        self.text = text
        self.seen: list[LayerBinding] = []

    def bind_route(self, binding: LayerBinding) -> Middleware | None:
        self.seen.append(binding)
        return None if binding.route.path == "/plain" else Stamp(binding.route.path)

    def process_response(self, request: Request, response: Response) -> Response:
        response.headers["x-stamp"] = self.text
        return response


async def test_a_layer_is_another_for_each_route_or_none() -> None:
    """It is asked when the route is compiled, and sees what stands around it."""

    async def outer(request, call_next):  # type: ignore[no-untyped-def]
        return await call_next(request)

    stamp = Stamp()
    app = CovetPy(middleware=[outer, stamp])

    @app.get("/a")
    async def one() -> str:
        return "one"

    @app.get("/plain")
    async def plain() -> str:
        return "plain"

    async with TestClient(app) as client:
        headers = [(await client.get(path)).headers.get("x-stamp") for path in ("/a", "/plain")]

    assert headers == ["/a", None]
    assert isinstance(stamp, BindsToRoutes)
    binding = stamp.seen[0]
    assert (list(binding.outer), list(binding.inner), binding.app) == ([outer], [], app)


async def test_who_does_not_ask_is_not_asked() -> None:
    """A layer without the method stays what it is."""
    assert not isinstance(Middleware(), BindsToRoutes)


class NeededAround(Middleware):
    """Middleware that must not be missing around a mounted application."""

    def process_request(self, request: Request) -> None:
        """Let all in."""

    def check_mount(self, prefix: str, inner: Sequence[object]) -> None:
        """Say where it would be missing."""
        raise ConfigurationError(f"missing around {prefix}, inside {len(inner)}")


def test_middleware_of_a_router_is_asked_about_its_mounts() -> None:
    """An instance is, and about applications alone: what is around a router is around its files."""

    async def inner(request, call_next):  # type: ignore[no-untyped-def]
        return await call_next(request)

    group = RouteGroup([inner, NeededAround(), NeededAround, "no.module:Name"])
    app = CovetPy()
    mounts = [
        Mount("", app, groups=(RouteGroup(), group)),
        Mount("/files", app, route=cast("Any", object()), groups=(group,)),
    ]

    assert [str(error) for error in check_mounts(mounts)] == ["missing around /, inside 2"]
    assert list(check_mounts([Mount("/alone", app)])) == []
