"""
The layer that counts requests, outside of all others.
"""

from asyncio import CancelledError
from time import perf_counter
from typing import Final

from covet.core.route import METHODS
from covet.exceptions import ClientDisconnectedError
from covet.http.request import Request
from covet.http.response import Response
from covet.metrics.prometheus import PrometheusExporter
from covet.middleware import Middleware
from covet.middleware.places import Place

_NO_ROUTE: Final = "none"
_OTHER: Final = "other"
_CLIENT_LEFT: Final = 499
_FAILED: Final = 500


class MetricsMiddleware(Middleware):
    """
    Count every request once it is over: after the last byte of a stream, or when it was cancelled (status 499).

    Args:
        exporter: What it is told to.
    """

    priority: int = Place.METRICS

    def __init__(self, exporter: PrometheusExporter) -> None:
        self._exporter = exporter

    def process_request(self, request: Request) -> None:
        """Look at the clock, unless somebody further out has done so."""
        if not hasattr(request, "began"):
            request.began = perf_counter()
        self._exporter.begin()

    def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """
        Count it.

        APPSEC: paths and methods that clients make up would each be a series of its own, and fill the memory.
        """
        route = request.route
        self._exporter.finish(
            request.method if request.method in METHODS else _OTHER,
            _NO_ROUTE if route is None else route.path,
            _find_status(response, error),
            perf_counter() - request.began,
        )


def _find_status(response: Response | None, error: BaseException | None) -> int:
    # What was cancelled is answered to nobody, whatever the answer says.
    if isinstance(error, ClientDisconnectedError | CancelledError) or (response is None and error is None):
        return _CLIENT_LEFT
    return _FAILED if response is None else response.status_code


__all__ = ["MetricsMiddleware"]
