"""
Tests of the framework's own events.
"""

import dataclasses

import pytest

from covet.events import catalogue
from covet.events.event import Event


@pytest.mark.parametrize(
    ("name", "event_type", "fields"),
    [
        ("RequestStartedEvent", "request.started", ["method", "path", "client_ip"]),
        ("RequestCompletedEvent", "request.completed", ["method", "path", "status_code", "duration_ms", "error"]),
        ("DatabaseQueryEvent", "database.query", ["query", "duration_ms", "rows_affected"]),
        ("UserAuthenticatedEvent", "user.authenticated", ["user_id", "method"]),
        ("ApplicationStartedEvent", "application.started", ["duration_ms"]),
        ("ApplicationStoppingEvent", "application.stopping", []),
        ("SettingsChangedEvent", "settings.changed", ["changed", "needs_restart"]),
        ("PluginStateChangedEvent", "plugin.state_changed", ["plugin", "state", "previous", "error"]),
    ],
)
def test_events_have_their_types_and_fields(name: str, event_type: str, fields: list[str]) -> None:
    """What is documented is there, beside what every event has."""
    cls: type[Event] = getattr(catalogue, name)

    own = [field.name for field in dataclasses.fields(cls)][3:]

    assert cls.event_type == event_type
    assert own == fields
