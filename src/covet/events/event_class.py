"""
What makes a class of events: a frozen dataclass with slots, whichever decorator stands above it, or none.

A class is finished here when its body ends. `@dataclass` above it, with or without options, finds everything done:
what it would write anew is what must not change. So a plain `@dataclass` gives an immutable event too, where the
standard library would refuse a class that is less frozen than its base.
"""

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any, Final, dataclass_transform
from weakref import ref

from covet.events.errors import AmbiguousEventTypeError, EventDefinitionError
from covet.events.event_types import check_event_type, derive_event_type

_FINISHED: Final = "__covet_event_class__"
# What a decorator above a finished class must not replace.
_KEPT: Final = frozenset({"__dataclass_params__", "__dataclass_fields__", "__setattr__", "__delattr__"})

# The classes by their event types, as long as they live.
_CLASSES: Final[dict[str, list["ref[EventMeta]"]]] = {}


# Any: a class body holds anything.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field, dataclasses.Field))
class EventMeta(type):
    """
    The class of event classes.

    Raises:
        EventDefinitionError: If a class cannot be an event; the text says how to mend it.
    """

    event_type: str

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> "EventMeta":
        """Finish a class; one that `@dataclass(slots=True)` would make again is returned as it is."""
        if _FINISHED in namespace:
            finished: EventMeta = namespace[_FINISHED]
            return finished
        _refuse_mutable_bases(name, bases)
        namespace = {**namespace, "event_type": _take_event_type(name, namespace)}
        cell = namespace.get("__classcell__")
        draft = super().__new__(mcls, name, bases, namespace, **options)
        own = _drop_annotation(draft)
        _apply_dataclass(draft, name)
        cls = super().__new__(mcls, name, bases, _with_slots(draft, own, cell), **options)
        # Not listed: `@dataclass(slots=True)` refuses a class that lists them.
        type.__delattr__(cls, "__slots__")
        type.__setattr__(cls, "__dataclass_params__", _Params(draft.__dict__["__dataclass_params__"]))
        type.__setattr__(cls, _FINISHED, cls)
        _remember(cls)
        return cls

    def __setattr__(cls, name: str, value: object) -> None:
        if name in _KEPT and _FINISHED in cls.__dict__:
            return
        super().__setattr__(name, value)


def find_event_class(event_type: str) -> "EventMeta | None":
    """
    Find the class of an event type.

    Raises:
        AmbiguousEventTypeError: If several classes have it.

    Example:
        >>> find_event_class("nobody.knows") is None
        True
    """
    known = list(_iterate(event_type))
    # Classes that nobody can import, as tests make them, step back; among themselves the last one counts.
    found = [cls for cls in known if _is_importable(cls)] or known[-1:]
    if len(found) > 1:
        raise AmbiguousEventTypeError(event_type, found)
    return found[0] if found else None


def list_event_types(base: type) -> tuple[str, ...]:
    """Name the event types of a class and of the classes below it, in order."""
    known = list(_CLASSES)
    return tuple(sorted(name for name in known if any(issubclass(cls, base) for cls in _iterate(name))))


def _is_importable(cls: type) -> bool:
    """Tell whether a class stands where it says: not in a function, and in a module that is loaded still."""
    found: object = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is cls


def _iterate(event_type: str) -> Iterator[EventMeta]:
    for reference in list(_CLASSES.get(event_type, ())):
        cls = reference()
        if cls is not None:
            yield cls


def _remember(cls: EventMeta) -> None:
    """Keep a class under its type; a second one of the same module is a mistake that was copied."""
    others = []
    for other in _iterate(cls.event_type):
        if other.__module__ != cls.__module__:
            others.append(other)
        elif "<locals>" in cls.__qualname__ or "<locals>" in other.__qualname__:
            # A class of a function is made anew by each call.
            others.append(other)
        elif other.__qualname__ != cls.__qualname__:
            raise EventDefinitionError(
                f"{cls.__qualname__} and {other.__qualname__} of {cls.__module__} have one event type, "
                f"{cls.event_type!r}.",
                hint=f'Give one of them its own: event_type: str = "{derive_event_type(cls.__name__)}_again".',
            )
    _CLASSES[cls.event_type] = [ref(other) for other in (*others, cls)]


