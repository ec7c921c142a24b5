"""
A read-only mapping in which one name may have many values.

`QueryParams` and `FormData` are both of this shape. A name's *last* value answers `[]` and `get`, as
it does in most Python frameworks; `get_list` gives all of them. Nothing here parses or decodes.
"""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Self, TypeVar, overload

V = TypeVar("V")
D = TypeVar("D")


class MultiMapping(Mapping[str, V]):  # noqa: PLW1641 - as for every mapping, the values need not be hashable
    """
    Hold pairs in their order, and answer lookups by name.

    It cannot be changed, and it is not hashable, as its values need not be.

    Args:
        pairs: The pairs in their order, or a mapping with one value per name.

    Example:
        >>> colours = MultiMapping([("sky", "grey"), ("sea", "green"), ("sky", "blue")])
        >>> colours["sky"], colours.get("sand"), colours.get_list("sky")
        ('blue', None, ['grey', 'blue'])
        >>> list(colours), len(colours)
        (['sky', 'sea'], 2)
    """

    __slots__ = ("_last", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, V]] | Mapping[str, V] = ()) -> None:
        if not isinstance(pairs, list):  # Parsers give lists; asking an abstract class takes longer than the rest
            if isinstance(pairs, MultiMapping):
                pairs = pairs.multi_items()
            elif isinstance(pairs, Mapping):
                pairs = pairs.items()
        self._pairs: tuple[tuple[str, V], ...] = tuple(pairs)
        # One C call, and lookups need no search; repeated names are searched for only by `get_list`.
        self._last: dict[str, V] = dict(self._pairs)

    def __getitem__(self, name: str) -> V:
        return self._last[name]

    @overload
    def get(self, name: str, /) -> V | None: ...

    @overload
    def get(self, name: str, /, default: V | D) -> V | D: ...

    def get(self, name: str, /, default: D | None = None) -> V | D | None:
        """Give a name's last value, or the default where there is none."""
        return self._last.get(name, default)

    def get_list(self, name: str) -> list[V]:
        """Give all values of a name in their order; an empty list where there is none."""
        if name not in self._last:
            return []
        if len(self._last) == len(self._pairs):
            return [self._last[name]]
        return [value for key, value in self._pairs if key == name]

    def getlist(self, name: str) -> list[V]:
        """Give all values of a name: `get_list` in the spelling of other frameworks."""
        return self.get_list(name)

    def keys(self) -> KeysView[str]:
        """Give each name once, in the order of first appearance."""
        return self._last.keys()

    def values(self) -> ValuesView[V]:
        """Give the last value of each name."""
        return self._last.values()

    def items(self) -> ItemsView[str, V]:
        """Give each name once, with its last value."""
        return self._last.items()

    def multi_items(self) -> list[tuple[str, V]]:
        """Give all pairs, repeated names included, in their order."""
        return list(self._pairs)

    def to_lists(self) -> dict[str, list[V]]:
        """
        Give each name with the list of all its values.

        Example:
            >>> MultiMapping([("a", 1), ("b", 2), ("a", 3)]).to_lists()
            {'a': [1, 3], 'b': [2]}
        """
        lists: dict[str, list[V]] = {}
        for name, value in self._pairs:
            lists.setdefault(name, []).append(value)
        return lists

    def __contains__(self, name: object) -> bool:
        return name in self._last

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MultiMapping):
            return type(self) is type(other) and self.to_lists() == other.to_lists()
        if isinstance(other, Mapping):
            return len(self._last) == len(self._pairs) and self._last == other
        return NotImplemented

    def __copy__(self) -> Self:
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._pairs)!r})"
