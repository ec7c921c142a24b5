"""
Versions, and what one plugin asks of another: `"database>=1,<2"`.

Versions are ordered as PEP 440 says: `1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 = 1.0.0 < 1.0.post1 < 1.1 < 1!0.1`. A local
label (`1.0+ubuntu1`) counts as the version that it is a build of. Not understood, and refused: the `1.*` of `==`, a
local label in a requirement, and other spellings than the usual ones (`1.0-1`, `1.0alpha1`). Other than an installer
this never chooses a version: a pre-release that is there counts like any other, except that `<2` means none of 2's own.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from covet.plugins.errors import PluginError

_VERSION: Final = re.compile(
    r"v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?(?:\.post(\d+))?(?:\.dev(\d+))?"
    r"(?:\+[a-z0-9]+(?:[._-][a-z0-9]+)*)?",
    re.ASCII | re.IGNORECASE,
)
_RELEASE: Final = re.compile(r"v?(?:\d+!)?(\d+(?:\.\d+)*)", re.ASCII | re.IGNORECASE)
_REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9_.-]*[A-Za-z0-9_])\s*(.*?)\s*", re.ASCII)
_CLAUSE: Final = re.compile(r"\s*(==|!=|>=|<=|~=|>|<)\s*(\S+)\s*")

_STAGES: Final = {"a": 0, "b": 1, "rc": 2}
_ONLY_DEVELOPED: Final = (-1, 0)
_RELEASED: Final = (3, 0)
_NO_POST: Final = -1


class VersionError(PluginError, ValueError):
    """A text is no version, or no requirement."""


class Version(NamedTuple):
    """
    A version, in a form that compares in the right order.

    Attributes:
        epoch: What comes before all numbers; 0 unless a project has changed how it counts.
        release: Its numbers, without zeros at the end.
        stage: Pre-release and its number; the release itself comes after all of them.
        post: The number of the post-release, or -1.
        development: Development releases come before what they lead to.
    """

    epoch: int
    release: tuple[int, ...]
    stage: tuple[int, int]
    post: int
    development: tuple[int, int]

    def is_release_of(self, other: "Version") -> bool:
        """Tell whether both are of the same release, whatever comes before or after it."""
        return (self.epoch, self.release) == (other.epoch, other.release)

    @property
    def is_pre_release(self) -> bool:
        """Whether it leads to a release."""
        return self.stage < _RELEASED or self.development[0] == 0


def parse_version(text: str) -> Version:
    """
    Read a version.

    Raises:
        VersionError: If the text is none.

    Example:
        >>> parse_version("1.10") > parse_version("1.9.4") > parse_version("1.9.4rc1")
        True
        >>> parse_version("1.0") == parse_version("1")
        True
    """
    match = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise VersionError(f"{text!r} is no version.", hint="Write numbers with dots, such as '1.2.0' or '1.2.0rc1'.")
    epoch, numbers, stage, stage_number, post, development = match.groups()
    release = [int(number) for number in numbers.split(".")]
    while release and release[-1] == 0:
        release.pop()
    if stage is not None:
        kind = (_STAGES[stage.lower()], int(stage_number))
    else:
        kind = _ONLY_DEVELOPED if development is not None and post is None else _RELEASED
    return Version(
        0 if epoch is None else int(epoch),
        tuple(release),
        kind,
        _NO_POST if post is None else int(post),
        (1, 0) if development is None else (0, int(development)),
    )


@dataclass(frozen=True, slots=True)
class Requirement:
    """
    What a plugin asks of another: its name, and the versions that will do.

    Attributes:
        name: The name of the other plugin.
        clauses: Pairs of an operator and a version; all of them have to hold.

    Example:
        >>> requirement = Requirement.parse("database >= 1, < 2")
        >>> str(requirement), requirement.accepts("1.7"), requirement.accepts("2.0")
        ('database>=1,<2', True, False)
    """

    name: str
    clauses: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """
        Read `"database"` or `"database>=1,<2"`; the operators are `== != >= <= > < ~=`.

        Raises:
            VersionError: If the text is no requirement.
        """
        match = _REQUIREMENT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise VersionError(f"{text!r} names no plugin.", hint="Write 'database' or 'database>=1,<2'.")
        name, conditions = match.groups()
        clauses = []
        for condition in conditions.split(",") if conditions else ():
            clause = _CLAUSE.fullmatch(condition)
            if clause is None:
                raise VersionError(
                    f"{text!r} has a condition that cannot be read: {condition.strip()!r}.",
                    hint="Write an operator (== != >= <= > < ~=) and a version: 'database>=1,<2'.",
                )
            sign, version = clause.groups()
            try:
                parse_version(version)
            except VersionError as exc:
                hint = f"{exc.hint} Instead of '==1.*' write '>=1,<2'." if "*" in version else exc.hint
                raise VersionError(f"{text!r} has a condition with no version in it: {version!r}.", hint=hint) from exc
            if "+" in version:
                raise VersionError(
                    f"{text!r} asks for one build: {version!r}.", hint=f"Write '{sign}{version.partition('+')[0]}'."
                )
            if sign == "~=" and "." not in version:
                raise VersionError(
                    f"{text!r}: '~={version}' would accept everything.", hint=f"Write '>={version}' or '~={version}.0'."
                )
            clauses.append((sign, version))
        return cls(name, tuple(clauses))

    def accepts(self, version: str) -> bool:
        """Tell whether a version will do."""
        return all(_CHECKS[sign](parse_version(version), bound) for sign, bound in self.clauses)

    def __str__(self) -> str:
        return self.name + ",".join(sign + version for sign, version in self.clauses)


def _make_check(compare: Callable[[Version, Version], bool]) -> Callable[[Version, str], bool]:
    def check(version: Version, bound: str) -> bool:
        return compare(version, parse_version(bound))

    return check


def _is_before(version: Version, bound: Version) -> bool:
    # PEP 440, exclusive ordered comparison: 2.0rc1 is earlier than 2.0, and yet not what `<2` asks for.
    is_its_own = version.is_pre_release and not bound.is_pre_release and version.is_release_of(bound)
    return version < bound and not is_its_own


def _is_after(version: Version, bound: Version) -> bool:
    # As above: 1.7.post1 mends 1.7, `>1.7` asks for something else.
    is_its_own = version.post != _NO_POST and bound.post == _NO_POST and version.is_release_of(bound)
    return version > bound and not is_its_own


def _is_compatible(version: Version, bound: str) -> bool:
    """Tell whether a version is at least the bound, and the same but for the bound's last number."""
    match = _RELEASE.match(bound)
    numbers = () if match is None else tuple(int(number) for number in match[1].split(".")[:-1])
    least = parse_version(bound)
    padded = version.release + (0,) * len(numbers)
    return version >= least and version.epoch == least.epoch and padded[: len(numbers)] == numbers


_CHECKS: Final[dict[str, Callable[[Version, str], bool]]] = {
    "==": _make_check(operator.eq),
    "!=": _make_check(operator.ne),
    ">=": _make_check(operator.ge),
    "<=": _make_check(operator.le),
    ">": _make_check(_is_after),
    "<": _make_check(_is_before),
    "~=": _is_compatible,
}
