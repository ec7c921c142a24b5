"""
A row of the tables of checks.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from covet.deployment.subject import Subject


class Row(NamedTuple):
    """
    One check, as a table writes it; see `covet.deployment.checks.Check`.
    """

    id: str
    severity: Literal["error", "warning"]
    setting: str
    fix: str
    find: Callable[[Subject], str | None]
