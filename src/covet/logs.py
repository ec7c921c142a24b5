"""
What the framework writes to the log: one entry for each record, whatever a client has put into it.

It must never touch the logging that the application has set up: our handler is added only where nobody handles our
entries yet.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Final, Literal, TextIO

__all__ = ["JSONFormatter", "LogFormat", "LogLevel", "TextFormatter", "make_formatter"]

LogLevel = Literal["debug", "info", "warning", "error", "critical"]
Conceal = Callable[[str], str]
LogFormat = Literal["text", "json"]

FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"

current_request_id: Final[ContextVar[str | None]] = ContextVar("covet.request_id", default=None)
"""The id of the request that is being answered, if `RequestIDMiddleware` gives it one."""

_LOGGER_NAME: Final = "covet"
_CONTINUED: Final = "\n  | "


class TextFormatter(logging.Formatter):
    r"""
    Write a record for people.

    APPSEC: what a client sends must not look like an entry of its own, nor speak to a terminal: further lines are
    marked, and what cannot be printed is escaped.

    Args:
        line: The form of a line, as `logging` writes it.

    Example:
        >>> name = "eve\nINFO shop: \x1b[31mgone"
        >>> record = logging.LogRecord("shop", logging.INFO, "", 0, "no user %s", (name,), None)
        >>> print(TextFormatter("%(levelname)s %(name)s: %(message)s").format(record))
        INFO shop: no user eve
          | INFO shop: \x1b[31mgone
    """

    def __init__(self, line: str = FORMAT) -> None:
        super().__init__(line)

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; its further lines, a trace's too, begin with a bar."""
        text = super().format(record)
        return text if text.isprintable() else _CONTINUED.join(map(_escape, text.split("\n")))


class JSONFormatter(logging.Formatter):
    r"""
    Write a record for programs: one line of JSON.

    Its members are `time` (RFC 3339, in UTC), `level`, `logger`, `message`, `request_id` where there is one, what
    `RequestLoggingMiddleware` tells of a request, and `exception` if there is one. What a record carries besides, such
    as `extra`, is left out: nobody has looked whether it is secret.

    Example:
        >>> record = logging.LogRecord("shop", logging.INFO, "", 0, "no user %s", ("eve\n",), None)
        >>> record.created, record.msecs = 0.0, 0.0
        >>> print(JSONFormatter().format(record))
        {"time": "1970-01-01T00:00:00.000Z", "level": "info", "logger": "shop", "message": "no user eve\n"}
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line."""
        # Loaded here: `import covet` has no need of it.
        from json import dumps

        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = current_request_id.get()
        if request is not None:
            entry["request_id"] = request
        # Any member: the middleware has looked at what it tells.
        entry |= getattr(record, "covet_members", {})
        # What was written of a trace before has its secrets hidden.
        traces = [record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")]
        if record.stack_info:
            traces.append(self.formatStack(record.stack_info))
        if any(traces):
            entry["exception"] = "\n".join(filter(None, traces))
        # APPSEC: ASCII only, so that no line separator and no control character is left.
        return dumps(entry, default=str)


def make_formatter(log_format: LogFormat, *, line: str = FORMAT) -> logging.Formatter:
    """
    Make the formatter of a format, for logging of one's own.

    Args:
        log_format: `"text"` or `"json"`.
        line: The form of a line of text.

    Example:
        >>> type(make_formatter("json")).__name__
        'JSONFormatter'
    """
    return JSONFormatter() if log_format == "json" else TextFormatter(line)


class LogHandler(logging.StreamHandler[TextIO]):
    """
    A handler whose format can change while the application runs.

    Args:
        stream: Where to write; standard error by default.
        log_format: `"text"` or `"json"`.
        line: The form of a line of text.
        fixed: Which of `"log_level"` and `"log_format"` settings do not change: somebody has said what they are.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        log_format: LogFormat = "text",
        line: str = FORMAT,
        fixed: Iterable[str] = (),
    ) -> None:
        super().__init__(sys.stderr if stream is None else stream)
        self.fixed = frozenset(fixed)
        self._line = line
        self._concealing: list[Conceal] = []
        self.setFormatter(make_formatter(log_format, line=line))

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, without what an application has said to be secret."""
        text = super().format(record)
        for conceal in self._concealing:
            text = conceal(text)
        return text

    def begin_concealing(self, conceal: Conceal) -> None:
        """Take something out of every entry from now on."""
        self._concealing.append(conceal)

    def end_concealing(self, conceal: Conceal) -> None:
        """Write entries again as they are."""
        if conceal in self._concealing:
            self._concealing.remove(conceal)

    def set_format(self, log_format: LogFormat) -> None:
        """Write in another format from the next entry on, unless it is fixed."""
        if "log_format" not in self.fixed:
            self.setFormatter(make_formatter(log_format, line=self._line))


def configure_logging(
    level: LogLevel, log_format: LogFormat = "text", *, fixed: Iterable[str] = ()
) -> LogHandler | None:
    """
    Write the entries of `covet` to standard error, unless somebody handles them already.

    Args:
        level: The least severe entries that are written.
        log_format: How they are written.
        fixed: See `LogHandler`.

    Returns:
        The handler; `None` if none was added.
    """
    logger = logging.getLogger(_LOGGER_NAME)
    if logger.hasHandlers():
        return None
    handler = LogHandler(log_format=log_format, fixed=fixed)
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    # The root has no handler now; if the application adds one later, each entry would come twice.
    logger.propagate = False
    return handler


def change_logging(level: LogLevel, log_format: LogFormat) -> None:
    """
    Write from now on as settings say, wherever a handler of ours does it; what is fixed stays.

    The format is that of a server's own entries, too; which of those are written was decided at its start.

    Args:
        level: The least severe entries that are written.
        log_format: How they are written.
    """
    for name, handler in _find_handlers():
        handler.set_format(log_format)
        if name == _LOGGER_NAME and "log_level" not in handler.fixed:
            logging.getLogger(name).setLevel(level.upper())


def begin_concealing(conceal: Conceal) -> None:
    """
    Take the secrets of an application out of what is written from now on, wherever a handler of ours does it.

    Args:
        conceal: Takes them out of a text.
    """
    for _, handler in _find_handlers():
        handler.begin_concealing(conceal)


def end_concealing(conceal: Conceal) -> None:
    """Undo what `begin_concealing` did."""
    for _, handler in _find_handlers():
        handler.end_concealing(conceal)


def release_logging(handler: LogHandler) -> None:
    """Undo what `configure_logging` did."""
    logger = logging.getLogger(_LOGGER_NAME)
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


def _find_handlers() -> Iterator[tuple[str, LogHandler]]:
    for name, logger in list(logging.root.manager.loggerDict.items()):
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, LogHandler):
                yield name, handler


def _escape(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
