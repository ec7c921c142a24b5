"""
What an entry of the log looks like, and whose handlers write it.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest

from covet.config import Secret
from covet.logs import (
    JSONFormatter,
    LogHandler,
    TextFormatter,
    change_logging,
    configure_logging,
    make_formatter,
    release_logging,
)

# Everything that a client may try: new lines of all kinds, a terminal's escapes, text that runs backwards.
NASTY = "eve\r\n2026-01-01 INFO covet: admin\x1b[31m\x00\x85\u2028\u202e\ud800"


def make_record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    """Make a record of a fixed moment."""
    record = logging.LogRecord("covet.shop", logging.WARNING, "", 0, message, args, None)
    record.created, record.msecs = 1_700_000_000.25, 250.0
    record.__dict__.update(extra)
    return record


def make_failure() -> logging.LogRecord:
    """Make a record of an error whose text has two lines."""
    record = make_record("It failed.")
    try:
        raise RuntimeError(f"no tea\n{NASTY}")
    except RuntimeError:
        record.exc_info = sys.exc_info()
    return record


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


# ── Entries ──────────────────────────────────────────────────────────────────


def test_json_has_the_members_that_programs_ask_for() -> None:
    """Time in UTC as RFC 3339 has it, level, logger, message."""
    entry = json.loads(JSONFormatter().format(make_record("%d teas", 3)))

    assert entry == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "logger": "covet.shop",
        "message": "3 teas",
    }


@pytest.mark.row(101)
@pytest.mark.parametrize("record", [make_record("no user %s", NASTY), make_failure()], ids=["message", "exception"])
def test_a_record_is_one_line_of_json(record: logging.LogRecord) -> None:
    """Whatever is in it, nothing but printable ASCII is written, and it is read back as it was."""
    line = JSONFormatter().format(record)

    assert line.isascii()
    assert line.isprintable()
    assert NASTY in json.loads(line)["exception" if record.exc_info else "message"]


def test_json_has_the_trace() -> None:
    """An exception is in the entry, whole."""
    entry = json.loads(JSONFormatter().format(make_failure()))

    assert entry["exception"].startswith("Traceback (most recent call last):")


def test_json_has_the_stack_that_was_asked_for() -> None:
    """`stack_info` is shown where a trace would be."""
    entry = json.loads(JSONFormatter().format(make_record("here", stack_info="Stack (most recent call last): …")))

    assert entry["exception"] == "Stack (most recent call last): …"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_secret_is_written(log_format: str) -> None:
    """A secret among the arguments is masked, and what a record carries besides is left out."""
    record = make_record("key %s", Secret("hunter2hunter2"), password="hunter2hunter2")

    line = make_formatter(log_format).format(record)  # type: ignore[arg-type]

    assert "hunter2" not in line
    assert "key **********" in line


@pytest.mark.row(101)
def test_text_marks_further_lines_and_escapes_the_rest() -> None:
    """No entry can be forged, and no terminal be spoken to."""
    line = TextFormatter("%(name)s: %(message)s").format(make_record("no user %s", NASTY))

    assert line == (
        "covet.shop: no user eve\\r\n  | 2026-01-01 INFO covet: admin\\x1b[31m\\x00\\x85\\u2028\\u202e\\ud800"
    )


def test_text_marks_the_lines_of_a_trace() -> None:
    """Only the first line of an entry begins at the margin."""
    lines = TextFormatter().format(make_failure()).split("\n")

    assert len(lines) > 4
    assert all(line.startswith("  | ") for line in lines[1:])


# ── Handlers ─────────────────────────────────────────────────────────────────


def test_a_change_holds_from_the_next_entry_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Level and format of our handlers follow the settings."""
    with cut_off() as logger:
        configure_logging("warning")
        logger.info("not this")

        change_logging("info", "json")
        logger.info("this")

    assert json.loads(capsys.readouterr().err)["message"] == "this"


@pytest.mark.parametrize(
    ("fixed", "level", "formatter"),
    [
        (("log_level",), logging.WARNING, JSONFormatter),
        (("log_format",), logging.DEBUG, TextFormatter),
        (("log_level", "log_format"), logging.WARNING, TextFormatter),
    ],
)
def test_what_was_said_on_the_command_line_stays(
    fixed: tuple[str, ...], level: int, formatter: type[logging.Formatter]
) -> None:
    """Settings do not change what is fixed."""
    with cut_off() as logger:
        configure_logging("warning", fixed=fixed)

        change_logging("debug", "json")

        assert logger.level == level
        assert type(logger.handlers[0].formatter) is formatter


def test_a_change_leaves_other_handlers_alone() -> None:
    """Logging that the application has set up is not ours to change."""
    with cut_off() as logger:
        own = logging.StreamHandler(StringIO())
        logger.addHandler(own)
        before = logger.level

        change_logging("debug", "json")

        assert (own.formatter, logger.level) == (None, before)


def test_the_format_of_a_server_follows_its_level_does_not() -> None:
    """Which of its own entries a server writes is decided at its start."""
    server = logging.getLogger("some_server")
    handler = LogHandler(StringIO())
    server.addHandler(handler)
    server.setLevel("ERROR")

    change_logging("debug", "json")

    assert isinstance(handler.formatter, JSONFormatter)
    assert server.level == logging.ERROR
    server.removeHandler(handler)


def test_it_can_be_undone() -> None:
    """Afterwards the logger is as it was."""
    with cut_off() as logger:
        handler = configure_logging("info")

        assert handler is not None
        release_logging(handler)
        assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)
