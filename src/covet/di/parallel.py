"""
Independent services that have to be waited for: made at the same time, and given up together.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from covet.di.scope import Scope

# Any: the instance of whatever service this is.
Make = Callable[[Scope], Coroutine[Any, Any, Any]]


class Branch(NamedTuple):
    """
    One of the services.

    Attributes:
        name: Its name for messages.
        number: Its number in the scope's store; `None` if each use has its own instance.
        make: Makes an instance.
    """

    name: str
    number: int | None
    make: Make


async def resolve_parallel(scope: Scope, branches: Sequence[Branch]) -> list[Any]:
    """
    Make the instances of several services at the same time.

    If one fails the others are cancelled, and have ended when this raises; what they had opened is closed with the
    scope. Each runs in a task with a copy of the context variables: what one sets, the others do not see.

    Raises:
        Exception: The first failure itself, not a group; further ones are in its notes.
    """
    store = scope.store if scope.store.__class__ is dict else scope.open_store()
    missing = [branch for branch in branches if branch.number is None or branch.number not in store]
    if len(missing) < 2:
        return [await _make(scope, branch) for branch in branches]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {branch: group.create_task(_make(scope, branch)) for branch in missing}
    except BaseExceptionGroup as exc:
        first, *others = exc.exceptions
        for other in others:
            first.add_note(f"At the same time: {type(other).__name__}: {other}")
        raise first from None
    return [tasks[branch].result() if branch in tasks else store[branch.number or 0] for branch in branches]


async def _make(scope: Scope, branch: Branch) -> Any:
    if branch.number is None:
        return await branch.make(scope)
    return await scope.once(branch.number, branch.name, branch.make)
