"""
What a server's process logs, and whose handlers do it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from covet.server.logs import configure_logging, server_log_config
from covet.server.options import LogLevel


@contextmanager
def cut_off() -> Iterator[logging.Logger]:
    """
    Give the logger of `covet` without any handlers, and put it back afterwards.

    A context of the test's own: pytest adds its handlers after the fixtures.
    """
    logger = logging.getLogger("covet")
    before = (logger.handlers, logger.level, logger.propagate)
    logger.handlers, logger.propagate = [], False
    try:
        yield logger
    finally:
        logger.handlers, logger.propagate = before[0], before[2]
        logger.setLevel(before[1])


def test_entries_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Without logging of the application's own, an entry is one line on standard error."""
    with cut_off() as logger:
        configure_logging("info")

        logger.getChild("server").info("Serving.")
        logger.getChild("server").debug("Not this.")

    assert capsys.readouterr().err.endswith("INFO    covet.server: Serving.\n")


def test_it_is_configured_once() -> None:
    """A forked worker that configures again does not write every line twice."""
    with cut_off() as logger:
        configure_logging("info")
        configure_logging("info")

        assert len(logger.handlers) == 1


def test_logging_of_the_application_is_left_alone() -> None:
    """Where the application handles entries, no handler is added."""
    with cut_off() as logger:
        own = logging.NullHandler()
        logger.addHandler(own)
        logger.propagate = True

        configure_logging("debug")

        assert logger.handlers == [own]
        assert logger.propagate is True


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
