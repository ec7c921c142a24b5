"""
What is checked: an application, its settings, and what its middleware answers to requests that are made up.
"""

from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from covet.config import Settings
from covet.core.configured_application import ConfiguredApplication
from covet.core.middleware import Middleware
from covet.core.route import Mount, Route
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware import (
    CORSMiddleware,
    CSRFMiddleware,
    HTTPSRedirectMiddleware,
    ProxyHeadersMiddleware,
    SecurityHeadersMiddleware,
    TrustedHostMiddleware,
)

MiddlewareT = TypeVar("MiddlewareT", bound=Middleware)

# RFC 2606 and RFC 5737: a name and an address that belong to nobody.
STRANGE_HOST = "deployment-check.invalid"
STRANGE_ADDRESS = "198.51.100.7"
_STRANGE_ORIGIN = f"https://{STRANGE_HOST}"
# RFC 9110 §9.2.1: what is asked with these methods changes nothing.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Subject:
    """
    An application as it would be deployed.

    Args:
        app: The application.
    """

    def __init__(self, app: ConfiguredApplication) -> None:
        self.app = app
        self.settings: Settings = app.settings
        # Any: middleware of every kind.
        self.layers: tuple[Any, ...] = tuple(app.layers)  # type: ignore[attr-defined]

    def find(self, cls: type[MiddlewareT]) -> MiddlewareT | None:
        """Return the application's middleware of a class."""
        return next((layer for layer in self.layers if isinstance(layer, cls)), None)

    @property
    def routes(self) -> Iterable[Route]:
        """The routes of the application, those of its routers included."""
        found: Iterable[Route] = getattr(getattr(self.app, "router", None), "routes", ())
        return found

    @property
    def mounts(self) -> Iterable[Mount]:
        """The ASGI applications that are mounted in it, those of its routers included."""
        found: Iterable[Mount] = getattr(getattr(self.app, "router", None), "mounts", ())
        return [mount for mount in found if mount.route is None]

    @staticmethod
    def changes(route: Route) -> bool:
        """Tell whether a route has a method that may change something."""
        return not _SAFE.issuperset(route.methods)

    def find_all(self, cls: type[MiddlewareT]) -> Iterator[tuple[str, MiddlewareT]]:
        """List the middleware of a class: the application's, and those of its routers and routes with the route."""
        yield from (("", layer) for layer in self.layers if isinstance(layer, cls))
        seen: set[int] = set()
        for route in self.routes:
            for item in route.all_middleware:
                if isinstance(item, cls) and id(item) not in seen:
                    seen.add(id(item))
                    yield str(route), item

    @cached_property
    # Any: middleware of every kind.
    def all_layers(self) -> Sequence[Any]:
        """The middleware around all routes and around some, each once."""
        around = [item for route in self.routes for item in route.all_middleware]
        return list({id(item): item for item in (*self.layers, *around)}.values())

    @property
    def worker_count(self) -> int:
        """How many processes serve, as the settings say or the server has said."""
        return max(self.app.worker_count, self.settings.server.workers)

    @cached_property
    def headers(self) -> Mapping[str, str] | None:
        """The security headers of a plain answer over `https`; `None` if nothing sets any."""
        layer = self.find(SecurityHeadersMiddleware)
        if layer is None:
            return None
        request = Request(url="https://example.com/")
        layer.process_request(request)
        return layer.process_response(request, Response("")).headers

    @cached_property
    def policy(self) -> Mapping[str, list[str]] | None:
        """The directives of the Content-Security-Policy; `None` if there is none."""
        text = (self.headers or {}).get("content-security-policy")
        if text is None:
            return None
        parts = [part.split() for part in text.split(";")]
        return {name: sources for name, *sources in parts}

    def may_read(self, origin: str = _STRANGE_ORIGIN) -> tuple[str, bool] | None:
        """
        Tell whether the pages of an origin may read answers: of which route, and whether with their visitors' cookies.

        Returns:
            The route, with no text for all of them; `None` if they may not.
        """
        for where, layer in self.find_all(CORSMiddleware):
            headers = layer.process_response(Request(headers={"origin": origin}), Response("")).headers
            if headers.get("access-control-allow-origin") in {"*", origin}:
                return where, headers.get("access-control-allow-credentials") == "true"
        return None

    @property
    def passes_other_sites(self) -> tuple[str, CSRFMiddleware] | None:
        """The middleware that ought to refuse what pages of other sites send and does not, and where it stands."""
        for where, layer in self.find_all(CSRFMiddleware):
            headers = {"host": "example.com", "origin": _STRANGE_ORIGIN, "sec-fetch-site": "cross-site"}
            if _lets_pass(layer, Request("POST", "https://example.com/", headers=headers)):
                return where, layer
        return None

    @property
    def answers_any_host(self) -> bool:
        """Whether a request for any host is answered."""
        layer = self.find(TrustedHostMiddleware)
        return layer is None or _lets_pass(layer, Request(headers={"host": STRANGE_HOST}))

    @property
    def believes_strangers(self) -> bool:
        """Whether somebody on the public net may say who they are."""
        layer = self.find(ProxyHeadersMiddleware)
        if layer is None:
            return False
        for address in (STRANGE_ADDRESS, "2001:db8::7", "8.8.8.8"):
            request = Request(
                headers={"x-forwarded-for": "192.0.2.1", "forwarded": "for=192.0.2.1"}, client=(address, 1)
            )
            layer.process_request(request)
            if request.client is not None and request.client.host == "192.0.2.1":
                return True
        return False

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS ends here, or at a proxy that is known."""
        server = self.settings.server
        return server.tls_certificate is not None or self.find(ProxyHeadersMiddleware) is not None

    @property
    def redirects(self) -> bool:
        """Whether what comes in the clear is sent to `https`."""
        return self.find(HTTPSRedirectMiddleware) is not None


def _lets_pass(layer: Middleware, request: Request) -> bool:
    """Tell whether a hook lets a request pass; one that waits for something, or fails, cannot be told about."""
    try:
        answer = layer.process_request(request)
        if isinstance(answer, Coroutine):
            answer.send(None)
            answer.close()
            return False
    except StopIteration as done:
        return done.value is None
    except Exception:  # noqa: BLE001 - it has refused, or a class of the user's needs an application that runs
        return False
    return answer is None
