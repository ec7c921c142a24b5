"""
What a value must satisfy beyond its type, in one vocabulary.

`Constraints` is CovetPy's own spelling. `msgspec.Meta`, the classes of `annotated_types`, pydantic's `Field` and the
markers of a handler's parameters say the same and are read into it by their attributes, so that none of the
libraries is imported here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from covet.exceptions import ConfigurationError
from covet.types import UNSET

# What a bound may be: numbers, and the times that compare like numbers.
Bound = int | float | Decimal | date | datetime | time | timedelta


@dataclass(frozen=True, slots=True)
class Constraints:
    """
    Bounds of a value, to be used in `Annotated[...]` or given to `compile_validator`.

    Attributes:
        ge: The value is at least this.
        gt: The value is greater than this.
        le: The value is at most this.
        lt: The value is less than this.
        multiple_of: The value is a multiple of this.
        min_length: The least number of characters, bytes or items.
        max_length: The greatest number of characters, bytes or items.
        pattern: A regular expression that is found in the text (anchor it with `^` and `$`).
        without: Characters that must not be in the text, such as NUL.
        tz: Whether a moment, or a time of day, has an offset from UTC: `True` if it must, `False` if it must not.
        title: A short name for the schema.
        description: A sentence for the schema.
        examples: Example values for the schema.

    Raises:
        ConfigurationError: If a bound contradicts another one or the pattern is no regular expression.

    Example:
        >>> Constraints(ge=1, le=100)
        Constraints(ge=1, le=100)
    """

    ge: Bound | None = None
    gt: Bound | None = None
    le: Bound | None = None
    lt: Bound | None = None
    multiple_of: int | float | Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    without: str | None = None
    tz: bool | None = None
    title: str | None = None
    description: str | None = None
    examples: tuple[object, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("min_length", "max_length"):
            length = getattr(self, name)
            if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 0):
                raise ConfigurationError(f"{name} must be an integer of at least 0, got {length!r}.")
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ConfigurationError(f"min_length={self.min_length} is greater than max_length={self.max_length}.")
        if self.multiple_of is not None and not self.multiple_of > 0:
            raise ConfigurationError(f"multiple_of must be greater than 0, got {self.multiple_of!r}.")
        if self.ge is not None and self.gt is not None:
            raise ConfigurationError("ge and gt exclude each other: give one of them.")
        if self.le is not None and self.lt is not None:
            raise ConfigurationError("le and lt exclude each other: give one of them.")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as exc:
                raise ConfigurationError(f"pattern={self.pattern!r} is no regular expression: {exc}.") from exc
        if self.without is not None and (not isinstance(self.without, str) or not self.without):
            raise ConfigurationError(f"without must be a text of at least one character, got {self.without!r}.")
        if self.tz not in (None, True, False):
            raise ConfigurationError(f"tz must be true or false, got {self.tz!r}.")

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name in NAMES if (value := getattr(self, name)) is not None)
        return f"Constraints({given})"

    @property
    def checks(self) -> bool:
        """Whether any value can fail it; a title alone refuses nothing."""
        return any(getattr(self, name) is not None for name in CHECKING_NAMES)


NAMES = tuple(item.name for item in fields(Constraints))
CHECKING_NAMES = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "without", "tz")

# The classes of annotated_types that carry exactly one bound, by name; its other classes carry several.
_ANNOTATED_TYPES = {
    "Ge": ("ge",),
    "Gt": ("gt",),
    "Le": ("le",),
    "Lt": ("lt",),
    "MultipleOf": ("multiple_of",),
    "MinLen": ("min_length",),
    "MaxLen": ("max_length",),
    "Len": ("min_length", "max_length"),
    "Interval": ("ge", "gt", "le", "lt"),
}

# Whose other classes carry bounds under the same names: covet's own markers, and pydantic's Field with what it holds.
_SPELLING = frozenset({"covet", "pydantic", "pydantic_core"})
_NOTHING = Constraints()

# PEP 727, wherever it comes from: typing_extensions, annotated_doc, annotated_types.
_DOCUMENTATION = frozenset({"Doc", "DocInfo"})


def read_constraints(metadata: Iterable[object]) -> tuple[Constraints, ...]:
    """
    Collect the constraints among the metadata of an `Annotated`, whatever library spelled them.

    Raises:
        ConfigurationError: If one of `annotated_types` cannot be checked here.

    Example:
        >>> read_constraints(["a note", Constraints(ge=1)])
        (Constraints(ge=1),)
    """
    found = []
    for item in metadata:
        if isinstance(item, Constraints):
            found.append(item)
            continue
        cls = type(item)
        root = cls.__module__.partition(".")[0]
        if root == "msgspec" and cls.__name__ == "Meta":
            found.append(_from_attributes(item, NAMES))
        elif cls.__name__ in _DOCUMENTATION and isinstance(getattr(item, "documentation", None), str):
            found.append(Constraints(description=getattr(item, "documentation", None)))
        elif root == "annotated_types":
            names = _ANNOTATED_TYPES.get(cls.__name__)
            if names is None:
                raise ConfigurationError(
                    f"annotated_types.{cls.__name__} is not supported.",
                    hint=f"Use covet.validation.Constraints or one of: {', '.join(_ANNOTATED_TYPES)}.",
                )
            found.append(_from_attributes(item, names))
        elif root in _SPELLING:
            _refuse_more_than_bounds(item)
            found.append(_from_attributes(item, NAMES))
            found += read_constraints(getattr(item, "metadata", ()))
    return tuple(item for item in found if item != _NOTHING)


def _refuse_more_than_bounds(item: object) -> None:
    """
    Refuse what says more than bounds, where only bounds are read.

    Raises:
        ConfigurationError: If it does: ignoring it would be worse.
    """
    name = type(item).__name__
    if name.endswith("Validator"):
        raise ConfigurationError(
            f"pydantic.{name} says nothing outside of pydantic's models.",
            hint="Check the value in __post_init__, or make the class a pydantic model.",
        )
    if any(getattr(item, option, None) for option in ("strip_whitespace", "to_upper", "to_lower", "strict")):
        raise ConfigurationError(
            f"pydantic.{name} changes the text only inside of pydantic's models.",
            hint="Use covet.validation.Constraints for its bounds, or make the class a pydantic model.",
        )
    has_default = getattr(item, "default", None) not in (None, UNSET) and "Undefined" not in repr(item.default)  # type: ignore[attr-defined]
    if getattr(item, "alias", None) or has_default or getattr(item, "default_factory", None):
        raise ConfigurationError(
            f"{name}() says more than bounds, where only bounds are read.",
            hint="Only its bounds count in a field of a model: write Constraints(...), and a default behind the field.",
        )


def _from_attributes(item: object, names: Iterable[str]) -> Constraints:
    # A marker without examples has an empty tuple of them.
    values = {name: value for name in names if (value := getattr(item, name, None)) not in (None, ())}
    if values.get("min_length") == 0:
        del values["min_length"]
    if isinstance(values.get("examples"), list):
        values["examples"] = tuple(values["examples"])
    return Constraints(**values)
