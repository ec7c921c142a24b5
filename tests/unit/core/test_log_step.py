"""
The log, while an application with settings runs.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest

from covet import CovetPy, create_app
from covet.config import LoggingSettings, Settings, Sources
from covet.core.log_step import make_log_step
from covet.logs import TextFormatter, configure_logging


@contextmanager
def cut_off() -> Iterator[logging.Logger]:
    """
    Give the logger of `covet` without any handlers, and put it back afterwards.

    A context of the test's own: pytest adds its handlers after the fixtures.
    """
    root, logger = logging.getLogger(), logging.getLogger("covet")
    before = (root.handlers, logger.handlers, logger.level, logger.propagate)
    root.handlers, logger.handlers, logger.propagate = [], [], True
    logger.setLevel(logging.NOTSET)
    try:
        yield logger
    finally:
        root.handlers, logger.handlers, logger.propagate = before[0], before[1], before[3]
        logger.setLevel(before[2])


def make_settings(**logging_values: Any) -> Settings:
    """Make settings of the log."""
    return Settings(logging=logging_values, sources=Sources.none())


async def test_an_application_logs_as_its_settings_say(capsys: pytest.CaptureFixture[str]) -> None:
    """From its start on, under any server; afterwards everything is as it was."""
    with cut_off() as logger:
        app = create_app(make_settings(level="warning", format="json"))
        await app.startup()
        logger.info("not this")
        logger.warning("this")
        await app.shutdown()

        assert (logger.handlers, logger.propagate, logger.level) == ([], True, logging.NOTSET)
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["this"]


async def test_an_application_without_settings_touches_nothing() -> None:
    """Who says nothing about the log keeps it."""
    with cut_off() as logger:
        app = CovetPy()
        await app.startup()

        assert logger.handlers == []
        await app.shutdown()


async def test_logging_of_ones_own_is_left_alone() -> None:
    """Where the application has set logging up, settings do not change it."""
    with cut_off() as logger:
        own = logging.StreamHandler(StringIO())
        logging.getLogger().addHandler(own)
        app = create_app(make_settings(level="debug", format="json"))
        await app.startup()

        assert (logger.handlers, logger.level, own.formatter) == ([], logging.NOTSET, None)
        await app.shutdown()


async def test_a_handler_of_the_server_goes_on_as_the_settings_say() -> None:
    """After a reload they may say something else; what stood on the command line stays, and so does the handler."""
    with cut_off() as logger:
        handler = configure_logging("info", fixed=("log_format",))
        _, begin, end = make_log_step(lambda: LoggingSettings(level="error", format="json"))

        await begin()
        level = logger.level
        assert end is not None
        await end()

        assert level == logging.ERROR
        assert logger.handlers == [handler]
        assert isinstance(logger.handlers[0].formatter, TextFormatter)
