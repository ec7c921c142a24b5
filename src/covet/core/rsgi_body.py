"""
The body of a request that came over RSGI, and whether it came whole.

Granian (measured: 2.8.7) hands a body that was cut off, or is malformed, to who iterates over it as if it were whole.
Two things tell. A declared length is not reached. And without one, the end of a whole body is one empty piece; a body
that failed ends with two, the first of which stands for its error.
"""

from collections.abc import AsyncIterator
from typing import Final

from covet.core.rsgi_types import RSGIProtocol
from covet.exceptions import ClientDisconnectedError

LEFT: Final = "The client left before the end of its request."


class BrokenBodyError(ClientDisconnectedError):
    """
    A chunked body ended with an error, which may be any of three: the client may still be there, and is told.

    Attributes:
        answer: What it is told.
    """

    answer: Final = "The chunked body has trailers, is malformed, or did not come whole."

    def __init__(self) -> None:
        super().__init__(self.answer)


class RSGIBody:
    """
    Read the body of one request in pieces.

    Args:
        protocol: The server's; nobody else may read from it.
        declared: The `Content-Length`, if there is a valid one.
        version: That of HTTP. In HTTP/2 empty pieces are usual, so a body without a length is trusted.
    """

    __slots__ = ("_chunks", "_empty", "_missing", "_most_empty")

    def __init__(self, protocol: RSGIProtocol, declared: int | None, version: str) -> None:
        self._chunks = aiter(protocol)
        self._missing = declared
        self._empty = 0
        # APPSEC: trailers look the same as an error, and are refused with it.
        self._most_empty = None if version == "2" else 1

    async def next_chunk(self) -> bytes | None:
        """
        Wait for the next piece, which may be empty; `None` is the end.

        Raises:
            BrokenBodyError: If a chunked body is not whole, or seems not to be.
            ClientDisconnectedError: If any other is not.
        """
        chunk = await next_chunk(self._chunks)
        if chunk is None:
            if self._missing is None:
                if self._most_empty is not None and self._empty > self._most_empty:
                    raise BrokenBodyError
            elif self._missing > 0:
                raise ClientDisconnectedError(LEFT)
        elif not chunk:
            self._empty += 1
        else:
            self._empty = 0
            if self._missing is not None:
                self._missing -= len(chunk)
        return chunk


async def next_chunk(chunks: AsyncIterator[bytes]) -> bytes | None:
    """
    Read the next piece of a request's body; `None` at its end.

    Raises:
        ClientDisconnectedError: If the server says that the client has left.
    """
    # Not `anext(chunks, None)`: with Granian 2.8.7 on CPython 3.11 that ends the process (segmentation fault).
    try:
        return await anext(chunks)
    except StopAsyncIteration:
        return None
    except RuntimeError as exc:
        # Granian's RSGIProtocolClosed; its module is no dependency.
        raise ClientDisconnectedError(LEFT) from exc
