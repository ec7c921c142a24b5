"""
Reading a request's body within its limits.

Servers limit neither a body's size nor its speed, so both are enforced here, while reading: a body that
is too large is refused before it is held, one that trickles is given up.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from covet.deadlines import Deadline, resume
from covet.exceptions import BadRequestError, ContentTooLargeError, RequestTimeoutError

# Any: what a coroutine passes between itself and the event loop is theirs.
Step = Coroutine[Any, Any, bytes | None]
NextChunk = Callable[[], Step]

_MAX_DIGITS: Final = 19


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """
    How large a body may be, and how slow.

    Attributes:
        max_size: Bytes; `None` for no limit.
        grace: Seconds before the rate counts.
        min_rate: Bytes per second that must have come on average after the grace; 0 for no limit.
    """

    max_size: int | None = 1024 * 1024
    grace: float = 5.0
    min_rate: int = 240


DEFAULT_BODY_LIMITS: Final = BodyLimits()


def parse_content_length(text: bytes) -> int:
    """
    Read a `Content-Length`: digits and nothing else (RFC 9110 §8.6).

    Raises:
        BadRequestError: If it is anything else, such as `-1`, `+5` or `1_0`.

    Example:
        >>> parse_content_length(b"512")
        512
        >>> parse_content_length(b"+5")
        Traceback (most recent call last):
            ...
        covet.exceptions.BadRequestError: Content-Length must be a number of at most 19 digits.
    """
    # The digits of bytes are 0 to 9 alone, unlike those of text.
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise BadRequestError("Content-Length must be a number of at most 19 digits.")
    return int(text)


def check_declared_length(declared: bytes, limits: BodyLimits) -> int:
    """
    Read a `Content-Length`, and refuse the body by it before a byte of it is read.

    Raises:
        BadRequestError: If the header is malformed.
        ContentTooLargeError: If it is above the limit.
    """
    length = parse_content_length(declared)
    if limits.max_size is not None and length > limits.max_size:
        raise ContentTooLargeError(limit=limits.max_size)
    return length


class BodyReader:
    """
    Read the chunks of one body within its limits.

    Args:
        next_chunk: Makes a coroutine that waits for the next chunk and gives `None` after the last.
        limits: What is allowed.

    Example:
        >>> chunks = iter([b"ab", b"c", None])
        >>> async def next_chunk():
        ...     return next(chunks)
        >>> reader = BodyReader(next_chunk, BodyLimits(max_size=3))
        >>> await reader.read(), await reader.read(), await reader.read()
        (b'ab', b'c', None)
    """

    __slots__ = ("_limits", "_next_chunk", "_received", "_waited")

    def __init__(self, next_chunk: NextChunk, limits: BodyLimits) -> None:
        self._next_chunk = next_chunk
        self._limits = limits
        self._received = 0
        self._waited = 0.0

    async def read(self) -> bytes | None:
        """
        Wait for the next chunk, which may be empty; `None` is the end.

        Raises:
            ContentTooLargeError: As soon as more than the limit came.
            RequestTimeoutError: If the client sends too slowly.
        """
        step = self._next_chunk()
        try:
            waiting = step.send(None)
        except StopIteration as ended:
            # What is there already needs no deadline.
            return self.count(ended.value)
        return await self.wait(step, waiting)

    # Any: what the coroutine waits for is between it and the event loop.
    async def wait(self, step: Step, waiting: Any) -> bytes | None:
        """
        Wait for a chunk that was asked for by hand and was not there at once.

        Args:
            step: What `next_chunk` made.
            waiting: What its `send(None)` gave.

        Raises:
            ContentTooLargeError: As soon as more than the limit came.
            RequestTimeoutError: If the client sends too slowly.
        """
        limits = self._limits
        if not limits.min_rate:
            return self.count(await resume(step, waiting))
        # Only the time that the client takes counts, not that of whoever reads the chunks.
        deadline = Deadline(limits.grace + self._received / limits.min_rate - self._waited)
        try:
            with deadline:
                chunk = await resume(step, waiting)
        except TimeoutError as exc:
            if not deadline.is_expired:
                raise
            raise RequestTimeoutError("The body came too slowly.") from exc
        finally:
            self._waited += deadline.elapsed
        return self.count(chunk)

    def count(self, chunk: bytes | None) -> bytes | None:
        """
        Return a chunk that came, and count it.

        Raises:
            ContentTooLargeError: If it is more than the limit, together with those before.
        """
        if chunk is not None:
            self._received += len(chunk)
            max_size = self._limits.max_size
            if max_size is not None and self._received > max_size:
                raise ContentTooLargeError(limit=max_size)
        return chunk
