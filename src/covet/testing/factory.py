"""
Things for tests, each a little different from the one before: rows, models, whatever a function makes.
"""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Factory(Generic[T]):
    """
    Make things from defaults, of which a test says only what it cares about.

    Args:
        make: Makes one: a class, or a function of the values by their names.
        save: Keeps one, such as `session.add` in a coroutine function; if it gives something else than `None`, that is
            what `create()` gives.
        **defaults: The values. A function of one parameter is called with the number of the thing, from 1 on.

    Example:
        >>> tea = Factory(dict, name=lambda number: f"tea {number}", price=3)
        >>> tea.build(), tea.build(price=4)
        ({'name': 'tea 1', 'price': 3}, {'name': 'tea 2', 'price': 4})
    """

    # Any: values are what the maker wants.
    def __init__(
        self, make: Callable[..., T], *, save: Callable[[T], Awaitable[T | None]] | None = None, **defaults: Any
    ) -> None:
        self._make = make
        self._save = save
        self._defaults = defaults
        self._numbers = count(1)

    # Any: as above.
    def build(self, **values: Any) -> T:
        """
        Make one, and keep it nowhere.

        Args:
            **values: What is different from the defaults.
        """
        number = next(self._numbers)
        made = {name: value(number) if callable(value) else value for name, value in self._defaults.items()}
        return self._make(**made | values)

    # Any: as above.
    async def create(self, **values: Any) -> T:
        """
        Make one and save it.

        Args:
            **values: What is different from the defaults.
        """
        built = self.build(**values)
        if self._save is None:
            return built
        saved = await self._save(built)
        return built if saved is None else saved

    # Any: as above.
    async def create_many(self, number: int, **values: Any) -> list[T]:
        """
        Make several and save them, one after the other.

        Args:
            number: How many.
            **values: What is different from the defaults, in all of them.
        """
        return [await self.create(**values) for _ in range(number)]

    # Any: as above.
    def extend(self, **defaults: Any) -> "Factory[T]":
        """
        Make a factory with other defaults, whose numbers go on from those of this one.

        Args:
            **defaults: What is different.
        """
        other = Factory(self._make, save=self._save, **self._defaults | defaults)
        other._numbers = self._numbers
        return other


__all__ = ["Factory"]
