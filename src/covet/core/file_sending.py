"""
Bodies that need no stream: what was read as a whole, and files that the server sends by itself.

A server that sends a file frames it by the length that we name: of a file that shrinks meanwhile it sends less, and
cuts the connection (measured: granian 2.8.7), so that no client takes a part for the whole.
"""

from covet.core.rsgi_types import RSGIProtocol, WireHeaders
from covet.http.streamed_response import StreamedResponse
from covet.types import Message, Scope

_PATHSEND = "http.response.pathsend"


async def send_at_once(protocol: RSGIProtocol, response: StreamedResponse, headers: WireHeaders) -> bool:
    """
    Answer over RSGI without a stream, if that is possible.

    Args:
        protocol: The exchange.
        response: The response, prepared.
        headers: Its headers.

    Returns:
        Whether it was answered.

    Raises:
        HTTPError: If a file was replaced since its headers were made.
    """
    whole = response.whole
    if whole is not None:
        protocol.response_bytes(response.status_code, headers, whole)
        return True
    span = response.file_span
    if span is None or not _is_text(span.path):
        return False
    await response.confirm_span()
    if span.is_whole:
        protocol.response_file(response.status_code, headers, span.path)
    else:
        protocol.response_file_range(response.status_code, headers, span.path, span.start, span.end)
    return True


async def make_last(scope: Scope, response: StreamedResponse) -> Message | None:
    """
    Make the one message that is the body, over ASGI; `None` if it has to be streamed.

    Args:
        scope: The request's scope, which tells whether the server sends files.
        response: The response, prepared.

    Raises:
        HTTPError: As above.
    """
    whole = response.whole
    if whole is not None:
        return {"type": "http.response.body", "body": whole}
    span = response.file_span
    if span is None or not span.is_whole or _PATHSEND not in (scope.get("extensions") or ()) or not _is_text(span.path):
        return None
    await response.confirm_span()
    return {"type": _PATHSEND, "path": span.path}


def _is_text(path: str) -> bool:
    """Tell whether a path can be handed to a server: a name that is no UTF-8 cannot."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
