"""
The hooks of plugins that may wait, each within its time.

A hook runs in the task of the start and the stop, which may open what only that task can close. So nothing but the hook
can end it: it is cancelled, has as long again to clean up, and is closed then, whatever it says.
"""

from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any

from covet.deadlines import Deadline
from covet.plugins.errors import PluginTimeoutError

Hook = Callable[[], Coroutine[Any, Any, None]]  # Any: what a coroutine passes between itself and the event loop


async def run_hook(hook: Hook, name: str, plugin: str, seconds: float | None) -> None:
    """
    Run a hook within its time.

    Args:
        hook: The bound method.
        name: Which it is: "on_startup" or "on_shutdown".
        plugin: The plugin's name.
        seconds: How long it may take; `None` for no limit.

    Raises:
        PluginTimeoutError: If it took longer, though it came to its end in spite of that.
        Exception: What the hook raised.

    Example:
        >>> import asyncio
        >>> async def connect():
        ...     await asyncio.sleep(60)
        >>> await run_hook(connect, "on_startup", "shop", 0.01)
        Traceback (most recent call last):
            ...
        covet.plugins.errors.PluginTimeoutError: The plugin 'shop' did not end on_startup() within 0.01 s.
          Find out what it waits for, or set startup_timeout in its class.
    """
    if seconds is None:
        await hook()
        return
    deadline, last = Deadline(seconds), Deadline(2 * seconds)
    try:
        with last, deadline:
            await _guard(hook(), last)
    except TimeoutError as exc:
        # The plugin may have a time limit of its own within.
        if not deadline.is_expired:
            raise
        raise PluginTimeoutError(plugin, name, seconds, is_cut_off=last.is_expired) from exc
    if deadline.is_expired:
        raise PluginTimeoutError(plugin, name, seconds, is_late=True)


@coroutine
def _guard(step: Coroutine[Any, Any, None], last: Deadline) -> Generator[Any, Any, None]:
    """Run a coroutine, and close it if it goes on when its last deadline has cancelled it."""
    error: BaseException | None = None
    # PEP 380 by hand, as in `covet.deadlines.resume`.
    sent: Any = None
    while True:
        try:
            waiting = step.send(sent) if error is None else step.throw(error)
        except StopIteration:
            return
        if error is not None and last.is_expired:
            _close(step)
            raise error
        error = None
        try:
            sent = yield waiting
        except GeneratorExit:
            step.close()
            raise
        except BaseException as exc:  # noqa: BLE001 - the hook decides what becomes of it
            error = exc


def _close(step: Coroutine[Any, Any, None]) -> None:
    try:
        step.close()
    except RuntimeError:
        # It waits even now: there is no more that can be done to it.
        return
