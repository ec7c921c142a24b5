"""
Traces of errors as they may be written: without the secrets of the settings, and without what the request brought.

An error's text is somebody else's: libraries put addresses with passwords into it, and handlers what they were sent.
"""

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from covet.config.known_secrets import conceal_known, find_known_secrets
from covet.config.masking import collect_secrets, is_sensitive_input
from covet.config.settings import Settings
from covet.http.request import Request

# A shorter one is found in every other word of a trace.
_MIN_LENGTH = 6
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})


def write_trace(request: Request, exc: BaseException, *, is_short: bool = False) -> str:
    r"""
    Write the trace of an error: its notes and causes, too.

    Args:
        request: The request that failed.
        exc: The error.
        is_short: Whether the error alone is written, without its way.

    Example:
        >>> request = Request(headers={"authorization": "Bearer 5e55-10n5"})
        >>> write_trace(request, ValueError("no such token: 5e55-10n5"), is_short=True)
        'ValueError: no such token: **********\n'
    """
    lines = traceback.format_exception_only(exc) if is_short else traceback.format_exception(exc)
    return conceal_known("".join(lines), find_request_secrets(request))


def find_request_secrets(request: Request) -> frozenset[str]:
    """
    Find what no error of a request may show: secrets of its application's settings, and of the request itself.

    Args:
        request: The request.
    """
    found: set[str] = set()
    settings = getattr(request.app, "settings", None)
    if isinstance(settings, Settings):
        found |= find_known_secrets(settings)
    # What cannot be read was shown to no handler either, or is an error of its own.
    for read in (_read_headers, _read_cookies, _read_query, _read_body):
        with suppress(Exception):
            found |= {text for text in read(request) if len(text) >= _MIN_LENGTH}
    return frozenset(found)


def log_concealed(
    logger: logging.Logger, message: str, arguments: tuple[object, ...], exc: Exception, trace: str
) -> None:
    """
    Log an error with a trace that was written before.

    Args:
        logger: The logger.
        message: The message.
        arguments: What stands in it.
        exc: The error, for handlers that make more of it than text.
        trace: The trace, for all others.
    """
    if not logger.isEnabledFor(logging.ERROR):
        return
    file, line, function, _ = logger.findCaller(stacklevel=2)
    trio = (type(exc), exc, exc.__traceback__)
    record = logger.makeRecord(logger.name, logging.ERROR, file, line, message, arguments, trio, function)
    # What the formatters of the standard library write in place of a trace of their own.
    record.exc_text = trace.rstrip("\n")
    logger.handle(record)


def _is_secret(name: str) -> bool:
    return is_sensitive_input(name) or "auth" in name.lower()


def _read_headers(request: Request) -> Iterator[str]:
    for name, value in request.headers.multi_items():
        if name in _CREDENTIALS:
            scheme, _, credentials = value.partition(" ")
            yield from (value, credentials)
            if scheme.lower() == "basic":
                user, _, password = base64.b64decode(credentials + "==").decode("utf-8", "replace").partition(":")
                yield from (f"{user}:{password}", password)
        elif _is_secret(name):
            yield value
        else:
            yield from collect_secrets(value)


def _read_cookies(request: Request) -> Iterator[str]:
    yield from request.cookies.values()


def _read_query(request: Request) -> Iterator[str]:
    for name, value in request.query_params.multi_items():
        if _is_secret(name):
            yield value


def _read_body(request: Request) -> Iterator[str]:
    body = getattr(request, "_body", None)
    if not isinstance(body, bytes):
        return
    kind = request.headers.get("content-type", "")
    if "json" in kind:
        yield from _collect(json.loads(body))
    elif "urlencoded" in kind:
        from covet.http.forms import parse_urlencoded

        for name, value in parse_urlencoded(body).multi_items():
            if _is_secret(name):
                yield str(value)


# Any: JSON is whatever the client sent.
def _collect(value: Any, *, is_hidden: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _collect(item, is_hidden=is_hidden or _is_secret(name))
    elif isinstance(value, list):
        for item in value:
            yield from _collect(item, is_hidden=is_hidden)
    elif is_hidden:
        yield str(value)
