"""
Logging as the settings say, for as long as the application runs.
"""

from collections.abc import Callable
from typing import Final

from covet.config import LoggingSettings
from covet.config.known_secrets import conceal_known
from covet.core.lifespan import Step
from covet.logs import (
    LogHandler,
    begin_concealing,
    change_logging,
    configure_logging,
    end_concealing,
    release_logging,
)

NAME: Final = "logging"


def make_log_step(read: Callable[[], LoggingSettings], find_secrets: Callable[[], frozenset[str]] = frozenset) -> Step:
    """
    Make the step that applies the settings of the log.

    Where a server of ours writes the log, it goes on in the way that they say; where the application has set logging
    up by itself, nothing is touched.

    Args:
        read: Gives the settings at the moment.
        find_secrets: Gives what no entry may show, whatever error repeats it.
    """
    added: list[LogHandler] = []
    secrets: frozenset[str] = frozenset()

    def conceal(text: str) -> str:
        return conceal_known(text, secrets)

    async def begin() -> None:
        nonlocal secrets
        settings, secrets = read(), find_secrets()
        handler = configure_logging(settings.level, settings.format)
        if handler is not None:
            added.append(handler)
        else:
            change_logging(settings.level, settings.format)
        begin_concealing(conceal)

    async def end() -> None:
        end_concealing(conceal)
        while added:
            release_logging(added.pop())

    return NAME, begin, end