def _take_event_type(name: str, namespace: dict[str, Any]) -> str:
    declared = namespace.get("event_type")
    if isinstance(declared, dataclasses.Field):
        declared = declared.default
    return derive_event_type(name) if declared is None else check_event_type(declared, name)


def _drop_annotation(draft: EventMeta) -> frozenset[str]:
    """Take `event_type` out of the annotations, so that it is no field, and name the others."""
    if sys.version_info >= (3, 14):
        import annotationlib

        annotate = draft.__annotate__
        if annotate is not None:

            def without(format: Any) -> dict[str, Any]:  # noqa: A002 - as the interpreter calls it
                found = annotationlib.call_annotate_function(annotate, format, owner=draft)
                found.pop("event_type", None)
                return found

            draft.__annotate__ = without
            return frozenset(without(annotationlib.Format.FORWARDREF))
    annotations: dict[str, Any] = vars(draft).get("__annotations__", {})
    annotations.pop("event_type", None)
    return frozenset(annotations)


def _refuse_mutable_bases(name: str, bases: tuple[type, ...]) -> None:
    for base in (cls for parent in bases for cls in parent.__mro__):
        params = base.__dict__.get("__dataclass_params__")
        if params is not None and not params.frozen:
            raise EventDefinitionError(
                f"{name} is an event, and {base.__qualname__}, which it inherits from, is a dataclass that can change.",
                hint=f"Write @dataclass(frozen=True) above {base.__qualname__}.",
            )


def _apply_dataclass(draft: EventMeta, name: str) -> None:
    try:
        # Any: the decorator takes any class, and its type says that only of those that are known.
        decorate: Any = dataclasses.dataclass(frozen=True, kw_only=True)
        decorate(draft)
    except TypeError as exc:
        hint = "An event cannot define how its attributes are set." if "overwrite" in str(exc) else None
        raise EventDefinitionError(f"{name} cannot be an event: {exc}.", hint=hint) from exc
    except ValueError as exc:
        # A mutable default: the standard library's text names the field and the way out.
        raise EventDefinitionError(f"{name} cannot be an event: {exc}.") from exc


def _with_slots(draft: EventMeta, own: frozenset[str], cell: object) -> dict[str, Any]:
    """Make the body of the finished class: that of the draft, with its own fields in slots."""
    # Any: what `fields` takes is no type that could be named.
    item: Any = draft
    inherited = {name for base in draft.__mro__[1:] for name in getattr(base, "__dataclass_fields__", {})}
    names = [field.name for field in dataclasses.fields(item) if field.name in own]
    body = {
        key: value
        for key, value in vars(draft).items()
        if key not in {"__dict__", "__weakref__", *names} and key not in {"__setattr__", "__delattr__"}
    }
    body["__slots__"] = tuple(name for name in names if name not in inherited)
    if "__hash__" in body and draft.__mro__[1] is not object:
        # An event is found by its identity, also if a field of it cannot be hashed.
        body["__hash__"] = _hash_by_id
    if cell is not None:
        body["__classcell__"] = cell
    return body


# Any: an event, whose class stands above.
def _hash_by_id(event: Any) -> int:
    return hash(event.event_id)


class _Params:
    """
    What a class of events shows as the options of its decorator.

    It is frozen, except for the one question that `dataclasses` asks of a base while it decorates a class below:
    whether that is as frozen as this one. There it agrees, since the class below is finished already.
    """

    __slots__ = ("_params",)

    def __init__(self, params: object) -> None:
        self._params = params

    # Any: the options differ by the version of Python.
    def __getattr__(self, name: str) -> Any:
        return getattr(self._params, name)

    @property
    def frozen(self) -> bool:
        caller = sys._getframe(1)  # noqa: SLF001 - the standard library documents it, for want of another way
        if caller.f_code.co_name == "_process_class" and caller.f_globals.get("__name__") == "dataclasses":
            return caller.f_locals.get("frozen", True) is True
        return True

    def __repr__(self) -> str:
        return repr(self._params)
