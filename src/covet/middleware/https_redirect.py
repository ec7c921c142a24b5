"""
Nothing in the clear: what comes by `http` is sent to `https`.
"""

from collections.abc import Collection
from typing import Any, Final

from covet.core.middleware import Middleware
from covet.exceptions import PermissionDeniedError
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

_check: Final = OptionChecks("HTTPSRedirectMiddleware")


class HTTPSRedirectMiddleware(Middleware):
    """
    Redirect requests that came by `http` to the same URL by `https`; 308, so that method and body stay.

    Behind a proxy that ends TLS, the scheme is the client's only with `ProxyHeadersMiddleware`: without it every
    request seems to be in the clear, and is redirected for ever. WebSockets in the clear are refused with 403.

    Args:
        port: The port of `https`; 443 by default.
        exempt: Paths that are answered in the clear, such as those of a load balancer's health checks.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[HTTPSRedirectMiddleware(exempt=["/health"])])
        >>> response = await TestClient(app).get("/menu?tea=green", headers={"Host": "example.com:80"})
        >>> response.status_code, response.headers["location"]
        (308, 'https://example.com/menu?tea=green')
    """

    priority: int = Place.HTTPS_REDIRECT

    @refuse_unknown
    def __init__(self, *, port: int | None = None, exempt: Collection[str] = ()) -> None:
        if port is not None and not 0 < _check.count("port", port, minimum=1) <= 65_535:
            raise _check.fail("port", f"is {port}, expected at most 65535.", "Leave it out for 443.")
        self._port = None if port == 443 else port
        self._exempt = frozenset(_check.texts("exempt", exempt))
        for path in self._exempt:
            if not path.startswith("/"):
                raise _check.fail("exempt", f"has {path!r}, expected paths.", f"Write {'/' + path!r}.")

    def process_request(self, request: Request) -> Response | None:
        """Redirect a request that came in the clear."""
        if request.scheme == "https" or request.path in self._exempt:
            return None
        target = request.url.replace(scheme="https", port=self._port)
        return Response(None, 308, headers={"location": str(target)})

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    def websocket_connect(self, websocket: Any) -> None:
        """
        Refuse a WebSocket in the clear: its client follows no redirect.

        Raises:
            PermissionDeniedError: If it is.
        """
        if websocket.request.scheme not in {"wss", "https"} and websocket.path not in self._exempt:
            raise PermissionDeniedError("WebSockets are served by wss alone.")


__all__ = ["HTTPSRedirectMiddleware"]
