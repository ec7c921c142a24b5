"""
Paths by patterns such as `/admin/*`.
"""

from collections.abc import Sequence

from covet.middleware.option_checks import OptionChecks


class PathPatterns:
    """
    Tell which paths are meant: `*` stands for whatever is there, slashes included, and for nothing at all.

    What ends in `/*` means the path before it, too. Each path is looked at once, from left to right.

    Args:
        check: Makes the errors.
        option: The option that they were given as.
        patterns: The patterns.

    Raises:
        ConfigurationError: If one is no pattern of a path.

    Example:
        >>> patterns = PathPatterns(OptionChecks("Doorman"), "exclude_paths", ["/admin/*", "/api/*/private"])
        >>> [patterns.match(path) for path in ("/admin", "/admin/a/b", "/administrators", "/api/v1/private", "/api")]
        [True, True, False, True, False]
    """

    __slots__ = ("_exact", "_parts")

    def __init__(self, check: OptionChecks, option: str, patterns: Sequence[str] | None) -> None:
        exact: set[str] = set()
        self._parts: list[tuple[str, Sequence[str], str]] = []
        for pattern in check.texts(option, patterns):
            if not pattern.startswith(("/", "*")):
                hint = f"Write {'/' + pattern!r}."
                raise check.fail(option, f"has {pattern!r}, which does not begin with a slash.", hint)
            if "?" in pattern or "[" in pattern:
                raise check.fail(
                    option, f"has {pattern!r}: only * has a meaning in it.", "Write * for whatever is there."
                )
            if pattern.endswith("/*"):
                self._add(pattern[:-2] or "/", exact)
            self._add(pattern, exact)
        self._exact = frozenset(exact)

    def _add(self, pattern: str, exact: set[str]) -> None:
        first, *between = pattern.split("*")
        if not between:
            exact.add(pattern)
            return
        *middle, last = between
        self._parts.append((first, [part for part in middle if part], last))

    def match(self, path: str) -> bool:
        """Tell whether a path, decoded, is one of them."""
        return path in self._exact or any(_fits(path, *parts) for parts in self._parts)


def _fits(path: str, first: str, middle: Sequence[str], last: str) -> bool:
    end = len(path) - len(last)
    position = len(first)
    if end < position or not path.startswith(first) or not path.endswith(last):
        return False
    for part in middle:
        # The first place will do: what comes after it has the more room.
        found = path.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
