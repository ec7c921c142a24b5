"""
Checks of how an application is served, and of what it tells the log.
"""

import os
from pathlib import Path
from typing import Final

from covet.checks import Check
from covet.core.route_limits import collect_limits, limit_bodies
from covet.deployment.subject import Subject
from covet.middleware import (
    DecompressionMiddleware,
    RequestIDMiddleware,
    RequestLoggingMiddleware,
)

_LARGE: Final = 100 * 1024 * 1024
_OTHERS_READ: Final = 0o077
_EVERYBODY_READS: Final = 0o004


def _find_clear(subject: Subject) -> str | None:
    if not subject.is_encrypted:
        return "Neither server.tls_certificate nor security.trusted_proxies: what is sent can be read on its way."
    return None


def _find_no_redirect(subject: Subject) -> str | None:
    if subject.is_encrypted and not subject.redirects:
        return "No HTTPSRedirectMiddleware: what comes in the clear is answered in the clear."
    return None


def _find_loop(subject: Subject) -> str | None:
    if subject.redirects and not subject.is_encrypted:
        return "HTTPSRedirectMiddleware without TLS or trusted proxies: every request is redirected for ever."
    return None


def _find_open_key(subject: Subject) -> str | None:
    key = subject.settings.server.tls_key
    if key is None or os.name != "posix":
        return None
    try:
        mode = Path(key).stat().st_mode
    except OSError:
        return f"server.tls_key is {str(key)!r}, which cannot be read."
    return f"server.tls_key is {str(key)!r}, which others on the machine may read." if mode & _OTHERS_READ else None


def _find_http2(subject: Subject) -> str | None:
    if subject.settings.server.http != "1" and subject.settings.server.tls_certificate is None:
        return f"server.http is {subject.settings.server.http!r} without TLS: no browser asks so, and floods are cheap."
    return None


def _find_no_body_limit(subject: Subject) -> str | None:
    size = limit_bodies(subject.app.body_limits, collect_limits(subject.layers).body_limit).max_size
    if size is None:
        return "body_limit is None: one request may fill the memory."
    if size > _LARGE:
        return f"body_limit is {size} bytes for every route: a few requests fill the memory."
    return None


def _find_slow_head(subject: Subject) -> str | None:
    seconds = subject.settings.server.header_timeout
    if seconds is not None and seconds > 60:
        return f"server.header_timeout is {seconds:g} s: whoever sends slowly holds a connection for as long."
    return None


def _find_root(subject: Subject) -> str | None:  # noqa: ARG001 - as all of them
    if os.name == "posix" and os.geteuid() == 0:
        return "The process is root's: a flaw in it is a flaw of the machine."
    return None


def _find_debug_log(subject: Subject) -> str | None:
    if subject.settings.logging.level == "debug":
        return "logging.level is 'debug': the log tells what clients did wrong, line by line, and grows with them."
    return None


def _find_logged_content(subject: Subject) -> str | None:
    layer = subject.find(RequestLoggingMiddleware)
    if layer is not None and layer.logs_content:
        return "RequestLoggingMiddleware logs headers or bodies: what people send is kept where others read it."
    return None


def _find_no_log(subject: Subject) -> str | None:
    if subject.find(RequestLoggingMiddleware) is None and not subject.settings.server.access_log:
        return "Neither RequestLoggingMiddleware nor server.access_log: nobody can tell afterwards what was asked."
    return None


def _find_no_id(subject: Subject) -> str | None:
    if subject.find(RequestIDMiddleware) is None:
        return "No RequestIDMiddleware: the lines of one request cannot be found in a log."
    return None


def _find_inflation(subject: Subject) -> str | None:
    if subject.find(DecompressionMiddleware) is not None:
        return "DecompressionMiddleware is around every route: each of them inflates what strangers send."
    return None


def _find_open_environment(subject: Subject) -> str | None:  # noqa: ARG001 - as all of them
    try:
        mode = Path(".env").stat().st_mode
    except OSError:
        return None
    if os.name == "posix" and mode & _EVERYBODY_READS:
        return ".env may be read by everybody on the machine."
    return None


SURROUNDING_CHECKS: Final = (
    Check(
        "D301",
        "warning",
        "server.tls_certificate",
        "Serve by TLS, or list the proxy that does in security.trusted_proxies.",
        _find_clear,
    ),
    Check("D302", "warning", "HTTPSRedirectMiddleware", "Add it, or let the proxy redirect.", _find_no_redirect),
    Check(
        "D303",
        "error",
        "HTTPSRedirectMiddleware",
        "List the proxy in security.trusted_proxies, or set server.tls_certificate.",
        _find_loop,
    ),
    Check("D304", "error", "server.tls_key", "chmod 600, and own it by the user of the server.", _find_open_key),
    Check("D305", "warning", "server.http", 'Set server.http = "1".', _find_http2),
    Check(
        "D306",
        "warning",
        "server.body_limit",
        "Give a limit, and a larger one to the routes that need it.",
        _find_no_body_limit,
    ),
    Check("D307", "warning", "server.header_timeout", "Leave it out for 10 s.", _find_slow_head),
    Check("D308", "warning", "user", "Run it as a user of its own.", _find_root),
    Check("D309", "warning", "logging.level", 'Set logging.level = "info".', _find_debug_log),
    Check(
        "D310",
        "warning",
        "RequestLoggingMiddleware",
        "Leave log_headers, log_body and log_response out.",
        _find_logged_content,
    ),
    Check(
        "D311",
        "warning",
        "RequestLoggingMiddleware",
        "Add it, or make the application with create_app().",
        _find_no_log,
    ),
    Check("D312", "warning", "RequestIDMiddleware", "Add it, or make the application with create_app().", _find_no_id),
    Check(
        "D313",
        "warning",
        "DecompressionMiddleware",
        "Give it to the routes that need it.",
        _find_inflation,
    ),
    Check("D314", "warning", ".env", "chmod 600 .env", _find_open_environment),
)
