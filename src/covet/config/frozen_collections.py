"""
Lists, dictionaries and sets that stay what they are: what settings hold, shared by all who read it.
"""

from typing import Any, NoReturn, SupportsIndex

from covet.config.errors import FrozenSettingsError


# Any: whatever a method that changes a collection takes.
def _refuse(self: object, *_args: Any, **_kwargs: Any) -> NoReturn:
    kind = type(self).__base__.__name__  # type: ignore[union-attr] # each of these has one
    raise FrozenSettingsError(
        f"Settings never change, and nor does a {kind} in them.",
        hint=f"Make others: settings.replace(...); or copy it: {kind}(...).",
    )


class FrozenList(list[Any]):
    """
    A list that never changes.

    Example:
        >>> FrozenList(["a"]).append("b")
        Traceback (most recent call last):
            ...
        covet.config.errors.FrozenSettingsError: Settings never change, and nor does a list in them.
          Make others: settings.replace(...); or copy it: list(...).
    """

    __slots__ = ()

    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type["FrozenList"], tuple[list[Any]]]:
        return FrozenList, (list(self),)


class FrozenDict(dict[Any, Any]):
    """
    A dictionary that never changes.

    Example:
        >>> FrozenDict(a=1) | {"b": 2}
        {'a': 1, 'b': 2}
    """

    __slots__ = ()

    clear = pop = popitem = setdefault = update = _refuse
    __setitem__ = __delitem__ = __ior__ = _refuse

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type["FrozenDict"], tuple[dict[Any, Any]]]:
        return FrozenDict, (dict(self),)


class FrozenSet(set[Any]):
    """
    A set that never changes, for fields that are declared as `set`.

    Example:
        >>> FrozenSet("a") == {"a"}
        True
    """

    __slots__ = ()

    add = clear = discard = pop = remove = update = _refuse
    difference_update = intersection_update = symmetric_difference_update = _refuse
    __iand__ = __ior__ = __isub__ = __ixor__ = _refuse

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type["FrozenSet"], tuple[list[Any]]]:
        return FrozenSet, (list(self),)


# Any: values of settings have every type.
def freeze(value: Any) -> Any:
    """
    Make a value whose lists, dictionaries and sets never change; what is neither is left as it is.

    Example:
        >>> frozen = freeze({"tags": ["a"]})
        >>> frozen == {"tags": ["a"]}, type(frozen["tags"]).__name__
        (True, 'FrozenList')
    """
    kind = type(value)
    if kind is list:
        return FrozenList(map(freeze, value))
    if kind is tuple:
        return tuple(map(freeze, value))
    if kind is dict:
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    return FrozenSet(value) if kind is set else value
