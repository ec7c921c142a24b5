"""
Tables that others read: frozen, and shown without what is secret in them.

It must never write the text of a secret: not into a representation or a pickle.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, SupportsIndex

from covet.config.fields import Path
from covet.config.masking import mask_value
from covet.config.secret import MASK


class FrozenTable(Mapping[str, Any]):
    """
    A table of settings that never changes, such as that of a plugin.

    Its values are as they are; as a whole it shows what `settings.dict()` would. It cannot be pickled.

    Args:
        values: What is in it; tables and lists within become frozen, too.
        hidden: The paths within it of what is not shown though no name says so.

    Example:
        >>> table = FrozenTable({"api_key": "d41d8cd9", "tags": ["a"]})
        >>> table["api_key"], table["tags"]
        ('d41d8cd9', ('a',))
        >>> table
        FrozenTable({'api_key': '**********', 'tags': ['a']})
    """

    __slots__ = ("_hidden", "_values")

    # Any: tables hold whatever a file can hold.
    def __init__(self, values: Mapping[str, Any], hidden: Iterable[Path] = ()) -> None:
        self._hidden = frozenset(hidden)
        self._values = {key: _freeze(item, self._find_within(key)) for key, item in values.items()}

    def __getitem__(self, key: str) -> Any:  # Any: as above
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def mask(self) -> dict[str, object]:
        """Make builtins of it that may be shown."""
        return {key: self._mask(key, item) for key, item in self._values.items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mask()!r})"

    def __copy__(self) -> "FrozenTable":
        return self

    def __deepcopy__(self, memo: object) -> "FrozenTable":
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("A table of settings cannot be pickled: secrets in it would be written in clear.")

    def _mask(self, key: str, item: object) -> object:
        if isinstance(item, FrozenTable) and () not in self._hidden:
            return item.mask()
        is_hidden = item is not None and not self._hidden.isdisjoint(((), (key,)))
        return MASK if is_hidden else mask_value(item, name=key)

    def _find_within(self, key: str) -> frozenset[Path]:
        return frozenset(path[1:] for path in self._hidden if len(path) > 1 and path[0] == key)


def find_within(path: Path, paths: Iterable[Path]) -> frozenset[Path]:
    """
    Find which paths lead to a place or into it, and go on from there.

    Example:
        >>> sorted(find_within(("plugins", "shop"), {("plugins", "shop", "dsn"), ("plugins", "cart")}))
        [('dsn',)]
    """
    return frozenset(other[len(path) :] for other in paths if other[: len(path)] == path)


# Any: as above.
def _freeze(value: Any, hidden: Iterable[Path] = ()) -> Any:
    if isinstance(value, Mapping):
        return FrozenTable(value, hidden)
    return tuple(map(_freeze, value)) if isinstance(value, list) else value
