"""
Entry points: what installed distributions offer under a group, each with the distribution that offers it.

It must never load one by itself: to import a stranger's module is the decision of whoever asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from covet.exceptions import ConfigurationError


class EntryPointError(ConfigurationError):
    """What is offered under a name cannot be had: two distributions offer it, or it cannot be loaded."""


class _Loader(Protocol):
    """What `importlib.metadata` keeps of an entry point."""

    def load(self) -> object: ...


@dataclass(frozen=True, slots=True)
class OfferedItem:
    """
    One entry point, not loaded yet.

    Attributes:
        name: The name it is offered by.
        value: Where it is, such as `"shop.plugin:ShopPlugin"`.
        distribution: The name and version of what offers it, such as `"covet-shop 1.2"`.
    """

    name: str
    value: str
    distribution: str
    _entry_point: _Loader

    def load(self) -> object:
        """Import it; whatever the import raises is raised."""
        return self._entry_point.load()


class LoadedItem(NamedTuple):
    """
    What an entry point led to.

    Attributes:
        item: The object.
        distribution: The name and version of what offers it.
    """

    item: object
    distribution: str


def load_entry_point(offered: Iterable[OfferedItem], name: str, *, kind: str, setting: str) -> LoadedItem | None:
    """
    Load the one item of a name, and no other; `None` if there is none.

    Args:
        offered: What there is.
        name: The name.
        kind: What the items are, for messages: `"plugin"`.
        setting: Where the name was written, for the ways to mend.

    Raises:
        EntryPointError: If two distributions offer the name, or the import raises; that error is the cause.

    Example:
        >>> load_entry_point([], "shop", kind="plugin", setting="discover_plugins") is None
        True
    """
    matching = [item for item in offered if item.name == name]
    if not matching:
        return None
    if len(matching) > 1:
        places = " and ".join(item.distribution for item in matching)
        raise EntryPointError(f"The {kind} {name!r} is offered twice, by {places}.", hint="Uninstall one of them.")
    item = matching[0]
    try:
        return LoadedItem(item.load(), item.distribution)
    except Exception as exc:
        raise EntryPointError(
            f"The {kind} {name!r} of {item.distribution} failed to load: {type(exc).__name__}: {exc}",
            hint=f"Mend or uninstall {item.distribution}, or take {name!r} out of {setting}.",
        ) from exc


def find_entry_points(group: str) -> list[OfferedItem]:
    """
    Find what is offered under a group, by name; two distributions may offer the same one.

    Example:
        >>> find_entry_points("nobody.offers.this")
        []
    """
    # Loaded here: it takes longer than most of the framework.
    from importlib.metadata import entry_points

    found = []
    for point in entry_points(group=group):
        distribution = "an unknown distribution" if point.dist is None else f"{point.dist.name} {point.dist.version}"
        found.append(OfferedItem(point.name, point.value, distribution, point))
    return sorted(found, key=lambda item: (item.name, item.distribution))
