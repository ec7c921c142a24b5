"""
Registries: things found by name, in an order, checked when they come in.

It must never know what it holds: what an item has to be is the validator's word.
"""

import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from covet.exceptions import ConfigurationError, ItemExistsError, ItemNotFoundError
from covet.options import refuse_unknown

T = TypeVar("T")

DEFAULT_PRIORITY = 100

_RESERVED_METADATA = frozenset({"priority", "registered_at"})


class InvalidItemError(ConfigurationError, ValueError):
    """A registry refuses an item, its name or its metadata; the text says what it expects."""


class _Entry(NamedTuple, Generic[T]):
    item: T
    priority: int
    registered_at: float
    metadata: Mapping[str, object]


class Registry(Generic[T]):
    """
    Keep items by name, in order of priority and then of registration.

    It may be used from any thread. Reading never waits for writing: each change puts a new table in
    the place of the old one, so that whoever is reading goes on with what was there when it began.

    Args:
        name: What the registry is called in error messages.
        validator: Answers whether an item may come in. What it raises is reported as a refusal.
        expected: What the validator asks for, in words that end "It must be …", for the refusal.

    Example:
        >>> formats = Registry[str](name="formats", validator=str.islower, expected="lower case")
        >>> formats.register("json", "application/json")
        >>> formats.register("text", "text/plain", priority=10, charset="utf-8")
        >>> formats.get("json")
        'application/json'
        >>> formats.list_all(sort_by_priority=True)
        [('text', 'text/plain'), ('json', 'application/json')]
        >>> formats.register("html", "TEXT/HTML")
        Traceback (most recent call last):
            ...
        covet.registry.InvalidItemError: formats refuses 'html': 'TEXT/HTML'.
          It must be lower case.
    """

    @refuse_unknown
    def __init__(
        self,
        validator: Callable[[T], bool] | None = None,
        *,
        name: str = "the registry",
        expected: str | None = None,
    ) -> None:
        self._name = name
        self._validator = validator
        self._expected = expected
        self._entries: dict[str, _Entry[T]] = {}
        self._lock = threading.RLock()
        self._on_change: Callable[[], object] | None = None

    @property
    def name(self) -> str:
        """What the registry is called in error messages."""
        return self._name

    def register(
        self,
        name: str,
        item: T,
        priority: int = DEFAULT_PRIORITY,
        *,
        replace: bool = False,
        **metadata: object,
    ) -> None:
        """
        Add an item.

        Args:
            name: The name it is found by.
            item: The item itself.
            priority: Lower comes first; equal ones keep the order of registration.
            replace: Take the place of an item of that name, if there is one.
            **metadata: Anything worth knowing about the item; see `get_metadata`.

        Raises:
            ItemExistsError: If the name is taken and `replace` is not set. It is a `ValueError`.
            InvalidItemError: If the name, the priority, the metadata or the item is not acceptable.
                It is a `ValueError`.
        """
        self._check_name(name)
        self._check_priority(name, priority)
        self._check_metadata(name, metadata)
        self._check_item(name, item)
        entry = _Entry(item, priority, time.time(), MappingProxyType(metadata))
        with self._lock:
            if name in self._entries and not replace:
                raise ItemExistsError(
                    f"{name!r} is already registered in {self._name}.",
                    hint="Choose another name, call unregister() first, or pass replace=True.",
                )
            self._put({**self._entries, name: entry})

    def unregister(self, name: str) -> None:
        """
        Remove an item.

        Raises:
            ItemNotFoundError: If there is none of that name. It is a `KeyError`.
        """
        with self._lock:
            self._entry(name)
            self._put({key: entry for key, entry in self._entries.items() if key != name})

    def get(self, name: str) -> T | None:
        """Return the item of that name, or `None`."""
        entry = self._entries.get(name)
        return None if entry is None else entry.item

    def get_or_fail(self, name: str) -> T:
        """
        Return the item of that name.

        Raises:
            ItemNotFoundError: If there is none; the text lists what there is, and the closest name.
                It is a `KeyError`.
        """
        return self._entry(name).item

    def get_metadata(self, name: str) -> Mapping[str, object]:
        """
        Return what is known about an item: its `priority`, `registered_at` and its own metadata.

        The mapping is a read-only copy; `registered_at` is an aware `datetime` in UTC.

        Raises:
            ItemNotFoundError: If there is no item of that name.

        Example:
            >>> formats = Registry[str]()
            >>> formats.register("json", "application/json", version=2)
            >>> formats.get_metadata("json")["version"]
            2
        """
        # Imported here because it takes a tenth of the time that `import covet` may take.
        from datetime import UTC, datetime

        entry = self._entry(name)
        registered_at = datetime.fromtimestamp(entry.registered_at, UTC)
        return MappingProxyType({"priority": entry.priority, "registered_at": registered_at, **entry.metadata})

    def list_all(self, sort_by_priority: bool = False) -> list[tuple[str, T]]:
        """
        List names and items, in order of registration or of priority.

        A replaced item keeps the place of its predecessor among equals.
        """
        entries = list(self._entries.items())
        if sort_by_priority:
            entries.sort(key=lambda pair: pair[1].priority)
        return [(name, entry.item) for name, entry in entries]

    def copy(self, *, on_change: Callable[[], object] | None = None) -> "Registry[T]":
        """
        Make a registry of its own with the same items, such as one per application.

        Args:
            on_change: Called after each change of the copy, by whoever prepares something from its items.

        Example:
            >>> shared = Registry[int]()
            >>> shared.register("one", 1)
            >>> own = shared.copy()
            >>> own.register("two", 2)
            >>> list(shared), list(own)
            (['one'], ['one', 'two'])
        """
        twin: Registry[T] = Registry(self._validator, name=self._name, expected=self._expected)
        twin._entries = self._entries
        twin._on_change = on_change
        return twin

    def discover_entry_points(self, group: str, *, replace: bool = False) -> list[str]:
        """
        Register what installed distributions offer under an entry-point group.

        Each entry point stands for itself: one that cannot be loaded, or that the registry refuses,
        becomes a `UserWarning` that names it, and the others come in.

        Args:
            group: The group's name, such as `"covet.plugins"`.
            replace: Take the place of items that have the same names.

        Returns:
            The names that came in.

        Example:
            >>> Registry[object]().discover_entry_points("nobody.offers.this")
            []
        """
        # Imported here because it takes longer than everything else in this package.
        from importlib.metadata import entry_points

        found: list[str] = []
        for entry_point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
            try:
                self.register(entry_point.name, entry_point.load(), replace=replace, entry_point=entry_point.value)
            except Exception as exc:  # noqa: BLE001 - a stranger's module may raise anything
                warnings.warn(
                    f"The entry point {entry_point.name!r} of the group {group!r} ({entry_point.value}) "
                    f"is left out: {type(exc).__name__}: {exc}",
                    UserWarning,
                    stacklevel=2,
                )
            else:
                found.append(entry_point.name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<Registry {self._name!r}: {', '.join(self._entries) or 'empty'}>"

    def _put(self, entries: dict[str, _Entry[T]]) -> None:
        self._entries = entries
        if self._on_change is not None:
            self._on_change()

    def _entry(self, name: str) -> _Entry[T]:
        entries = self._entries
        try:
            return entries[name]
        except (KeyError, TypeError):
            raise ItemNotFoundError(name, available=entries, registry=self._name) from None

    def _check_name(self, name: str) -> None:
        if not isinstance(name, str) or not name.strip():
            raise InvalidItemError(f"A name in {self._name} must be a string with text in it, got {name!r}.")

    def _check_priority(self, name: str, priority: int) -> None:
        if not isinstance(priority, int) or isinstance(priority, bool):
            raise InvalidItemError(
                f"The priority of {name!r} in {self._name} must be an integer, got {priority!r}.",
                hint=f"Lower comes first; {DEFAULT_PRIORITY} is the default.",
            )

    def _check_metadata(self, name: str, metadata: Mapping[str, object]) -> None:
        reserved = sorted(_RESERVED_METADATA & metadata.keys())
        if reserved:
            raise InvalidItemError(
                f"The metadata of {name!r} in {self._name} must not contain {reserved[0]!r}.",
                hint="The registry sets it by itself.",
            )

    def _check_item(self, name: str, item: T) -> None:
        if self._validator is None:
            return
        try:
            accepted = self._validator(item)
        except Exception as exc:
            raise InvalidItemError(f"{self._name} refuses {name!r}: {item!r}.", hint=self._expectation(exc)) from exc
        if not accepted:
            raise InvalidItemError(f"{self._name} refuses {name!r}: {item!r}.", hint=self._expectation())

    def _expectation(self, exc: Exception | None = None) -> str:
        if self._expected is not None:
            wanted = f"It must be {self._expected}."
        else:
            wanted = f"It must satisfy {getattr(self._validator, '__qualname__', repr(self._validator))}."
        return wanted if exc is None else f"{wanted} ({type(exc).__name__}: {exc})"


__all__ = ["DEFAULT_PRIORITY", "InvalidItemError", "Registry"]
