"""
Settings that are compiled into every route: a new value makes the application compile its routes again.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

from covet.exceptions import ConfigurationError
from covet.http.body import BodyLimits

ValueT = TypeVar("ValueT")


class CompiledSetting(Generic[ValueT]):
    """
    An attribute of an application whose value holds from the next request on.

    Args:
        check: Refuses a value that cannot be.
    """

    def __init__(self, check: Callable[[object], None]) -> None:
        self._check = check
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> ValueT: ...

    def __get__(self, instance: object | None, owner: type) -> ValueT | Self:
        if instance is None:
            return self
        value: ValueT = getattr(instance, self._name)
        return value

    # Any: the application, which stands above.
    def __set__(self, instance: Any, value: ValueT) -> None:
        self._check(value)
        setattr(instance, self._name, value)
        instance._recompile()  # noqa: SLF001 - a part of the application's class


def check_debug(value: object) -> None:
    """
    Refuse what is no switch.

    Raises:
        ConfigurationError: If it is neither True nor False.
    """
    if not isinstance(value, bool):
        raise ConfigurationError(f"debug must be True or False, got {value!r}.")


def check_body_limits(value: object) -> None:
    """
    Refuse what are no limits of a body.

    Raises:
        ConfigurationError: If it is something else, such as a number of bytes.
    """
    if not isinstance(value, BodyLimits):
        raise ConfigurationError(
            f"body_limits must be BodyLimits, got {value!r}.", hint="Write BodyLimits(max_size=...) of covet.http.body."
        )


def check_form_limits(value: object) -> None:
    """
    Refuse what are no limits of a form.

    Raises:
        ConfigurationError: If it is something else, such as a mapping.
    """
    if value is not None and not is_form_limits(value):
        raise ConfigurationError(
            f"form_limits must be FormLimits, got {value!r}.",
            hint="Write FormLimits(max_files=...) of covet.http.form_limits.",
        )


def is_form_limits(value: object) -> bool:
    """
    Tell whether a value is `FormLimits`.

    Example:
        >>> is_form_limits({"max_files": 1})
        False
    """
    # Loaded here: an application without limits of its own does not need them before the first form.
    from covet.http.form_limits import FormLimits

    return isinstance(value, FormLimits)
