"""
What plugins become, told on the application's bus.

It must never load or make what nobody asked for: without a bus, or without anybody who wants to know, nothing happens.
"""

from typing import TYPE_CHECKING, Any

from covet.plugins.record import PluginRecord, PluginState

if TYPE_CHECKING:
    from covet.app import CovetPy


class StateAnnouncer:
    """
    Publish the states of an application's plugins as `PluginStateChangedEvent`s, in their order.

    States change where nothing can be awaited; their events wait for `publish`.

    Args:
        app: The application.
    """

    def __init__(self, app: "CovetPy") -> None:
        self._app = app
        # Any: the events, whose package is loaded only with a bus.
        self._waiting: list[Any] = []

    def note(self, record: PluginRecord, previous: PluginState | None) -> None:
        """
        Note that a plugin has come to a state.

        Args:
            record: The plugin's, with its state by now.
            previous: The state before; `None` if it is new.
        """
        if not self._app.has_events:
            return
        # Loaded here: whoever has the bus has the package.
        from covet.events import PluginStateChangedEvent

        if self._app.events.wants(PluginStateChangedEvent):
            # One that is skipped may know of an earlier failure.
            error = None if record.state is PluginState.SKIPPED else record.error
            self._waiting.append(
                PluginStateChangedEvent(
                    plugin=record.name,
                    state=record.state.value,
                    previous=None if previous is None else previous.value,
                    error=None if error is None else type(error).__name__,
                )
            )

    async def publish(self) -> None:
        """Publish what was noted, and wait for those who want to know."""
        while self._waiting:
            await self._app.events.publish(self._waiting.pop(0))
