"""
Who calls: the place in an application's own code, for errors and the log.
"""

import sys
from typing import Final

# What stands between the application and a connection.
_FRAMEWORK: Final = ("covet.", "contextlib", "asyncio.")


def describe_caller() -> str:
    """
    Name the function of the application that called, with its file and line.

    Example:
        >>> def serve():
        ...     return describe_caller()
        >>> serve().startswith("serve() in ")
        True
    """
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads source files
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_FRAMEWORK):
        frame = frame.f_back
    return f"{frame.f_code.co_qualname}() in {frame.f_code.co_filename}:{frame.f_lineno}"
