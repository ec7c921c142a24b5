"""
What production refuses: an application with an error of a deployment does not start. Staging warns of debugging.
"""

import logging
from collections.abc import Sequence

from covet.checks import Problem, Severity
from covet.core.configured_application import ConfiguredApplication
from covet.deployment.checks import check_deployment
from covet.exceptions import ConfigurationError

logger = logging.getLogger("covet.deployment")


class UnsafeDeploymentError(ConfigurationError):
    """
    An application is not safe to deploy; `problems` has every reason.

    Example:
        >>> problem = Problem("D101", Severity.ERROR, "debug", "debug is on.", "Set debug = false.")
        >>> print(UnsafeDeploymentError([problem]))
        Production refuses to start: 1 thing is unsafe.
          [D101] debug is on.
            Set debug = false.
          `covet check --deploy` shows the warnings, too.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        things = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        super().__init__(
            f"Production refuses to start: {things} unsafe.", hint="`covet check --deploy` shows the warnings, too."
        )
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [f"  {line}" for problem in self.problems for line in str(problem).splitlines()]
        return "\n".join([self.message, *lines, f"  {self.hint}"])


async def refuse_unsafe(app: ConfiguredApplication) -> None:
    """
    Refuse to start an application of production settings that has an error of a deployment.

    One of staging may be debugged, but not by mistake: a warning says that it is.

    Args:
        app: The application.

    Raises:
        UnsafeDeploymentError: If it has one; lists all of them.
    """
    if app.settings.is_staging and app.debug:
        logger.warning("debug is on in staging: errors show source and variables to whoever is on the server itself.")
    if not app.settings.is_production:
        return
    errors = [problem for problem in await check_deployment(app) if problem.severity is Severity.ERROR]
    if errors:
        raise UnsafeDeploymentError(errors)
