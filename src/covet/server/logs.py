"""
What a server writes while it runs: few lines, each of use.

It must never touch the logging that the application has set up: our handler is added only where
nobody handles our entries yet.
"""

import logging
import sys

from covet.server.options import LogLevel

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def configure_logging(level: LogLevel) -> None:
    """Write the entries of `covet` to standard error, unless the application handles them."""
    logger = logging.getLogger("covet")
    if logger.hasHandlers():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    # The root has no handler now; if the application adds one later, each entry would come twice.
    logger.propagate = False


def server_log_config(level: LogLevel, *loggers: str, access: str) -> dict[str, object]:
    """
    Make a `logging.config` dictionary for a server's own loggers.

    A server's "worker started" lines are of use when one looks for a fault, not every day: below
    `debug` only its warnings are written.
    """
    quiet = level if level in {"debug", "error", "critical"} else "warning"
    config: dict[str, object] = {"handlers": ["stderr"], "level": quiet.upper(), "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": FORMAT}, "access": {"format": "%(message)s"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"},
            "stdout": {"class": "logging.StreamHandler", "formatter": "access", "stream": "ext://sys.stdout"},
        },
        "loggers": {
            **{name: dict(config) for name in loggers},
            access: {"handlers": ["stdout"], "level": "INFO", "propagate": False},
        },
    }
