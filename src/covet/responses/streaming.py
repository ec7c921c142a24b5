"""
Bodies that are sent while they are made.
"""

from covet.http.streamed_response import StreamedResponse


class StreamingResponse(StreamedResponse):
    """
    A response whose body comes in pieces, sent as they are made.

    The next piece is asked for when the network took the last one. A client that leaves ends the
    generator: its `finally` runs.

    Args:
        content: An iterable, asynchronous or not, of `bytes` or `str`. A plain one runs in a thread.
        status_code: The status.
        headers: Further headers.
        media_type: The `Content-Type`; `application/octet-stream` by default.

    Raises:
        ResponseError: If the content is no iterable of pieces.

    Example:
        >>> async def count():
        ...     for number in range(3):
        ...         yield f"{number};"
        >>> response = StreamingResponse(count(), media_type="text/plain")
        >>> [piece async for piece in response.stream()]
        [b'0;', b'1;', b'2;']
    """

    __slots__ = ()
