"""
Tests of how events look in a store.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from covet.events.errors import AmbiguousEventTypeError, EventStoreError
from covet.events.event import Event
from covet.events.stored_event import StoredEvent
from covet.events.stored_form import EventReader, StoredForm, write_event, write_moment


class Colour(Enum):
    """A choice."""

    RED = "red"


@dataclass
class Line:
    """A part."""

    sku: str
    price: Decimal


class Bought(Event):
    """An event with fields of many types."""

    event_type: str = "form.bought"
    number: int
    lines: list[Line]
    colour: Colour
    day: date
    token: UUID
    note: str | None = None
    tags: tuple[str, ...] = ()
    anything: Any = None


class Renamed(Event):
    """An event whose field had another name."""

    event_type: str = "form.renamed"
    new: int = 0


BOUGHT = Bought(
    number=7,
    lines=[Line("tea", Decimal("9.50"))],
    colour=Colour.RED,
    day=date(2026, 1, 2),
    token=UUID(int=5),
    tags=("a",),
    anything={"deep": [1, None]},
    metadata={"request": "r1"},
)


def test_an_event_comes_back_equal() -> None:
    """Each field has its own type again."""
    assert EventReader().read(write_event(BOUGHT)) == BOUGHT


def test_moments_sort_as_texts() -> None:
    """Microseconds are always written, in UTC."""
    assert write_moment(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000+00:00"


def make_form(event_type: str, data: str) -> StoredForm:
    """Make what a store would have."""
    return StoredForm("id", event_type, "2026-01-02T00:00:00.000000+00:00", '{"a":1}', data)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        (make_form("form.gone", '{"x":1}'), "No class of this program has the event type 'form.gone'."),
        (make_form("form.renamed", '{"old":1}'), "Renamed does not take it: it has no field 'old'."),
        (
            make_form("form.renamed", '{"new":"one"}'),
            "Renamed does not take it: 1 error\n  body /new: must be an integer",
        ),
        (make_form("form.bought", "{}"), "Bought does not take it: "),
    ],
)
def test_what_does_not_fit_comes_as_it_was(form: StoredForm, problem: str) -> None:
    """One event that is too old does not make the others unreadable, and says why it is no instance."""
    stored = EventReader().read(form)

    assert isinstance(stored, StoredEvent)
    assert (stored.event_id, stored.event_type, stored.metadata) == ("id", form.event_type, {"a": 1})
    assert stored.timestamp == datetime(2026, 1, 2, tzinfo=UTC)
    assert stored.problem.startswith(problem)


def test_a_field_may_have_come_later() -> None:
    """Its default stands for what was not known then."""
    event = EventReader().read(make_form("form.renamed", "{}"))

    assert isinstance(event, Renamed)
    assert event.new == 0


def test_a_type_of_several_classes_is_decided_by_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """`classes` says which is meant, and so does an event that was stored."""
    names: list[dict[str, Any]] = []
    for number in range(2):
        module = ModuleType(f"form_{number}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        module.__dict__["Event"] = Event
        exec("class Twin(Event):\n    event_type = 'form.twin'\n", module.__dict__)
        names.append(module.__dict__)
    chosen: type[Event] = names[0]["Twin"]

    with pytest.raises(AmbiguousEventTypeError):
        EventReader().read(write_event(chosen()))

    assert type(EventReader([chosen]).read(write_event(chosen()))) is chosen
    noticing = EventReader()
    noticing.notice(chosen())
    assert type(noticing.read(write_event(chosen()))) is chosen
    with pytest.raises(AmbiguousEventTypeError, match="several classes"):
        EventReader([chosen, names[1]["Twin"]])


def test_what_has_no_form_is_refused_by_its_place() -> None:
    """The text has the class and the field, and not the value."""

    class Odd(Event):
        thing: object

    with pytest.raises(EventStoreError) as caught:
        write_event(Odd(thing=object()))

    assert "Odd cannot be stored: " in str(caught.value)
    assert "/thing" in str(caught.value)
    assert "0x" not in str(caught.value)
