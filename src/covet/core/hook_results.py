"""
What the hooks of middleware return: awaited where it has to be, and a response where it must be one.
"""

from typing import Any

from covet.exceptions import ResponseError
from covet.http.response import Response


# Any: a hook's result, whichever hook it was.
async def settle(result: Any) -> Any:
    """
    Await a hook's result if it has to be awaited.

    Example:
        >>> await settle(7)
        7
    """
    return await result if hasattr(result, "__await__") else result


def check_response(response: object, name: str, hook: str) -> Response:
    """
    Return what a layer answered if it is a response.

    Raises:
        ResponseError: If it is not; the text names the layer.

    Example:
        >>> check_response("text", "Stamp", "process_response")
        Traceback (most recent call last):
            ...
        covet.exceptions.ResponseError: Stamp.process_response returned str, expected Response.
          Return the response, at the end of the hook too.
    """
    if isinstance(response, Response):
        return response
    raise ResponseError(
        f"{name}{'.' if hook else ''}{hook} returned {type(response).__name__}, expected Response.",
        hint="Return the response, at the end of the hook too.",
    )


# Any: whatever the hook returned.
async def settle_response(response: Any, name: str, hook: str) -> Response | None:
    """
    Take what a hook returned that is not exactly a `Response`: a subclass of it, an awaitable, or a mistake.

    Returns:
        The response; `None` only if `process_request` goes on.

    Raises:
        ResponseError: If it is neither; the text names the layer.
    """
    settled = await settle(response)
    if settled is None and hook == "process_request":
        return None
    return check_response(settled, name, hook)
