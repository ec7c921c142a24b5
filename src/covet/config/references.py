"""
References to variables within texts: `${NAME}`, `${NAME:-default}`, and `$${` for the characters themselves.
"""

import re
from collections.abc import Callable
from typing import Final

_REFERENCE: Final = re.compile(r"\$(\$\{)|\$\{([^{}]*)(\})?")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-)(.*))?", re.DOTALL)

Lookup = Callable[[str], str | None]


class ReferenceFailedError(ValueError):
    """A reference cannot be followed; the text says why, without the text around it."""


def has_reference(text: str) -> bool:
    """
    Tell whether a text refers to a variable.

    Example:
        >>> has_reference("${HOME}/shop"), has_reference("$${HOME}"), has_reference("$5")
        (True, False, False)
    """
    return any(not match.group(1) for match in _REFERENCE.finditer(text))


def follow_references(text: str, lookup: Lookup) -> str:
    """
    Put the values of variables in the place of references to them.

    A default stands in for a variable that is not defined or empty, as in a shell. What a variable holds is taken
    as it is: references within it are text.

    Args:
        text: The text.
        lookup: Gives a variable's value; `None` if it is not defined.

    Raises:
        ReferenceFailedError: If a variable is not defined and has no default, or a reference is malformed.

    Example:
        >>> follow_references("${USER:-ada}@${HOST}, $${HOST}", {"HOST": "db"}.get)
        'ada@db, ${HOST}'
    """

    def replace(match: re.Match[str]) -> str:
        if match.group(1):
            return "${"
        reference = _NAME.fullmatch(match.group(2)) if match.group(3) else None
        if reference is None:
            # What stands there may be a password that happens to hold "${": it is not shown.
            raise ReferenceFailedError("has a '${' that begins no reference; write $${ for the characters themselves")
        name, has_default, default = reference.groups()
        value = lookup(name)
        if has_default and not value:
            return str(default)
        if value is None:
            raise ReferenceFailedError(
                f"refers to ${{{name}}}, which is not defined; define {name} in the environment or in .env, "
                f"or write ${{{name}:-default}}"
            )
        return value

    return _REFERENCE.sub(replace, text)
