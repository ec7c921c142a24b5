"""
What is said about an event beside its own fields: a mapping that nobody changes.
"""

from typing import Any, NoReturn


# Any: the values are the application's.
class Metadata(dict[str, Any]):
    """
    A dictionary that is read only; `|` and `dict()` make others of it.

    Unlike a mapping proxy it can be copied, compared and written as JSON like any dictionary.

    Example:
        >>> metadata = Metadata(request_id="a1")
        >>> metadata["request_id"]
        'a1'
        >>> metadata["request_id"] = "b2"
        Traceback (most recent call last):
            ...
        TypeError: The metadata of an event is read only. Publish another event, made with dataclasses.replace().
    """

    __slots__ = ()

    # Any: whatever the mutator takes.
    def _refuse(self, *_args: Any, **_options: Any) -> NoReturn:
        raise TypeError(
            "The metadata of an event is read only. Publish another event, made with dataclasses.replace()."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    # Any: as `object` declares it; copies are made of a dictionary, not item by item.
    def __reduce__(self) -> Any:
        return Metadata, (dict(self),)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


EMPTY_METADATA = Metadata()
"""The metadata of most events; one for all, since nobody can change it."""
