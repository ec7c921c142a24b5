"""
Entry points: what installed distributions offer under a group, each with the distribution that offers it.

It must never load one by itself: to import a stranger's module is the decision of whoever asks.
"""

from dataclasses import dataclass
from typing import Protocol


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
