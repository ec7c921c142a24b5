"""
The checks of a deployment: a table of what each looks at, what it says, and how to mend it.
"""

from collections.abc import Sequence
from typing import Any, Final

from covet.checks import Check, Problem, run_checks
from covet.core.configured_application import ConfiguredApplication
from covet.deployment.headers import HEADER_CHECKS
from covet.deployment.openings import OPENING_CHECKS
from covet.deployment.subject import Subject
from covet.deployment.surroundings import SURROUNDING_CHECKS
from covet.deployment.trust import TRUST_CHECKS
from covet.deployment.workers import WORKER_CHECKS
from covet.threads import run_in_thread

CHECKS: Final[Sequence[Check]] = (
    *TRUST_CHECKS,
    *OPENING_CHECKS,
    *HEADER_CHECKS,
    *SURROUNDING_CHECKS,
    *WORKER_CHECKS,
)
"""All checks of the framework's own, in the order of their ids; each takes a `Subject`."""


async def check_deployment(app: ConfiguredApplication) -> list[Problem]:
    """
    Find what is wrong with deploying an application as it is, by the checks of its plugins, too.

    Args:
        app: The application; nothing of it is started.

    Example:
        >>> from covet import CovetPy
        >>> [problem.id for problem in await check_deployment(CovetPy(debug=True)) if problem.severity == "error"]
        ['D101']
    """
    # They look at files. One after the other: what they try, they try on the middleware itself.
    found = await run_in_thread(_look, app)
    # Any: `PluginManager`, of whatever application has one.
    manager: Any = getattr(app, "plugin_manager", None)
    contributed = [] if manager is None else [check for _, check in manager.list_checks() if check.is_deployment]
    return found + await run_checks(contributed)


def _look(app: ConfiguredApplication) -> list[Problem]:
    subject = Subject(app)
    found = ((check, check.find(subject)) for check in CHECKS)
    return [check.report(message) for check, message in found if isinstance(message, str)]
