"""
Plugins for tests: made of a few words, noting what happens to them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from covet.app import CovetPy
from covet.plugins import Plugin

Hook = Callable[[], Awaitable[None]]


def make_plugin(
    name: str,
    *,
    version: str = "1.0",
    needs: Sequence[str] = (),
    log: list[str] | None = None,
    fails: Mapping[str, BaseException] | None = None,
    **attributes: Any,
) -> Plugin:
    """
    Make a plugin that notes its hooks.

    Args:
        name: Its name.
        version: Its version.
        needs: Its dependencies.
        log: Where its hooks are noted, as "hook name".
        fails: What hooks raise, by the name of the hook.
        **attributes: Further attributes of its class.
    """
    events: list[str] = [] if log is None else log
    failures = fails or {}

    def note(hook: str) -> None:
        events.append(f"{hook} {name}")
        if hook in failures:
            raise failures[hook]

    class Noting(Plugin):
        name, version = "noting", "1.0"

        def validate_config(self) -> None:
            note("validate_config")

        def init_app(self, app: CovetPy) -> None:
            note("init_app")

        async def on_startup(self) -> None:
            note("on_startup")

        async def on_shutdown(self) -> None:
            note("on_shutdown")

    cls = type(name, (Noting,), {"name": name, "version": version, "dependencies": list(needs), **attributes})
    plugin: Plugin = cls()
    return plugin
