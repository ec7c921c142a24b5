"""
Logging as the settings say, for as long as the application runs.
"""

from collections.abc import Callable
from typing import Final

from covet.config import LoggingSettings
from covet.core.lifespan import Step
from covet.logs import LogHandler, change_logging, configure_logging, release_logging

NAME: Final = "logging"


def make_log_step(read: Callable[[], LoggingSettings]) -> Step:
    """
    Make the step that applies the settings of the log.

    Where a server of ours writes the log, it goes on in the way that they say; where the application has set logging
    up by itself, nothing is touched.

    Args:
        read: Gives the settings at the moment.
    """
    added: list[LogHandler] = []

    async def begin() -> None:
        settings = read()
        handler = configure_logging(settings.level, settings.format)
        if handler is not None:
            added.append(handler)
        else:
            change_logging(settings.level, settings.format)

    async def end() -> None:
        while added:
            release_logging(added.pop())

    return NAME, begin, end
