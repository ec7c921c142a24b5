"""
Content-Security-Policy (CSP Level 3) as a header: checked and written once.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from covet.exceptions import suggest
from covet.middleware.option_checks import OptionChecks

NONCE: Final = "{nonce}"
"""What stands in a policy for the nonce of a request."""

# CSP Level 3 §2.2.1: a directive's name and its value, without what ends it.
_VALUE: Final = re.compile(r"[\x21-\x2b\x2d-\x3a\x3c-\x7e]+")
_DIRECTIVES: Final = frozenset(
    {
        "base-uri",
        "block-all-mixed-content",
        "child-src",
        "connect-src",
        "default-src",
        "fenced-frame-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "report-to",
        "report-uri",
        "require-trusted-types-for",
        "sandbox",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "trusted-types",
        "upgrade-insecure-requests",
        "webrtc",
        "worker-src",
    }
)
# What has to stand in quotes: without them it would be the name of a host.
_QUOTED: Final = frozenset(
    {
        "none",
        "self",
        "unsafe-inline",
        "unsafe-eval",
        "unsafe-hashes",
        "strict-dynamic",
        "report-sample",
        "wasm-unsafe-eval",
    }
)


def write_policy(check: OptionChecks, option: str, policy: str | Mapping[str, Sequence[str]] | None) -> str | None:
    """
    Write a policy as its header has it; `None` if there is none.

    Args:
        check: Makes the errors.
        option: The option that the policy was given as.
        policy: A text, or the sources of each directive.

    Raises:
        ConfigurationError: If a directive is unknown, or a source is none.

    Example:
        >>> write_policy(OptionChecks("Doorman"), "csp", {"default-src": ["'self'"], "upgrade-insecure-requests": []})
        "default-src 'self'; upgrade-insecure-requests"
    """
    if policy is None:
        return None
    if isinstance(policy, str):
        directives = [part.split() for part in policy.split(";") if part.strip()]
    elif isinstance(policy, Mapping):
        directives = [[str(name), *check.texts(f"{option}[{name!r}]", values)] for name, values in policy.items()]
    else:
        hint = f'Write {option}={{"default-src": ["\'self\'"]}}.'
        raise check.fail(option, f"is {policy!r}, expected a text or a mapping.", hint)
    if not directives:
        raise check.fail(option, "is empty.", f"Write {option}=None for no policy.")
    seen: set[str] = set()
    for name, *sources in directives:
        if name not in _DIRECTIVES:
            raise check.fail(option, f"has {name!r}, which is no directive.", suggest(name, _DIRECTIVES))
        if name in seen:
            raise check.fail(option, f"has {name!r} twice: browsers take the first alone.", "Put them together.")
        seen.add(name)
        for source in sources:
            _check_source(check, option, name, source)
    return "; ".join(" ".join(parts) for parts in directives)


def _check_source(check: OptionChecks, option: str, name: str, source: str) -> None:
    if source.lower() in _QUOTED or source.lower().startswith(("nonce-", "sha256-", "sha384-", "sha512-")):
        hint = f"Write \"'{source}'\", with the quotes."
        raise check.fail(option, f"has {source!r} in {name}, which would be a host.", hint)
    if source.lower().startswith("'nonce-") and NONCE not in source:
        hint = f"Write \"'nonce-{NONCE}'\": it is new for each request."
        problem = f"has {source!r} in {name}, a nonce that stays the same: who has read one page knows it."
        raise check.fail(option, problem, hint)
    if _VALUE.fullmatch(source) is None:
        hint = "Write each source as a text of its own, without spaces, commas and semicolons."
        raise check.fail(option, f"has {source!r} in {name}, which is no source.", hint)
