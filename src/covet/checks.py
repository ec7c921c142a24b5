"""
Checks of an application before it starts: what each looks at, what it found, and how to mend it.

The framework's own are in `covet.deployment`; plugins contribute theirs. It must never start anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from covet.deadlines import Deadline
from covet.exceptions import ConfigurationError, CovetError
from covet.threads import call_anywhere

SECONDS: Final = 10.0


class Severity(StrEnum):
    """How bad a problem is: a command that finds an error ends with status 1."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something that is wrong.

    Attributes:
        id: The check's id.
        severity: How bad it is.
        setting: What it is about.
        message: What is wrong.
        fix: How to mend it.

    Example:
        >>> print(Problem("D101", Severity.ERROR, "debug", "debug is on.", "Set debug = false."))
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


Found = str | Problem | None
"""What a check finds: what is wrong, or a whole problem where severity or fix are others; `None` if all is well."""


@dataclass(frozen=True, slots=True)
class Check:
    """
    One check.

    Attributes:
        id: What names it for ever, such as `"D101"`; an id that is gone is not used again.
        severity: How bad it is: `"error"` or `"warning"`.
        setting: What it is about: a setting, a middleware or a plugin.
        fix: How to mend it.
        find: Says what is wrong. Those of plugins take no argument; one that waits is a coroutine function, any other
            runs in a thread.
        is_deployment: Whether it is about deploying alone: `covet check --deploy` asks it, and an application in
            production does not start with its error.

    Raises:
        ConfigurationError: If there is no such severity, or there is nothing to call.

    Example:
        >>> check = Check("S1", "warning", "shop", "Add some: covet shop add.", lambda: "There are no goods.")
        >>> print(*await run_checks([check]))
        [S1] There are no goods.
          Add some: covet shop add.
    """

    id: str
    severity: Severity | Literal["error", "warning"]
    setting: str
    fix: str
    # What it takes depends on who asks it: a plugin's nothing, the framework's own the application.
    find: Callable[..., Found | Awaitable[Found]]
    is_deployment: bool = False

    def __post_init__(self) -> None:
        if self.severity not in set(Severity):
            raise ConfigurationError(
                f"The severity of the check {self.id!r} must be 'error' or 'warning', got {self.severity!r}."
            )
        if not callable(self.find):
            raise ConfigurationError(
                f"The check {self.id!r} must find by a function, got {self.find!r}.",
                hint="Its find takes nothing, and returns what is wrong, or None.",
            )
        object.__setattr__(self, "severity", Severity(self.severity))

    def report(self, found: str) -> Problem:
        """Make a problem of what was found."""
        return Problem(self.id, Severity(self.severity), self.setting, found, self.fix)


async def run_checks(checks: Iterable[Check], *, seconds: float = SECONDS) -> list[Problem]:
    """
    Run checks at once; one that fails does not end the others.

    One that raises, or takes too long, could not look: that is a warning, but for a check of a deployment, which is
    not believed to be safe without being looked at.

    Args:
        checks: The checks, whose functions take nothing.
        seconds: How long each may take.

    Returns:
        What is wrong, in the order of the checks.

    Example:
        >>> async def look():
        ...     raise ConnectionError("refused")
        >>> print(*await run_checks([Check("S1", "error", "shop", "Restock.", look)]))
        [S1] shop could not be checked: ConnectionError: refused
          Restock.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(check, seconds)) for check in checks]
    return [found for task in tasks if (found := task.result()) is not None]


async def _run(check: Check, seconds: float) -> Problem | None:
    try:
        with Deadline(seconds):
            found = await call_anywhere(check.find)
    except asyncio.CancelledError as exc:
        task = asyncio.current_task()
        # What the check waited for may have been cancelled; whoever cancels this task wants all of it to end.
        if task is None or task.cancelling():
            raise
        return _report_failure(check, exc)
    # A SystemExit of a check would end the process, which a check only asks about.
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever it is, it is the report
        return _report_failure(check, exc)
    if found is None or isinstance(found, Problem):
        return found
    if isinstance(found, str):
        return check.report(found)
    return _report_failure(check, TypeError(f"it returned {found!r}, which is neither a text nor a Problem nor None"))


def _report_failure(check: Check, exc: BaseException) -> Problem:
    reason, fix = f"{type(exc).__name__}: {exc}".rstrip(": "), check.fix
    if isinstance(exc, CovetError):
        reason, fix = exc.message, exc.hint or fix
    severity = Severity(check.severity) if check.is_deployment else Severity.WARNING
    return Problem(check.id, severity, check.setting, f"{check.setting} could not be checked: {reason}", fix)


__all__ = ["SECONDS", "Check", "Found", "Problem", "Severity", "run_checks"]
