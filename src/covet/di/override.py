"""
Another object in the place of a service, for the time of a test.
"""

from collections.abc import Mapping
from typing import Protocol, Self

from covet.di.errors import DependencyError
from covet.di.program import Program
from covet.di.registration import Key


class Overridable(Protocol):
    """What an override needs of the container."""

    @property
    def overrides(self) -> "list[Override]":
        """The overrides that hold, the innermost last."""

    def replace_instances(self, instances: Mapping[Key, object], program: Program | None) -> Program | None:
        """Take these objects in the place of services."""


class Override:
    """
    Hold an override while its block runs: `with container.override(Mailer, fake):`, or `async with`.

    It is made by `DependencyContainer.override`.
    """

    def __init__(self, container: Overridable, key: Key, instance: object) -> None:
        self._container = container
        self._key = key
        self.instance = instance
        self._former: Program | None = None

    def __enter__(self) -> Self:
        overrides = self._container.overrides
        overrides.append(self)
        try:
            self._former = self._container.replace_instances(_instances(overrides), None)
        except BaseException:
            overrides.pop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        overrides = self._container.overrides
        if not overrides or overrides[-1] is not self:
            raise DependencyError(
                f"The override of {self._key.name} ends before one that began later.",
                hint="Overrides are nested: let them end in reverse order, as `with` does.",
            )
        overrides.pop()
        self._container.replace_instances(_instances(overrides), self._former)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()


def _instances(overrides: "list[Override]") -> dict[Key, object]:
    return {override._key: override.instance for override in overrides}  # noqa: SLF001 - one class
