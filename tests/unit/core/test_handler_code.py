"""
Tests of what the code of a handler says besides its signature.
"""

import functools
from collections.abc import Callable

import pytest

import covet.tasks
from covet.core.handler_code import makes_background_tasks
from covet.tasks import BackgroundTasks


@pytest.mark.parametrize("spelling", ["name", "attribute", "partial", "wrapped", "inner"])
def test_a_handler_that_makes_background_tasks_itself_is_known(spelling: str) -> None:
    """Known defect: background tasks were created but never attached to the response."""

    async def by_name() -> None:
        BackgroundTasks()

    async def by_attribute() -> None:
        covet.tasks.BackgroundTasks()

    @functools.wraps(by_name)
    async def wrapper() -> None:
        await by_name()

    async def by_inner() -> None:
        def inner() -> object:
            return BackgroundTasks()

        inner()

    async def other() -> None: ...

    handlers: dict[str, Callable[..., object]] = {
        "name": by_name,
        "attribute": by_attribute,
        "partial": functools.partial(by_name),
        "wrapped": wrapper,
        "inner": by_inner,
    }

    assert makes_background_tasks(handlers[spelling])
    assert not makes_background_tasks(other)
