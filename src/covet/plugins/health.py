"""
The health of plugins: their checks, run at once, each within its time.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from covet.deadlines import Deadline
from covet.plugins.base import HealthCheck


@dataclass(frozen=True, slots=True)
class HealthReport:
    """
    What a check found.

    Attributes:
        name: The name of the check.
        plugin: The plugin that it is of.
        is_healthy: Whether all is well.
        error: What it raised, a `CancelledError` of its own included; `None` if it just said no.
        seconds: How long it took.
    """

    name: str
    plugin: str
    is_healthy: bool
    error: BaseException | None
    seconds: float


async def run_checks(checks: Iterable[tuple[str, str, HealthCheck]], *, seconds: float) -> dict[str, HealthReport]:
    """
    Run checks at once; one that fails does not end the others.

    Args:
        checks: The name of each, its plugin, and the check.
        seconds: How long each may take; then it is not healthy.

    Example:
        >>> async def ping():
        ...     raise ConnectionError("refused")
        >>> reports = await run_checks([("ping", "database", ping)], seconds=1)
        >>> reports["ping"].is_healthy, reports["ping"].error
        (False, ConnectionError('refused'))
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(name, plugin, check, seconds)) for name, plugin, check in checks]
    return {report.name: report for report in (task.result() for task in tasks)}


async def _run(name: str, plugin: str, check: HealthCheck, seconds: float) -> HealthReport:
    began = time.perf_counter()
    error: BaseException | None = None
    is_healthy = False
    try:
        with Deadline(seconds):
            is_healthy = await check() is not False
    except asyncio.CancelledError as exc:
        task = asyncio.current_task()
        # What the check waited for may have been cancelled; whoever cancels this task wants all of it to end.
        if task is None or task.cancelling():
            raise
        error = exc
    # A SystemExit of a check would end the process, which a check only asks about.
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever it is, it is the report
        error = exc
    return HealthReport(name, plugin, is_healthy, error, time.perf_counter() - began)
