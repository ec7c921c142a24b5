"""
Which trace a request belongs to: the header `traceparent` of the W3C's Trace Context.
"""

import os
import re
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from secrets import token_hex
from struct import Struct
from typing import Final, NamedTuple

# Trace Context §3.2: version 00; a later one may say more behind it.
_PARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_MAX_LENGTH: Final = 512
_SAMPLED: Final = 1
# PERF: half of what the constructor costs (benchmarks/production.py).
_make: Final = tuple.__new__
# The ids of a trace and of a span, and how many are drawn at once.
_IDS: Final = Struct("16s8s")
_SEVERAL: Final = 64


class TraceContext(NamedTuple):
    """
    Where a request stands in a trace.

    Attributes:
        trace_id: The trace, 32 hexadecimal digits.
        span_id: This request, 16 hexadecimal digits.
        parent_id: Who asks; `None` if the trace begins here.
        is_sampled: Whether who asks keeps the trace.
    """

    trace_id: str
    span_id: str
    parent_id: str | None = None
    is_sampled: bool = False

    @property
    def traceparent(self) -> str:
        """
        The header for a request that this one makes.

        Example:
            >>> TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", is_sampled=True).traceparent
            '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
        """
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.is_sampled else 0:02x}"


# PERF: the randomness of many at once, cut in C: half of what one call for each takes (benchmarks/production.py).
_ids: Final[Iterator[tuple[bytes, bytes]]] = chain.from_iterable(
    iter(lambda: _IDS.iter_unpack(os.urandom(_IDS.size * _SEVERAL)), None)
)
# APPSEC: two processes never give the same id: what was drawn before a fork is for the parent alone.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: deque(islice(_ids, _SEVERAL), maxlen=0))


def begin_trace() -> TraceContext:
    """
    Begin a trace.

    Example:
        >>> len(begin_trace().trace_id), begin_trace() == begin_trace()
        (32, False)
    """
    trace, span = next(_ids)
    return _make(TraceContext, (trace.hex(), span.hex(), None, False))


def read_trace_context(header: str | None) -> TraceContext:
    """
    Go on with the trace that a header names; begin one if it names none, or is malformed.

    Example:
        >>> context = read_trace_context("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        >>> context.trace_id, context.parent_id, context.is_sampled, len(context.span_id)
        ('4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', True, 16)
        >>> read_trace_context("nonsense").parent_id is None
        True
    """
    match = _PARENT.fullmatch(header) if header and len(header) <= _MAX_LENGTH else None
    if match is None or (match[1] == "00" and match[5]):
        return begin_trace()
    return TraceContext(match[2], token_hex(8), match[3], bool(int(match[4], 16) & _SAMPLED))
