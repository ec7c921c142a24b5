"""
Which names of files hold a hash of their content, so that a client may keep what it has for ever.

A name that is taken for one by mistake keeps a change from clients for a year, so nothing is guessed unless the
directory is known to be what a build tool wrote.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from covet.exceptions import ConfigurationError

# Tells by the parts of a path below the directory.
HashTest = Callable[[Sequence[str]], bool]

# Eight or more hexadecimal digits, with a letter and a digit among them, so that no date is taken for one.
_HEX: Final = r"(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}"
# Eight characters of base64 with both cases and a digit, as Vite writes them: `Version2` is one, too.
_BASE64: Final = r"(?=[A-Za-z0-9_-]{0,7}[0-9])(?=[A-Za-z0-9_-]{0,7}[a-z])(?=[A-Za-z0-9_-]{0,7}[A-Z])[A-Za-z0-9_-]{8}"
_ANY_ENDING: Final = r"\.[a-z0-9.]+$"
# What such tools write outside of their own folder.
_CODE_ENDING: Final = r"\.(?:[cm]?js|css)(?:\.map)?$"
# The folder that Vite keeps for what it names; what was written by hand is copied beside it.
_FOLDER: Final = "assets"

_IN_FOLDER: Final = re.compile(rf"[.\-_](?:{_HEX}|{_BASE64}){_ANY_ENDING}")
_ELSEWHERE: Final = re.compile(rf"[.\-_](?:{_HEX}{_ANY_ENDING}|{_BASE64}{_CODE_ENDING})")


def make_hash_test(immutable: bool | str) -> HashTest:
    """
    Make what tells whether a name holds a hash.

    Args:
        immutable: `True` for the names that build tools write, `False` for none, or a regular expression that is
            searched in the last part of the path.

    Raises:
        ConfigurationError: If it is anything else.

    Example:
        >>> is_hashed = make_hash_test(True)
        >>> is_hashed(["assets", "logo-BKu1VGRZ.svg"]), is_hashed(["logo-Version2.svg"])
        (True, False)
    """
    if isinstance(immutable, bool):
        return _is_built if immutable else _is_never
    try:
        pattern = re.compile(immutable)
    except (re.error, TypeError) as exc:
        raise ConfigurationError(
            f"immutable must be True, False or a regular expression, got {immutable!r}.",
            hint=r"Write immutable=r'\.[0-9a-f]{8}\.' for names such as app.1a2b3c4d.js.",
        ) from exc
    return lambda parts: pattern.search(parts[-1]) is not None


def _is_built(parts: Sequence[str]) -> bool:
    pattern = _IN_FOLDER if _FOLDER in parts[:-1] else _ELSEWHERE
    return pattern.search(parts[-1]) is not None


def _is_never(_: Sequence[str]) -> bool:
    return False
