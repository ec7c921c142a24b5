"""
The checks of a deployment: a table of what each looks at, what it says, and how to mend it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from covet.core.configured_application import ConfiguredApplication
from covet.deployment.headers import HEADER_CHECKS
from covet.deployment.openings import OPENING_CHECKS
from covet.deployment.subject import Subject
from covet.deployment.surroundings import SURROUNDING_CHECKS
from covet.deployment.trust import TRUST_CHECKS
from covet.deployment.workers import WORKER_CHECKS


class Severity(StrEnum):
    """How bad a problem is: production does not start with an error."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Check:
    """
    One check.

    Attributes:
        id: What names it for ever, such as `"D101"`; an id that is gone is not used again.
        severity: How bad it is.
        setting: What it is about: a setting, a middleware or a plugin.
        fix: How to mend it.
        find: Says what is wrong, of an application; `None` if nothing is.
    """

    id: str
    severity: Severity
    setting: str
    fix: str
    find: Callable[[Subject], str | None]


@dataclass(frozen=True, slots=True)
class DeploymentProblem:
    """
    Something that should not be seen by strangers.

    Attributes:
        id: The check's id.
        severity: How bad it is.
        setting: What it is about.
        message: What is wrong.
        fix: How to mend it.

    Example:
        >>> print(DeploymentProblem("D101", Severity.ERROR, "debug", "debug is on.", "Set debug = false."))
        [D101] debug is on.
          Set debug = false.
    """

    id: str
    severity: Severity
    setting: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"[{self.id}] {self.message}\n  {self.fix}"


CHECKS: Final[Sequence[Check]] = tuple(
    Check(row.id, Severity(row.severity), row.setting, row.fix, row.find)
    for row in (*TRUST_CHECKS, *OPENING_CHECKS, *HEADER_CHECKS, *SURROUNDING_CHECKS, *WORKER_CHECKS)
)
"""All checks, in the order of their ids."""


def check_deployment(app: ConfiguredApplication) -> Iterator[DeploymentProblem]:
    """
    Find what is wrong with deploying an application as it is.

    Args:
        app: The application; nothing of it is started.

    Example:
        >>> from covet import CovetPy
        >>> [problem.id for problem in check_deployment(CovetPy(debug=True)) if problem.severity == "error"]
        ['D101']
    """
    subject = Subject(app)
    for check in CHECKS:
        message = check.find(subject)
        if message is not None:
            yield DeploymentProblem(check.id, check.severity, check.setting, message, check.fix)
