"""
What follows a response: `on_finish` of the layers that were entered, then the deferred work.
"""

import logging
from collections.abc import Sequence

from covet.core.middleware import Layer, settle
from covet.http.request import Request
from covet.http.response import Response

logger = logging.getLogger("covet.errors")


async def finish(
    layers: Sequence[Layer], request: Request, response: Response | None, error: BaseException | None
) -> None:
    """Tell every layer that was entered that the exchange is over, the innermost first; failures are logged."""
    entered = getattr(request, "entered", 0)
    for layer in reversed(layers[:entered]):
        if "on_finish" not in layer.hooks:
            continue
        try:
            await settle(layer.middleware.on_finish(request, response, error))
        except Exception:
            logger.exception("%s.on_finish failed", layer.name)


async def run_afterwards(request: Request | None, response: Response | None) -> None:
    """Run what was deferred on the request and what the response brought."""
    if request is not None and request._deferred is not None:  # noqa: SLF001 - the property would make one
        await request._deferred.run()  # noqa: SLF001
    if response is not None and response.background is not None:
        await response.background.run()
