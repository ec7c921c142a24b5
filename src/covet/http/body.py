"""
Reading a request's body within its limits.

Servers limit neither a body's size nor its speed, so both are enforced here, while reading: a body that
is too large is refused before it is held, one that trickles is given up.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from covet.deadlines import Deadline
from covet.exceptions import BadRequestError, ContentTooLargeError, RequestTimeoutError

NextChunk = Callable[[], Awaitable[bytes | None]]

_LENGTH: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


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


def parse_content_length(text: str) -> int:
    """
    Read a `Content-Length`: digits and nothing else (RFC 9110 §8.6).

    Raises:
        BadRequestError: If it is anything else, such as `-1`, `+5` or `1_0`.

    Example:
        >>> parse_content_length("512")
        512
        >>> parse_content_length("+5")
        Traceback (most recent call last):
            ...
        covet.exceptions.BadRequestError: Content-Length must be a number of at most 19 digits.
    """
    if _LENGTH.fullmatch(text) is None:
        raise BadRequestError("Content-Length must be a number of at most 19 digits.")
    return int(text)


def check_declared_length(declared: str | None, limits: BodyLimits) -> int | None:
    """
    Refuse a body by its `Content-Length`, before a byte of it is read.

    Raises:
        BadRequestError: If the header is malformed.
        ContentTooLargeError: If it is above the limit.
    """
    if declared is None:
        return None
    length = parse_content_length(declared)
    if limits.max_size is not None and length > limits.max_size:
        raise ContentTooLargeError(limit=limits.max_size)
    return length


async def read_chunks(next_chunk: NextChunk, limits: BodyLimits) -> AsyncIterator[bytes]:
    """
    Yield a body's chunks within its limits.

    Args:
        next_chunk: Waits for the next chunk; answers `None` after the last.
        limits: What is allowed.

    Raises:
        ContentTooLargeError: As soon as more than the limit came.
        RequestTimeoutError: If the client sends too slowly.
    """
    received = 0
    spent = 0.0
    while True:
        # The time that the consumer of the chunks takes must not count against the client.
        deadline = Deadline(limits.grace + received / limits.min_rate - spent) if limits.min_rate else None
        if deadline is None:
            chunk = await next_chunk()
        else:
            try:
                with deadline:
                    chunk = await next_chunk()
            except TimeoutError as exc:
                raise RequestTimeoutError("The body came too slowly.") from exc
            spent += deadline.elapsed
        if chunk is None:
            return
        received += len(chunk)
        if limits.max_size is not None and received > limits.max_size:
            raise ContentTooLargeError(limit=limits.max_size)
        if chunk:
            yield chunk
