"""
Hooks that wait only now and then, and whoever overrides them: what a subclass awaits can always be awaited.

A hook that has nothing to wait for returns at once, which saves each request a coroutine. Who calls it through
`super()` would have to know which of both it did: one that forgets leaves a check out that nobody misses.
"""

from collections.abc import Awaitable, Generator
from inspect import iscoroutinefunction
from typing import Any, ClassVar, Final, Generic, TypeVar

from covet.core.middleware import HOOKS, Middleware
from covet.exceptions import ConfigurationError

T = TypeVar("T")


class Settled(Generic[T]):
    """
    What can be awaited, and is there already.

    Args:
        value: What awaiting gives.

    Example:
        >>> await Settled(7)
        7
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, None, T]:
        return self._value
        yield  # it is a generator, which never waits


NOTHING: Final[Awaitable[None]] = Settled(None)
"""What can be awaited, and gives nothing."""


class SometimesAwaits(Middleware):
    """
    Middleware with hooks that return something to await only where there is something to wait for.

    A subclass that overrides one of those writes a coroutine function, and awaits that of `super()`: for it, and for it
    alone, all of them can be awaited. Another one is refused when its class is defined.

    Attributes:
        sometimes: Which hooks they are.
        is_subclassed: Whether it is a subclass: then they have to return what can be awaited.
    """

    sometimes: ClassVar[frozenset[str]] = frozenset()
    is_subclassed: ClassVar[bool] = False

    # Any: what `type` takes.
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if SometimesAwaits in cls.__bases__:
            # The one whose hooks these are.
            return
        cls.is_subclassed = True
        for name in sorted(cls.sometimes):
            owner = next(base for base in cls.__mro__ if name in vars(base))
            if SometimesAwaits not in owner.__bases__ and not iscoroutinefunction(getattr(cls, name)):
                parameters = ", ".join(HOOKS[name])
                raise ConfigurationError(
                    f"{cls.__name__}.{name}() is no coroutine function, and what it overrides may have to wait.",
                    hint=f"Write async def {name}(self, {parameters}), and await super().{name}({parameters}) in it.",
                )


__all__ = ["NOTHING", "Settled", "SometimesAwaits"]
