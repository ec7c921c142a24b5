"""
Schemas of texts: what no text can spell is not in them.
"""

from typing import Any

import pytest

from covet.validation.schema_text import KEYS, fit_default, require_some, write_as_text

INTEGER: dict[str, Any] = {"type": "integer"}
TEXT: dict[str, Any] = {"type": "string"}
NULL: dict[str, Any] = {"type": "null"}
DECIMAL: dict[str, Any] = {"type": ["number", "string"], "format": "decimal", "pattern": "^[0-9]+$"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (INTEGER, INTEGER),
        ({"title": "Anything"}, {"title": "Anything", "type": "string"}),
        ({"$ref": "#/a"}, {"$ref": "#/a"}),
        ({"anyOf": [INTEGER, NULL], "default": None, "title": "A"}, {"type": "integer", "title": "A"}),
        ({"anyOf": [INTEGER, TEXT, NULL]}, {"anyOf": [INTEGER, TEXT]}),
        ({"anyOf": [{"$ref": "#/a"}, NULL]}, {"$ref": "#/a"}),
        ({"enum": ["a", None]}, {"enum": ["a"]}),
        (DECIMAL, {"type": "number", "format": "decimal"}),
        ({**DECIMAL, "default": "1.5"}, {"type": "number", "format": "decimal", "default": 1.5}),
        ({"type": "array", "items": {"anyOf": [INTEGER, NULL]}}, {"type": "array", "items": INTEGER}),
        (
            {"type": "array", "prefixItems": [DECIMAL, INTEGER]},
            {"type": "array", "prefixItems": [{"type": "number", "format": "decimal"}, INTEGER]},
        ),
        (
            {"type": "object", "additionalProperties": DECIMAL},
            {"type": "object", "additionalProperties": {"type": "number", "format": "decimal"}, "propertyNames": KEYS},
        ),
        (
            {"type": "object", "additionalProperties": INTEGER, "propertyNames": TEXT},
            {"type": "object", "additionalProperties": INTEGER, "propertyNames": {"allOf": [TEXT, KEYS]}},
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "array", "items": INTEGER}, "b": {"type": "array", "items": INTEGER}},
                "required": ["a"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {
                    "a": {"type": "array", "items": INTEGER, "minItems": 1},
                    "b": {"type": "array", "items": INTEGER},
                },
                "required": ["a"],
                "additionalProperties": False,
            },
        ),
        (
            {"anyOf": [{"type": "array", "prefixItems": [INTEGER]}, {"type": "object", "properties": {"x": INTEGER}}]},
            {"type": "object", "properties": {"x": INTEGER}},
        ),
    ],
)
def test_what_texts_cannot_spell_is_left_out(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """There is no null, no list of nothing that has to come, no decimal number in quotes, no array of fields."""
    before = repr(schema)

    assert write_as_text(schema) == expected
    assert repr(schema) == before


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": {}}, {"type": "array", "items": {}, "minItems": 1}),
        ({"type": "array", "items": {}, "minItems": 3}, {"type": "array", "items": {}, "minItems": 3}),
        ({"type": "array", "prefixItems": [{}]}, {"type": "array", "prefixItems": [{}]}),
        ({"type": "object"}, {"type": "object", "minProperties": 1}),
        (TEXT, TEXT),
        ({"$ref": "#/a"}, {"$ref": "#/a"}),
    ],
)
def test_what_has_to_come_is_not_empty(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """Nothing at all is what an empty list becomes."""
    assert require_some(schema) == expected


def test_defaults_are_written_as_their_schemas_have_them() -> None:
    """Also those in a list."""
    number = write_as_text(DECIMAL)

    assert fit_default(number, "2") == 2
    assert fit_default({"type": "array", "items": number}, ["1.5", "2"]) == [1.5, 2.0]
    assert fit_default(TEXT, "2") == "2"
