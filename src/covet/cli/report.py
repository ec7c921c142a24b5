"""
The report of `covet check`: what the start of an application checks, all of it, without starting anything.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import indent
from typing import Final

from covet.app import CovetPy
from covet.checks import Check, Problem, Severity, run_checks
from covet.config import InvalidSettingsError
from covet.di import DependencyError, DependencyGraphError
from covet.exceptions import RouteError, suggest
from covet.plugins import PluginError
from covet.server.target import explain

# The nearest class decides: the errors of plugins are errors of the configuration, too.
_PARTS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (InvalidSettingsError, "settings"),
    (PluginError, "plugins"),
    (RouteError, "routes"),
    (DependencyError, "services"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that is wrong.

    Attributes:
        part: `"settings"`, `"plugins"`, `"routes"`, `"services"`, `"application"`; `"plugin …"` or `"deployment"` if a
            check found it.
        message: What is wrong and how to mend it.
        id: The check's id, if one found it.
    """

    part: str
    message: str
    id: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Make builtins of it, as JSON has them."""
        return {"part": self.part, "id": self.id, "message": self.message}

    def __str__(self) -> str:
        return indent(self.message, "  ")


@dataclass(slots=True)
class CheckReport:
    """
    What was found, in all parts at once.

    Attributes:
        target: The application, as it was named.
        errors: What prevents the start.
        warnings: What does not, and is probably a mistake.
        counts: What there is, in words, by part; empty if there is no application.
    """

    target: str
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    counts: dict[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether the application can start, as far as that can be known before."""
        return not self.errors

    def to_dict(self) -> dict[str, object]:
        """Make builtins of it, as JSON has them."""
        return {
            "target": self.target,
            "ok": self.is_good,
            "errors": [item.to_dict() for item in self.errors],
            "warnings": [item.to_dict() for item in self.warnings],
            "counts": self.counts,
        }

    @property
    def _title(self) -> str:
        states = dict.fromkeys(_find_state(item) for item in self.errors)
        state = "cannot start" if "cannot start" in states else " and ".join(states)
        return f"{self.target} {state}: {count(len(self.errors), 'error')}."

    def __str__(self) -> str:
        lines = [f"{self.target} can start." if self.is_good else self._title]
        if self.is_good:
            width = max(map(len, self.counts), default=0)
            lines += [f"  {part.ljust(width)}  {words}" for part, words in self.counts.items()]
        for title, findings in (("", self.errors), ("warnings: ", self.warnings)):
            for part in dict.fromkeys(item.part for item in findings):
                lines += ["", f"{title}{part}", *(str(item) for item in findings if item.part == part)]
        return "\n".join(lines)


def report_failure(target: str, exc: BaseException) -> CheckReport:
    """
    Report an application that could not even be made, such as one whose settings are wrong.

    Args:
        target: How it was named.
        exc: What was raised.
    """
    errors = [error for cause in _find_causes(exc) for error in list_errors(cause)]
    if any(_find_part(error) != "application" for error in errors):
        return CheckReport(target, [Finding(_find_part(error), _write(error)) for error in errors])
    # An error of the user's own module is shown with its trace.
    return CheckReport(target, [Finding("application", explain(exc))])


def check_application(app: CovetPy, target: str) -> CheckReport:
    """
    Check everything that the start checks: neither a lifespan nor the `on_startup` of a plugin runs.

    Args:
        app: The application; its routes are compiled.
        target: How it was named.
    """
    report = CheckReport(target)
    report.errors += [Finding(_find_part(error), _write(error)) for error in find_compile_errors(app)]
    report.warnings += _warn_of_plugins(app)
    report.counts = _count_parts(app)
    for mount in app.router.mounts:
        if isinstance(mount.app, CovetPy):
            # It starts with this one.
            inner = check_application(mount.app, mount.prefix or "/")
            place = f"mounted at {inner.target}"
            report.errors += [Finding(f"{item.part}, {place}", item.message) for item in inner.errors]
            report.warnings += [Finding(f"{item.part}, {place}", item.message) for item in inner.warnings]
    return report


async def add_checks(report: CheckReport, app: CovetPy, *, deploy: bool = False) -> None:
    """
    Add to a report what the checks of plugins find, those of mounted applications included.

    Args:
        report: The report.
        app: The application.
        deploy: Whether to look as well at what is wrong with deploying the application as it is.
    """
    checks = _list_checks(app)
    async with asyncio.TaskGroup() as group:
        found = [(part, group.create_task(run_checks([check]))) for part, check in checks]
    for part, task in found:
        _add_problems(report, part, task.result())
    if checks:
        report.counts["checks"] = f"{count(len(checks), 'check')} of plugins"
    if not deploy:
        return
    # Loaded here: `covet check` alone needs nothing of it.
    from covet.deployment import CHECKS, check_deployment

    _add_problems(report, "deployment", await check_deployment(app))
    further = sum(check.is_deployment for _, check in app.plugin_manager.list_checks())
    report.counts["deployment"] = count(len(CHECKS) + further, "check")


