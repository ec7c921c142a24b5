"""
The base of all events: what happened, when, and what else is known about it.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NoReturn

from covet.events.errors import EventDefinitionError
from covet.events.event_class import EventMeta
from covet.events.event_id import make_event_id
from covet.events.metadata import EMPTY_METADATA, Metadata


class _Immutable:
    """What refuses every change."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise dataclasses.FrozenInstanceError(
            f"{type(self).__name__} has happened and cannot change: {name!r} is not set. "
            f"Make another with dataclasses.replace(event, {name}=...)."
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise dataclasses.FrozenInstanceError(
            f"{type(self).__name__} has happened and cannot change: {name!r} is not deleted."
        )


class Event(_Immutable, metaclass=EventMeta):
    """
    Something that has happened: an immutable dataclass with slots, whose fields are given by name.

    A subclass declares its type and its fields; `@dataclass` above it, with any options, is welcome and changes
    nothing. A class that declares no type gets one by its name: `UserCreatedEvent` is `"user.created"`.

    Args:
        event_id: A UUID that sorts by time (version 7).
        timestamp: When it happened; it must have a time zone and is kept in UTC.
        metadata: What else is known, such as a request's id. It is copied, and read only.

    Attributes:
        event_type: What kind of event it is; a constant of the class.

    Raises:
        EventDefinitionError: If a subclass cannot be an event; the text says how to mend it.
        ValueError: If the timestamp has no time zone.

    Example:
        >>> class UserCreated(Event):
        ...     event_type: str = "user.created"
        ...     user_id: int
        >>> event = UserCreated(user_id=7, metadata={"source": "import"})
        >>> event.event_type, event.user_id, event.metadata["source"]
        ('user.created', 7, 'import')
        >>> event.user_id = 8
        Traceback (most recent call last):
            ...
        dataclasses.FrozenInstanceError: UserCreated has happened and cannot change: 'user_id' is not set. ...
    """

    event_type: str = dataclasses.field(default="base.event", init=False)
    event_id: str = dataclasses.field(default_factory=make_event_id)
    timestamp: datetime = dataclasses.field(default_factory=partial(datetime.now, UTC))
    # Any: what is known beside the fields is the application's.
    metadata: Mapping[str, Any] = EMPTY_METADATA

    # Any: as `object` declares it. Copies are made by the constructor: nothing else may set an attribute.
    def __reduce__(self) -> Any:
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.init}
        return partial(type(self), **values), ()


def _to_utc(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"The timestamp of an event has a time zone, got {value!r}. Write datetime.now(UTC).")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _to_metadata(value: object) -> Metadata:
    if type(value) is Metadata:
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"The metadata of an event is a mapping, got {value!r}.")
    return Metadata(value)


class _Converted:
    """A slot whose value is converted on its way in, whatever a subclass does in its `__post_init__`."""

    # Any: the descriptor of a slot, and the value that it holds.
    def __init__(self, slot: Any, convert: Callable[[object], Any]) -> None:
        self._slot = slot
        self._convert = convert

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self._slot.__get__(instance, owner)

    def __set__(self, instance: object, value: object) -> None:
        self._slot.__set__(instance, self._convert(value))


for _name, _convert in {"timestamp": _to_utc, "metadata": _to_metadata}.items():
    setattr(Event, _name, _Converted(Event.__dict__[_name], _convert))

__all__ = ["Event", "EventDefinitionError"]
