"""
What a pool tells of itself.
"""

from typing import NamedTuple


class PoolStats(NamedTuple):
    """
    How a pool does.

    Attributes:
        size: How many connections there are, or are being opened.
        idle: How many of them nobody has.
        waiting: How many tasks wait for one.
        opened: How many were opened since the start.
        closed: How many were closed since the start.
        timeouts: How often a task waited in vain.
    """

    size: int
    idle: int
    waiting: int
    opened: int
    closed: int
    timeouts: int
