"""
Hold what the five middleware have in common, however they are written: options, constants, the limiter's table.
"""

import os
import time

ALLOWED_ORIGINS = frozenset({"https://example.com"})
SECURITY_HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("cross-origin-opener-policy", "same-origin"),
)
MINIMUM_SIZE = 500
REQUEST_LIMIT = 1_000_000_000  # high enough that a benchmark never meets it
WINDOW = 60.0
MAX_CLIENTS = 10_000


def make_request_id() -> str:
    """
    Return 128 random bits as text.
    """
    return os.urandom(16).hex()


class Windows:
    """
    Count requests per client in fixed windows, in memory, for a bounded number of clients.
    """

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, client: str) -> int:
        """
        Count one request and return how many the client has left; negative means too many.
        """
        now = time.monotonic()
        end, used = self._windows.get(client, (0.0, 0))
        if now >= end:
            if len(self._windows) >= MAX_CLIENTS:
                self._windows.clear()
            end, used = now + WINDOW, 0
        self._windows[client] = (end, used + 1)
        return REQUEST_LIMIT - used - 1
