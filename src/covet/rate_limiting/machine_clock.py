"""
A clock that all processes of a machine share, and that nobody sets.
"""

from pathlib import Path
from time import monotonic
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def read_machine_clock() -> float:
    """
    Give the seconds since some moment that is the same for all processes, until the machine starts anew.

    Example:
        >>> read_machine_clock() <= read_machine_clock()
        True
    """
    # On Linux, macOS and Windows it counts from the start of the machine.
    return monotonic()


def read_boot_id() -> str:
    """
    Name this run of the machine: another name means that its clock began anew. Empty where that is not known.

    It reads a file: not on the event loop.
    """
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""
