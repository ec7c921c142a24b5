"""
What is known about a plugin of an application: where it comes from and where it stands.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal

from covet.plugins.base import Plugin
from covet.plugins.errors import PluginStateError
from covet.plugins.routes import PluginRoutes


class PluginState(Enum):
    """Where a plugin stands in its life."""

    REGISTERED = "registered"
    INITIALISED = "initialised"
    STARTING = "starting"
    STARTED = "started"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    SKIPPED = "skipped"


# What may follow what: the whole behaviour in one table.
_NEXT: Final[dict[PluginState, frozenset[PluginState]]] = {
    PluginState.REGISTERED: frozenset({PluginState.INITIALISED, PluginState.FAILED, PluginState.SKIPPED}),
    PluginState.INITIALISED: frozenset({PluginState.STARTING, PluginState.SKIPPED}),
    PluginState.STARTING: frozenset({PluginState.STARTED, PluginState.FAILED}),
    PluginState.STARTED: frozenset({PluginState.STOPPING}),
    PluginState.STOPPING: frozenset({PluginState.STOPPED}),
    # An application can be started again, and what failed once may succeed then.
    PluginState.STOPPED: frozenset({PluginState.STARTING, PluginState.SKIPPED}),
    PluginState.FAILED: frozenset({PluginState.STARTING, PluginState.SKIPPED}),
    PluginState.SKIPPED: frozenset({PluginState.STARTING, PluginState.SKIPPED}),
}

_ABSENT: Final = frozenset({PluginState.FAILED, PluginState.SKIPPED})

OriginKind = Literal["argument", "settings", "registry", "entry point"]


@dataclass(frozen=True, slots=True)
class PluginOrigin:
    """
    Where a plugin comes from.

    Attributes:
        kind: `"argument"`, `"settings"`, `"registry"` or `"entry point"`.
        detail: The import string, or the distribution with its version.

    Example:
        >>> str(PluginOrigin("entry point", "covet-shop 1.2"))
        'entry point (covet-shop 1.2)'
    """

    kind: OriginKind
    detail: str | None = None

    def __str__(self) -> str:
        return self.kind if self.detail is None else f"{self.kind} ({self.detail})"


class PluginRecord:
    """
    A plugin of an application.

    Args:
        plugin: The plugin.
        origin: Where it comes from.
        on_change: Told of each state: the record, and the state before, `None` at first.

    Attributes:
        plugin: The plugin.
        origin: Where it comes from.
        state: Where it stands.
        is_initialised: Its `init_app` has run to its end.
        error: What it failed with, or what its stop raised.
        reason: Why it failed or was skipped, in a sentence; empty if it is there.
        routes: The routes and mounted applications that it added: they answer 503 while it is absent.
    """

    __slots__ = ("_on_change", "_timings", "error", "is_initialised", "origin", "plugin", "reason", "routes", "state")

    def __init__(
        self,
        plugin: Plugin,
        origin: PluginOrigin,
        on_change: "Callable[[PluginRecord, PluginState | None], object] | None" = None,
    ) -> None:
        self.plugin = plugin
        self.origin = origin
        self.state = PluginState.REGISTERED
        self.is_initialised = False
        self.error: BaseException | None = None
        self.reason = ""
        self.routes = PluginRoutes()
        self._timings: dict[str, float] = {}
        self._on_change = on_change
        if on_change is not None:
            on_change(self, None)

    def __repr__(self) -> str:
        return f"<PluginRecord {self.name!r}: {self.state.value}>"

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name

    @property
    def is_absent(self) -> bool:
        """Whether it failed or was skipped: whoever depends on it has to do without."""
        return self.state in _ABSENT

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds that `init_app`, `on_startup` and `on_shutdown` took the last time."""
        return MappingProxyType(self._timings)

    def move(self, state: PluginState, *, error: BaseException | None = None, reason: str = "") -> None:
        """
        Go on to another state.

        Args:
            state: The state.
            error: What a hook raised.
            reason: Why it failed or was skipped.

        Raises:
            PluginStateError: If the table of states does not allow it.
        """
        if state not in _NEXT[self.state]:
            raise PluginStateError(
                f"The plugin {self.name!r} is {self.state.value}, it cannot become {state.value}.",
                plugin=self.name,
                step=state.value,
            )
        previous, self.state = self.state, state
        self.reason = reason
        if error is not None or state not in _ABSENT:
            self.error = error
        if state in _ABSENT:
            self.routes.close()
        if state is PluginState.STARTED:
            self.routes.open()
        if state is PluginState.INITIALISED:
            self.is_initialised = True
        if self._on_change is not None:
            self._on_change(self, previous)

    def fail(self, error: BaseException, reason: str) -> None:
        """Note what a hook raised, and the reason as it may be shown: an error's own text may hold a password."""
        self.move(PluginState.FAILED, error=error, reason=reason)

    def skip(self, reason: str) -> None:
        """Note that it is left out."""
        self.move(PluginState.SKIPPED, reason=reason)

    @contextmanager
    def time(self, hook: str) -> Iterator[None]:
        """Note how long a hook takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._timings[hook] = time.perf_counter() - began
