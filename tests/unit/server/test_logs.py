"""
What the servers themselves write.
"""

import logging
from logging.config import dictConfig

import pytest

from covet.logs import LogHandler, LogLevel
from covet.server.logs import server_log_config


@pytest.mark.parametrize(
    ("level", "expected"), [("debug", "DEBUG"), ("info", "WARNING"), ("warning", "WARNING"), ("error", "ERROR")]
)
def test_a_server_talks_only_when_something_is_wrong(level: LogLevel, expected: str) -> None:
    """A server's own loggers write warnings, unless faults are looked for or fewer lines are asked for."""
    config = server_log_config(level, "quiet", access="access")

    assert config["loggers"] == {
        "quiet": {"handlers": ["stderr"], "level": expected, "propagate": False},
        "access": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
    }


def test_requests_are_entries_of_the_same_format(capsys: pytest.CaptureFixture[str]) -> None:
    """Both handlers of a server are ours: what a client sends stays one entry, in JSON if it is asked for."""
    dictConfig(server_log_config("info", "quiet", access="access", log_format="json", fixed=("log_format",)))

    logging.getLogger("access").info("GET /\n/forged")
    handler = logging.getLogger("quiet").handlers[0]

    assert '"logger": "access", "message": "GET /\\n/forged"}' in capsys.readouterr().out
    assert isinstance(handler, LogHandler)
    assert handler.fixed == {"log_format"}
    for name in ("access", "quiet"):
        logging.getLogger(name).handlers.clear()


@pytest.mark.row(101)
def test_a_line_of_text_holds_one_request(capsys: pytest.CaptureFixture[str]) -> None:
    """A path cannot begin a line of its own."""
    dictConfig(server_log_config("info", "quiet", access="access"))

    logging.getLogger("access").info("GET /\nGET /forged\x1b[31m")

    assert capsys.readouterr().out == "GET /\n  | GET /forged\\x1b[31m\n"
    for name in ("access", "quiet"):
        logging.getLogger(name).handlers.clear()
