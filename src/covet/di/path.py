"""
The way from one service to another, drawn: what every error about wiring shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_ARROW = "└─> "


@dataclass(frozen=True, slots=True)
class Step:
    """
    One service on the way.

    Attributes:
        service: Its name, as its author would write it.
        lifetime: The word for its lifetime; empty if it has none.
        parameter: The parameter of the step before that asks for it.
        where: The place of its registration, as `path:line`.
        note: What is wrong at this step.
    """

    service: str
    lifetime: str = ""
    parameter: str = ""
    where: str = ""
    note: str = ""

    def __str__(self) -> str:
        text = f"{self.parameter}: {self.service}" if self.parameter else self.service
        if self.lifetime:
            text += f" ({self.lifetime})"
        if self.where:
            text += f", {shorten_place(self.where)}"
        return f"{text}  <── {self.note}" if self.note else text


def draw_path(steps: Sequence[Step]) -> str:
    """
    Draw the steps below each other, each with an arrow from the one before.

    Example:
        >>> print(draw_path([Step("Shop", "scoped"), Step("Database", parameter="database", note="not registered")]))
        Shop (scoped)
        └─> database: Database  <── not registered
    """
    lines = [str(step) if not depth else f"{'    ' * (depth - 1)}{_ARROW}{step}" for depth, step in enumerate(steps)]
    return "\n".join(lines)


def shorten_place(where: str) -> str:
    """
    Keep of a place what a reader needs: the file, its folder and the line.

    Example:
        >>> shorten_place("/srv/app/shop/services.py:12")
        'shop/services.py:12'
    """
    return "/".join(where.replace("\\", "/").split("/")[-2:])