def _list_checks(app: CovetPy, place: str = "") -> list[tuple[str, Check]]:
    """List what is looked at before any start, each with the part of the report in which it stands."""
    found = [
        (f"plugin {name}{place}", check) for name, check in app.plugin_manager.list_checks() if not check.is_deployment
    ]
    for mount in app.router.mounts:
        if isinstance(mount.app, CovetPy):
            found += _list_checks(mount.app, f", mounted at {mount.prefix or '/'}")
    return found


def _add_problems(report: CheckReport, part: str, problems: Iterable[Problem]) -> None:
    for problem in problems:
        findings = report.errors if problem.severity is Severity.ERROR else report.warnings
        findings.append(Finding(part, str(problem), problem.id))


def _find_state(finding: Finding) -> str:
    """Tell what an error makes of the application."""
    if finding.id is None:
        return "cannot start"
    return "is unsafe" if finding.part == "deployment" else "is not ready"


def find_compile_errors(app: CovetPy) -> list[BaseException]:
    """Compile an application, and list everything that is wrong with its routes and services."""
    try:
        app.compile()
    except Exception as exc:  # noqa: BLE001 - what wraps the application may raise anything, and it is shown
        return list(list_errors(exc))
    return []


def list_errors(exc: BaseException) -> Iterator[BaseException]:
    """
    List the errors that a group or a report holds, one by one.

    Example:
        >>> [str(error) for error in list_errors(ExceptionGroup("two", [ValueError("a"), ValueError("b")]))]
        ['a', 'b']
    """
    inner: Iterable[BaseException] = ()
    if isinstance(exc, BaseExceptionGroup):
        inner = exc.exceptions
    elif isinstance(exc, DependencyGraphError):
        inner = exc.errors
    elif isinstance(exc, InvalidSettingsError):
        inner = [InvalidSettingsError([problem]) for problem in exc.errors]
        if len(exc.errors) < 2:
            inner = ()
    errors = [item for error in inner for item in list_errors(error)]
    yield from errors or [exc]


def _find_causes(exc: BaseException) -> Iterator[BaseException]:
    """Find what made the import fail: the cause of the cause, to its beginning."""
    while exc.__cause__ is not None:
        exc = exc.__cause__
    yield exc


def _find_part(exc: BaseException) -> str:
    return next((part for cls, part in _PARTS if isinstance(exc, cls)), "application")


def _write(exc: BaseException) -> str:
    if isinstance(exc, InvalidSettingsError):
        return "\n".join(str(problem) for problem in exc.errors)
    return explain(exc)


def count(number: int, noun: str) -> str:
    """
    Write a number of things.

    Example:
        >>> count(1, "route"), count(2, "route")
        ('1 route', '2 routes')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _warn_of_plugins(app: CovetPy) -> Iterator[Finding]:
    present = [record.name for record in app.plugin_manager.records]
    for name, reason in app.plugin_manager.degraded.items():
        yield Finding("plugins", f"The plugin {name!r} is not there, the application runs without it: {reason}.")
    for name in app.settings.plugins:
        if name not in present:
            hint = suggest(name, present)
            yield Finding(
                "plugins", f"The settings have a section [plugins.{name}], and no plugin {name!r} is there. {hint}"
            )


def _count_parts(app: CovetPy) -> dict[str, str]:
    explanation = app.settings.explain()
    layers = sorted({row.origin.layer for row in explanation})
    services = app.container.graph().without_unused().services
    # Routes and handlers of events ask, and are no services.
    askers = [service for service in services if not service.lifetime]
    mounts = len(app.router.mounts)
    routes = count(len(app.router.routes), "route")
    return {
        "settings": f"{count(len(explanation), 'value')} for {app.settings.environment} ({', '.join(layers)})",
        "plugins": count(len(app.plugin_manager.records), "plugin"),
        "middleware": f"{count(len(app.layers), 'layer')} around every route",
        "routes": f"{routes}, and {count(mounts, 'mounted application')}" if mounts else routes,
        "services": f"{count(len(services) - len(askers), 'service')}, injected in {count(len(askers), 'place')}",
        "events": count(len(app.events.subscriptions), "subscription"),
    }
