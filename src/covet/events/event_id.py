"""
The identifiers of events: UUIDs that sort by the time they were made (RFC 9562 §5.7, version 7).

It must never give one out twice, and in one process never a smaller one after a greater.
"""

import time
from os import urandom
from threading import Lock
from typing import Final

_COUNTER_BITS: Final = 42
_RANDOM_BITS: Final = 32
_VERSION_7: Final = 7 << 76
_VARIANT: Final = 2 << 62

_lock: Final = Lock()
_millisecond = 0
_counter = 0


def make_event_id() -> str:
    """
    Make a UUID of version 7 that is greater than every one made before in this process.

    Example:
        >>> first, second = make_event_id(), make_event_id()
        >>> len(first), first[14], first < second
        (36, '7', True)
    """
    global _millisecond, _counter
    random = urandom(10)
    now = time.time_ns() // 1_000_000
    with _lock:
        if now > _millisecond:
            _millisecond = now
            # RFC 9562 §6.2, method 1: a counter that starts at random, its first bit 0 so that it can count on.
            _counter = int.from_bytes(random[:6]) >> 7
        else:
            # A clock that was set back counts on where it stood.
            _counter += 1
            if _counter >> _COUNTER_BITS:
                _millisecond += 1
                _counter = 0
        millisecond, counter = _millisecond, _counter
    high, low = counter >> 30, counter & 0x3FFF_FFFF
    tail = int.from_bytes(random[6:])
    number = millisecond << 80 | _VERSION_7 | high << 64 | _VARIANT | low << _RANDOM_BITS | tail
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
