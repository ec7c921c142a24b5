"""
What the servers themselves write while they run: few lines, each of use.
"""

from covet.logs import FORMAT, LogFormat, LogLevel


def server_log_config(
    level: LogLevel, *loggers: str, access: str, log_format: LogFormat = "text", fixed: tuple[str, ...] = ()
) -> dict[str, object]:
    """
    Make a `logging.config` dictionary for a server's own loggers.

    A server's "worker started" lines are of use when one looks for a fault, not every day: below
    `debug` only its warnings are written.

    Args:
        level: The level of the application's entries.
        *loggers: The names of the server's loggers.
        access: The name of the one that requests are written to.
        log_format: How the entries are written.
        fixed: See `covet.logs.LogHandler`.
    """
    quiet = level if level in {"debug", "error", "critical"} else "warning"
    config: dict[str, object] = {"handlers": ["stderr"], "level": quiet.upper(), "propagate": False}
    handler = {"()": "covet.logs.LogHandler", "log_format": log_format, "fixed": fixed}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "stderr": {**handler, "stream": "ext://sys.stderr", "line": FORMAT},
            "stdout": {**handler, "stream": "ext://sys.stdout", "line": "%(message)s"},
        },
        "loggers": {
            **{name: dict(config) for name in loggers},
            access: {"handlers": ["stdout"], "level": "INFO", "propagate": False},
        },
    }
