"""
What follows a response: `on_finish` of the layers that were entered, then the deferred work.

A stream that fails before its first piece is answered here, too: the layers have seen its response leave by then.
"""

import logging
from collections.abc import Sequence

from covet.core.errors import make_error_response, unwrap
from covet.core.middleware import Layer, settle
from covet.exceptions import ResponseError
from covet.http.request import Request
from covet.http.response import Response
from covet.http.streamed_response import StreamedResponse

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
        except (Exception, SystemExit, KeyboardInterrupt):
            logger.exception("%s.on_finish failed", layer.name)


async def run_afterwards(request: Request | None, response: Response | None) -> None:
    """Run what was deferred on the request and what the response brought."""
    if request is not None and request._deferred is not None:  # noqa: SLF001 - the property would make one
        await request._deferred.run()  # noqa: SLF001
    if response is not None and response.background is not None:
        await response.background.run()


async def answer_late(request: Request, exc: BaseException) -> Response:
    """
    Answer an error of a stream that has not begun: by the route's exception handlers, else as the framework does.

    Args:
        request: The request.
        exc: The error.
    """
    error = unwrap(exc)
    compiled = None if request.route is None else request.route.endpoint
    if compiled is None:
        return make_error_response(request, error)
    response: Response = await compiled.answers.answer(request, error, 0)
    if isinstance(response, StreamedResponse):
        # It could fail in the same way, for ever.
        return make_error_response(request, ResponseError("A stream's error cannot be answered with a stream."))
    return response
