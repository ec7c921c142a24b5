"""
Checks of what browsers are told: tried on an answer, whatever the options were called.
"""

import re
from typing import Final

from covet.checks import Check
from covet.deployment.subject import Subject
from covet.middleware import SecurityHeadersMiddleware

_ONE_MONTH: Final = 30 * 86_400
_MAX_AGE: Final = re.compile(r"max-age=([0-9]+)")
_SCRIPTS: Final = ("script-src", "script-src-elem", "default-src")
_HOW: Final = "SecurityHeadersMiddleware"


def _find_none(subject: Subject) -> str | None:
    if subject.find(SecurityHeadersMiddleware) is None:
        return "No SecurityHeadersMiddleware: browsers refuse nothing on behalf of the pages."
    return None


def _find_hsts(subject: Subject) -> str | None:
    if subject.headers is not None and "strict-transport-security" not in subject.headers:
        return "hsts_enabled is off: a visitor's first request may go in the clear, and be answered by somebody else."
    return None


def _find_short_hsts(subject: Subject) -> str | None:
    match = _MAX_AGE.search((subject.headers or {}).get("strict-transport-security", ""))
    if match is not None and int(match[1]) < _ONE_MONTH:
        return f"hsts_max_age is {match[1]} seconds: browsers forget it between two visits."
    return None


def _find_no_policy(subject: Subject) -> str | None:
    if subject.headers is not None and "content-security-policy" not in subject.headers:
        return "csp_policy is None: a script that gets into a page runs."
    return None


def _sources(subject: Subject) -> list[str]:
    policy = subject.policy or {}
    return next((policy[name] for name in _SCRIPTS if name in policy), [])


def _find_inline(subject: Subject) -> str | None:
    sources = _sources(subject)
    # CSP Level 3 §6.7.3.2: beside a nonce or a hash it is ignored.
    is_ignored = any(source.startswith(("'nonce-", "'sha")) for source in sources)
    if "'unsafe-inline'" in sources and not is_ignored:
        return "csp_policy allows 'unsafe-inline' scripts: what gets into a page runs."
    return None


def _find_eval(subject: Subject) -> str | None:
    if "'unsafe-eval'" in _sources(subject):
        return "csp_policy allows 'unsafe-eval': texts become programs."
    return None


def _find_any_script(subject: Subject) -> str | None:
    wide = [source for source in _sources(subject) if source in {"*", "http:", "https:", "data:", "blob:"}]
    if wide:
        return f"csp_policy allows scripts of {wide[0]!r}: anybody's."
    return None


def _find_no_scripts(subject: Subject) -> str | None:
    if subject.policy is not None and not any(name in subject.policy for name in _SCRIPTS):
        return "csp_policy has neither script-src nor default-src: scripts may come from anywhere."
    return None


def _find_frames(subject: Subject) -> str | None:
    headers = subject.headers
    if headers is None or "x-frame-options" in headers:
        return None
    if (
        subject.policy is not None
        and "frame-ancestors" in subject.policy
        and "*" not in subject.policy["frame-ancestors"]
    ):
        return None
    return "frame_options is None and csp_policy has no frame-ancestors: other sites show the pages in their own."


def _find_referrer(subject: Subject) -> str | None:
    if subject.headers is None:
        return None
    value = subject.headers.get("referrer-policy")
    if value in {None, "unsafe-url", "no-referrer-when-downgrade"}:
        return f"referrer_policy is {value!r}: other sites learn whole addresses."
    return None


def _find_opener(subject: Subject) -> str | None:
    if subject.headers is None:
        return None
    if subject.headers.get("cross-origin-opener-policy") in {None, "unsafe-none"}:
        return "opener_policy is none: a page that opened this one keeps a hand on it."
    return None


HEADER_CHECKS: Final = (
    Check("D201", "warning", _HOW, "Add it, or make the application with create_app().", _find_none),
    Check("D202", "warning", "hsts_enabled", "Leave it out: it is on.", _find_hsts),
    Check(
        "D203",
        "warning",
        "hsts_max_age",
        "Give it a year, 31536000, once everything is served by https.",
        _find_short_hsts,
    ),
    Check("D204", "warning", "csp_policy", "Leave it out for the default, or write one.", _find_no_policy),
    Check("D205", "warning", "csp_policy", "Use a nonce: \"'nonce-{nonce}'\".", _find_inline),
    Check("D206", "warning", "csp_policy", "Find what needs it, and do without.", _find_eval),
    Check("D207", "warning", "csp_policy", "List the hosts that scripts come from.", _find_any_script),
    Check("D208", "warning", "csp_policy", "Add default-src 'self'.", _find_no_scripts),
    Check("D209", "warning", "frame_options", "Leave it out, or write frame-ancestors in csp_policy.", _find_frames),
    Check("D210", "warning", "referrer_policy", "Leave it out for strict-origin-when-cross-origin.", _find_referrer),
    Check("D211", "warning", "opener_policy", "Leave it out for same-origin.", _find_opener),
)
