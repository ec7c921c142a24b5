"""
Both engines accept and refuse the same input, with equal values; what they accept survives JSON.
"""

import json
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covet.exceptions import BadRequestError, ConfigurationError, ValidationError
from covet.serialization import encode_json
from covet.validation.analysis import analyze
from covet.validation.validator import Validator
from tests.unit.validation.generation import NAMED, SCALARS, faithful_types, fitting, texts, types, values

# There are some fifty types: each gets a part of what the profile gives to a whole test.
EXAMPLES_PER_TYPE = settings().max_examples // 6


def outcome(validator: Validator[Any], data: bytes) -> tuple[Any, ...]:
    """Decode a body and tell what came of it."""
    try:
        return ("value", validator.decode_json(data))
    except ValidationError as exc:
        return ("errors", [item.to_dict() for item in exc.errors])
    except BadRequestError as exc:
        return ("malformed", exc.detail)


def exactly(value: Any) -> Any:
    """Show a value with the types that == does not see."""
    if isinstance(value, dict):
        return sorted((repr(exactly(key)), exactly(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(exactly, value)]
    if isinstance(value, set | frozenset):
        return [type(value).__name__, sorted(map(repr, value))]
    for names in ("__dataclass_fields__", "__struct_fields__", "__attrs_attrs__", "__pydantic_fields__"):
        if hasattr(type(value), names) and not isinstance(value, Enum):
            listed = [getattr(item, "name", item) for item in getattr(type(value), names)]
            return [type(value).__name__, *(exactly(getattr(value, name)) for name in listed)]
    return (type(value).__name__, repr(value))


def make_engines(annotation: Any) -> tuple[Validator[Any], Validator[Any]] | None:
    """Make the validator of each engine; `None` if the type is refused."""
    try:
        node = analyze(annotation)
    except ConfigurationError:
        return None
    return Validator(annotation, node), Validator(annotation, node, engine="plain")


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_both_engines_agree(data: st.DataObject) -> None:
    """Any type and any body: the same values, the same errors, the same refusals."""
    annotation = data.draw(types)
    engines = make_engines(annotation)
    if engines is None:
        return
    fast, plain = engines
    value = data.draw(st.one_of(fitting(analyze(annotation)), fitting(analyze(annotation)), values))
    body = data.draw(texts(value)).encode("utf-8", "surrogatepass")

    left, right = outcome(fast, body), outcome(plain, body)

    assert left[0] == right[0], (annotation, body)
    assert exactly(left[1]) == exactly(right[1]), (annotation, body)


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_accepted_survives_json(data: st.DataObject) -> None:
    """An accepted value, written as JSON and read again, is the same value."""
    annotation = data.draw(faithful_types)
    engines = make_engines(annotation)
    if engines is None:
        return
    fast, plain = engines
    value = data.draw(fitting(analyze(annotation)))
    kind, first, *_ = outcome(fast, json.dumps(value).encode())
    if kind != "value":
        return

    body = encode_json(first)

    assert exactly(fast.decode_json(body)) == exactly(first), (annotation, body)
    assert exactly(plain.decode_json(body)) == exactly(first), (annotation, body)


@pytest.mark.parametrize("annotation", [item for item in SCALARS + NAMED if item is not None], ids=repr)
@settings(max_examples=EXAMPLES_PER_TYPE, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_named_type_agrees(annotation: Any, data: st.DataObject) -> None:
    """Each type of the list is met with input made for it."""
    engines = make_engines(annotation)
    assert engines is not None
    body = data.draw(texts(data.draw(fitting(analyze(annotation))))).encode("utf-8", "surrogatepass")

    left, right = (outcome(engine, body) for engine in engines)

    assert left[0] == right[0], body
    assert exactly(left[1]) == exactly(right[1]), body
