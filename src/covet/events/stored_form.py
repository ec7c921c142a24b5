"""
How an event looks in a store, and how it is made again: JSON, with the type that names its class.

No code runs that stored data names: a type leads to a class that this program has defined, or to nothing.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from covet.events.errors import AmbiguousEventTypeError, EventStoreError
from covet.events.event import Event
from covet.events.event_class import find_event_class
from covet.events.stored_event import StoredEvent
from covet.exceptions import CovetError, ValidationError
from covet.serialization import encode_json, get_json_serializer

_BASE = frozenset(field.name for field in dataclasses.fields(Event))


@dataclasses.dataclass(frozen=True, slots=True)
class StoredForm:
    """
    An event as a store keeps it.

    Attributes:
        event_id: Its identifier.
        event_type: Its type.
        timestamp: When it happened, in UTC with microseconds, so that the texts sort by time.
        metadata: Its metadata, as JSON.
        data: Its other fields, as JSON.
    """

    event_id: str
    event_type: str
    timestamp: str
    metadata: str
    data: str


def write_event(event: Event) -> StoredForm:
    """
    Write an event.

    Raises:
        EventStoreError: If a field has no form in JSON; names the field, not the value.

    Example:
        >>> write_event(Event(metadata={"source": "import"})).metadata
        '{"source":"import"}'
    """
    fields = {
        field.name: getattr(event, field.name)
        for field in dataclasses.fields(event)
        if field.init and field.name not in _BASE
    }
    try:
        metadata, data = encode_json(event.metadata).decode(), encode_json(fields).decode()
    except CovetError as exc:
        raise EventStoreError(
            f"{type(event).__name__} cannot be stored: {exc.message} ({getattr(exc, 'pointer', '')})", hint=exc.hint
        ) from exc
    return StoredForm(event.event_id, event.event_type, write_moment(event.timestamp), metadata, data)


def write_moment(moment: datetime) -> str:
    """
    Write a moment so that texts sort as moments do.

    Args:
        moment: A moment in UTC.
    """
    return moment.isoformat(timespec="microseconds")


class EventReader:
    """
    Make events again.

    Args:
        classes: The classes that are meant where several have one type; all others are found by themselves.

    Raises:
        AmbiguousEventTypeError: If two of them have one type.

    Example:
        >>> class CupFilled(Event):
        ...     sort: str
        >>> EventReader().read(write_event(CupFilled(sort="tea"))).sort
        'tea'
    """

    def __init__(self, classes: Iterable[type[Event]] = ()) -> None:
        self._classes: dict[str, type[Event]] = {}
        self._seen: WeakValueDictionary[str, type[Event]] = WeakValueDictionary()
        for cls in classes:
            other = self._classes.setdefault(cls.event_type, cls)
            if other is not cls:
                raise AmbiguousEventTypeError(cls.event_type, [other, cls])
        # Any: validators, whose module is loaded by those who read.
        self._validators: WeakKeyDictionary[type[Event], Mapping[str, Any]] = WeakKeyDictionary()

    def notice(self, event: Event) -> None:
        """Learn from an event that is stored which class its type means, where several have it."""
        self._seen[event.event_type] = type(event)

    def read(self, form: StoredForm) -> Event | StoredEvent:
        """
        Make an event, or a `StoredEvent` if its class is unknown or does not take what is stored.

        Raises:
            AmbiguousEventTypeError: If several classes have its type.
        """
        load = get_json_serializer().deserialize
        timestamp, metadata = datetime.fromisoformat(form.timestamp), load(form.metadata.encode())
        data = load(form.data.encode())
        cls = self._find_class(form.event_type)
        if cls is None:
            problem = f"No class of this program has the event type {form.event_type!r}."
        else:
            try:
                values = self._convert(cls, data)
                return cls(event_id=form.event_id, timestamp=timestamp, metadata=metadata, **values)
            except Exception as exc:  # noqa: BLE001 - one event that does not fit must not make a store unreadable
                problem = f"{cls.__name__} does not take it: {exc}"
        return StoredEvent(
            event_id=form.event_id,
            event_type=form.event_type,
            timestamp=timestamp,
            metadata=metadata,
            data=data,
            problem=problem,
        )

    def _find_class(self, event_type: str) -> type[Event] | None:
        cls = self._classes.get(event_type) or self._seen.get(event_type)
        if cls is not None:
            return cls
        found = find_event_class(event_type)
        return found if found is not None and issubclass(found, Event) else None

    # Any: the fields of a class have any types.
    def _convert(self, cls: type[Event], data: Mapping[str, Any]) -> dict[str, Any]:
        validators = self._validators.get(cls)
        if validators is None:
            validators = self._validators[cls] = _compile_validators(cls)
        unknown = data.keys() - validators.keys()
        if unknown:
            raise EventStoreError(f"it has no field {', '.join(sorted(map(repr, unknown)))}.")
        values, errors = {}, []
        for name, value in data.items():
            try:
                values[name] = validators[name].validate(value, source="body", pointer=f"/{name}")
            except ValidationError as exc:
                errors += exc.errors
        if errors:
            raise ValidationError(errors)
        return values


# Any: as above.
def _compile_validators(cls: type[Event]) -> dict[str, Any]:
    # Loaded here: most programs that publish events read none.
    from covet.class_annotations import class_type_hints
    from covet.validation import compile_validator

    hints = class_type_hints(cls)
    return {
        field.name: compile_validator(hints[field.name])
        for field in dataclasses.fields(cls)
        if field.init and field.name not in _BASE
    }
