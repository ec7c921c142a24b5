"""
The errors of dependency injection, in one tree below `ConfigurationError`.

::

    DependencyError
    ├── RegistrationError               a registration cannot be: names its place
    │   ├── DuplicateRegistrationError  two registrations for one service: names both places
    │   └── FrozenContainerError        a registration after the container was built
    ├── DependencyGraphError            the report of the start-up check: `errors` has every WiringError
    ├── WiringError                     one service cannot be wired: draws the path, says the fix
    │   ├── MissingRegistrationError    nobody registered what is asked for (also ValueError)
    │   ├── DependencyCycleError        a service needs itself
    │   ├── CaptiveDependencyError      a singleton would hold what lives shorter than it
    │   ├── UnreadableParameterError    an annotation is missing or cannot be resolved
    │   ├── UnknownArgumentError        a keyword of the registration that nobody takes
    │   └── ConditionError              `when` failed
    └── ScopeError                      a scope is missing, over, or lacks what its opener had to give
        ├── ScopeRequiredError          a scoped service was asked for outside of a scope (also ValueError)
        ├── ScopeClosedError            the scope is over
        ├── MissingContextValueError    the opener of the scope did not give a declared value
        └── DisposalError               closing failed: `errors` has every failure
"""

from collections.abc import Sequence

from covet.di.path import Step, draw_path, shorten_place
from covet.exceptions import ConfigurationError


class DependencyError(ConfigurationError):
    """Dependency injection cannot do what was asked; the text says how to mend it."""


class RegistrationError(DependencyError):
    """
    A registration cannot be: what is registered does not fit, or the options contradict each other.

    Attributes:
        where: The place of the registration, as `path:line`.
    """

    def __init__(self, message: str, *, where: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.where = where

    def __str__(self) -> str:
        place = f"\n  Registered at {shorten_place(self.where)}." if self.where else ""
        return f"{self.message}{place}" + (f"\n  {self.hint}" if self.hint else "")


class DuplicateRegistrationError(RegistrationError):
    """
    Two registrations claim one service.

    Attributes:
        service: Its name.
        first: The place of the first registration.
    """

    def __init__(self, service: str, *, first: str, where: str) -> None:
        super().__init__(
            f"{service} is registered twice.",
            where=where,
            hint="Pass replace=True if the second is meant, or tell them apart with qualifier=.",
        )
        self.service = service
        self.first = first

    def __str__(self) -> str:
        return (
            f"{self.message}\n  First at {shorten_place(self.first)}, again at {shorten_place(self.where)}."
            f"\n  {self.hint}"
        )


class FrozenContainerError(RegistrationError):
    """The container is built: its services are what they are."""


class WiringError(DependencyError):
    """
    One service cannot be wired.

    Attributes:
        steps: The path to it, from whoever is asked for first.
    """

    def __init__(self, message: str, *, steps: Sequence[Step] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.steps = tuple(steps)

    def __str__(self) -> str:
        lines = [self.message, *draw_path(self.steps).splitlines(), *(self.hint or "").splitlines()]
        return "\n  ".join(lines)


class MissingRegistrationError(WiringError, ValueError):
    """Nobody registered what is asked for; the text suggests what was probably meant."""


class DependencyCycleError(WiringError):
    """A service needs itself, by way of others."""


class CaptiveDependencyError(WiringError):
    """A singleton would keep for ever what was made for one scope, or for one use."""


class UnreadableParameterError(WiringError):
    """A parameter has no annotation, or one that cannot be resolved."""


class UnknownArgumentError(WiringError):
    """A registration gives a keyword that neither its constructor nor its factory takes."""


class ConditionError(WiringError):
    """The condition of a registration could not be evaluated."""


class DependencyGraphError(DependencyError):
    """
    The report of the start-up check.

    Attributes:
        errors: Every error, in order of registration.
    """

    def __init__(self, errors: Sequence[DependencyError]) -> None:
        super().__init__(f"The dependencies cannot be wired: {len(errors)} error{'s' if len(errors) > 1 else ''}.")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        parts = [self.message]
        for number, error in enumerate(self.errors, 1):
            first, *rest = str(error).splitlines()
            parts.append("\n".join([f"\n{number}. {first}", *(f"   {line}" for line in rest)]))
        return "\n".join(parts)


class ScopeError(DependencyError):
    """A scope is missing, over, or lacks something."""


class ScopeRequiredError(ScopeError, ValueError):
    """
    A service was asked for outside of a scope that can live in one only.

    Attributes:
        service: Its name.
    """

    def __init__(self, service: str, *, reason: str) -> None:
        super().__init__(
            f"{service} cannot be resolved from the container: {reason}.",
            hint="Write: async with container.scope() as scope: await scope.resolve(...)",
        )
        self.service = service


class ScopeClosedError(ScopeError):
    """
    The scope is over.

    Attributes:
        service: What was asked for.
    """

    def __init__(self, service: str) -> None:
        super().__init__(
            f"{service} was asked for in a scope that is closed.",
            hint="Resolve it before the scope ends, or open a scope of its own: async with container.scope() as scope.",
        )
        self.service = service


class MissingContextValueError(ScopeError):
    """
    Whoever opened the scope did not give a value that is declared.

    Attributes:
        service: The declared type's name.
    """

    def __init__(self, service: str, *, given: Sequence[str] = ()) -> None:
        have = f" It gives: {', '.join(given)}." if given else ""
        super().__init__(
            f"{service} is declared as a value of each scope, and this scope was opened without it.",
            hint=f"Open it with container.scope(values={{{service}: ...}}).{have}",
        )
        self.service = service


class DisposalError(ScopeError):
    """
    Closing what a scope or the container had opened failed.

    Everything else was closed all the same; each failure is in the log, too.

    Attributes:
        errors: Every failure, in the order of closing.
    """

    def __init__(self, failures: Sequence[tuple[str, BaseException]]) -> None:
        names = ", ".join(name for name, _ in failures)
        lines = "\n  ".join(f"{name}: {type(exc).__name__}: {exc}" for name, exc in failures)
        super().__init__(f"Closing failed for {names}.", hint=lines)
        self.errors = tuple(exc for _, exc in failures)
        group = BaseExceptionGroup("the failures of closing", list(self.errors))
        self.__cause__ = group
