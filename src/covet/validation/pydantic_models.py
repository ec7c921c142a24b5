"""
pydantic models validate themselves, by their own rules; this translates what they say.

Texts of pydantic that could repeat the input, and texts of an author's validators, are replaced.
"""

from typing import Any, get_args, get_type_hints

from covet._extras import require_extra
from covet.exceptions import ConfigurationError
from covet.validation.constraints import Constraints
from covet.validation.failures import MAX_ERRORS, MAX_KEY_LENGTH, Converter, Failed, Problem
from covet.validation.models import model_kind

_WORDS = {"extra_forbidden": "unknown_field", "model_type": "object_type", "dataclass_type": "object_type"}
_MESSAGES = {
    "missing": "is required",
    "unknown_field": "is not a known field",
    "object_type": "must be an object",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "none_required": "must be null",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "decimal_type": "must be a decimal number",
    "decimal_parsing": "must be a decimal number",
    "finite_number": "must be a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("must be at least {}", "ge"),
    "greater_than": ("must be greater than {}", "gt"),
    "less_than_equal": ("must be at most {}", "le"),
    "less_than": ("must be less than {}", "lt"),
    "multiple_of": ("must be a multiple of {}", "multiple_of"),
    "string_too_short": ("must have at least {} characters", "min_length"),
    "string_too_long": ("must have at most {} characters", "max_length"),
    "too_short": ("must have at least {} items", "min_length"),
    "too_long": ("must have at most {} items", "max_length"),
    "string_pattern_mismatch": ("must match the pattern {}", "pattern"),
    "literal_error": ("must be one of: {}", "expected"),
    "enum": ("must be one of: {}", "expected"),
}


def _find_constraints(cls: type, seen: set[type]) -> str | None:
    """Name the first field with constraints of ours, of a class or a class in it; `None` if there is none."""
    try:
        hints = get_type_hints(cls, include_extras=True)
    except (NameError, TypeError):
        # pydantic has its own ways to resolve what it was given; what it cannot resolve it refuses itself.
        return None
    for name, hint in hints.items():
        for item in _unfold(hint):
            if isinstance(item, Constraints) or type(item).__module__ == "covet.parameters":
                return f"{cls.__name__}.{name} has {type(item).__name__}"
            if isinstance(item, type) and item not in seen and model_kind(item) is not None:
                seen.add(item)
                place = _find_constraints(item, seen)
                if place is not None:
                    return place
    return None


def _unfold(hint: Any) -> list[Any]:
    """List a type, the types in it and what `Annotated` says of them."""
    found = [hint, *getattr(hint, "__metadata__", ())]
    for item in get_args(hint):
        found += _unfold(item)
    return found


def make_pydantic(cls: type) -> Converter:
    """
    Make the converter of a pydantic model.

    Raises:
        MissingDependencyError: If pydantic cannot be imported.
        ConfigurationError: If a field has constraints that pydantic does not know and would ignore.
    """
    place = _find_constraints(cls, {cls})
    if place is not None:
        raise ConfigurationError(
            f"{place}, which pydantic would ignore.",
            hint="pydantic validates all that is in its models: write pydantic.Field(...) with the same names.",
        )
    module: Any = require_extra("pydantic", extra="pydantic", needed_for=f"{cls.__name__}")
    error_class: Any = module.ValidationError
    model: Any = cls
    validate = model.__pydantic_validator__.validate_python
    json = _is_strict(model)

    def convert(value: object) -> object:
        try:
            if json:
                return _validate_as_json(model, value)
            return validate(value)
        except error_class as exc:
            errors = exc.errors(include_url=False, include_input=False)
            return Failed([_translate(item, value) for item in errors[:MAX_ERRORS]])

    return convert


def _is_strict(model: Any) -> bool:
    # A strict model takes a date from JSON text only when it knows that the text was JSON.
    config = getattr(model, "model_config", None) or getattr(model, "__pydantic_config__", None) or {}
    return bool(config.get("strict"))


def _validate_as_json(model: Any, value: object) -> object:
    core: Any = require_extra("pydantic_core", extra="pydantic", needed_for="covet.validation")
    return model.__pydantic_validator__.validate_json(core.to_json(value))


def _translate(item: dict[str, Any], value: object) -> Problem:
    word = _WORDS.get(item["type"], item["type"])
    keys = _location(item["loc"], value, word == "missing")
    message = _MESSAGES.get(word)
    if message is None and word in _BOUNDS:
        template, name = _BOUNDS[word]
        bound = item.get("ctx", {}).get(name)
        message = template.format(bound)
        if bound == 1 and name.endswith("_length"):
            message = message.removesuffix("s")
    return Problem(message or "is not valid", word, keys)


def _location(loc: tuple[str | int, ...], value: Any, missing: bool) -> list[str | int]:
    """Keep of pydantic's location what is a place in the input: it also names the members of unions."""
    keys: list[str | int] = []
    for index, key in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(value, dict) and (key in value or (missing and last)):
            if len(str(key)) <= MAX_KEY_LENGTH:
                keys.append(key)
            value = value.get(key)
        elif isinstance(value, list | tuple) and isinstance(key, int) and 0 <= key < len(value):
            keys.append(key)
            value = value[key]
    return list(reversed(keys))
