"""
The events that the framework itself publishes.
"""

from covet.events.event import Event


class RequestStartedEvent(Event):
    """
    A request has come in; its handler has not begun.

    Attributes:
        method: Its method.
        path: Its decoded path, without the query.
        client_ip: The address of the peer, a proxy's where there is one; empty if the server does not know it.
    """

    event_type: str = "request.started"
    method: str
    path: str
    client_ip: str


class RequestCompletedEvent(Event):
    """
    The exchange is over: after the last byte, or when it was cut short.

    Attributes:
        method: The request's method.
        path: Its decoded path, without the query.
        status_code: The response's status, also of one that nobody was there to read; 499 if the client left before
            there was one.
        duration_ms: Milliseconds from the request to the last byte, by a clock that never goes back.
        error: The class of what cut the exchange short; `None` if nothing did.
    """

    event_type: str = "request.completed"
    method: str
    path: str
    status_code: int
    duration_ms: float
    error: str | None = None


class DatabaseQueryEvent(Event):
    """
    A query was run.

    Attributes:
        query: Its text, with placeholders in the place of values.
        duration_ms: Milliseconds that it took.
        rows_affected: How many rows it changed or gave.
    """

    event_type: str = "database.query"
    query: str
    duration_ms: float
    rows_affected: int


class UserAuthenticatedEvent(Event):
    """
    Somebody has proved who they are.

    Attributes:
        user_id: Who.
        method: How: `"password"`, `"oauth"`, `"api_key"`.
    """

    event_type: str = "user.authenticated"
    user_id: int | str
    method: str


class ApplicationStartedEvent(Event):
    """
    The application has started and is ready.

    Attributes:
        duration_ms: Milliseconds that the start took.
    """

    event_type: str = "application.started"
    duration_ms: float


class ApplicationStoppingEvent(Event):
    """The application stops; its steps are not undone yet."""

    event_type: str = "application.stopping"


class SettingsChangedEvent(Event):
    """
    Settings were loaded anew while the application runs. It names them and never shows their values.

    Attributes:
        changed: The names of the settings that hold from now on.
        needs_restart: The names of those that have changed and hold after the next start.
    """

    event_type: str = "settings.changed"
    changed: tuple[str, ...]
    needs_restart: tuple[str, ...] = ()


class PluginStateChangedEvent(Event):
    """
    A plugin goes from one state to another.

    Attributes:
        plugin: Its name.
        state: The state now.
        previous: The state before; `None` if it is new.
        error: The class of what made it fail; `None` if nothing did.
    """

    event_type: str = "plugin.state_changed"
    plugin: str
    state: str
    previous: str | None = None
    error: str | None = None
