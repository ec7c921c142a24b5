"""
Values as the schemas of a document describe them, and nothing else known of the application.
"""

import string
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

# Any: a schema's members have every type, and so have the values that it describes.
Schema = Mapping[str, Any]
Values = st.SearchStrategy[Any]

MAX_DEPTH = 4

_FORMATS: dict[str, Values] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    "uuid": st.uuids().map(str),
    "binary": st.binary(min_size=1, max_size=20),
}


class DocumentValues:
    """
    Makes strategies out of the schemas of one document.

    Args:
        document: The document.
        characters: What texts are made of.
    """

    def __init__(self, document: Schema, characters: Values | None = None) -> None:
        self._components = document.get("components", {})
        self._characters = st.characters(codec="utf-8") if characters is None else characters

    def make(self, schema: Schema) -> Values:
        """Make values that a schema describes, all of its keywords considered."""
        validator = self._validator(schema)
        return self._make(schema, 0).filter(lambda value: validator.is_valid(_without_bytes(value)))

    # Any: the library has no types.
    def _validator(self, schema: Schema) -> Any:
        return Draft202012Validator({**schema, "components": self._components})

    def fits(self, value: object, schema: Schema) -> bool:
        """Tell whether a schema describes a value."""
        return bool(self._validator(schema).is_valid(_without_bytes(value)))

    def resolve(self, schema: Schema) -> Schema:
        """Put in the place of a reference what it refers to."""
        if "$ref" not in schema:
            return schema
        name = schema["$ref"].rpartition("/")[2]
        return {**self._components["schemas"][name], **{key: part for key, part in schema.items() if key != "$ref"}}

    def find_wrong(self, schema: Schema) -> Any:
        """Find a value that a schema does not describe, whatever text it becomes; `None` if there is none."""
        schema = self.resolve(schema)
        if "anyOf" in schema or schema.get("type") == "boolean":
            return "perhaps"
        if "enum" in schema or "format" in schema or schema.get("type") in ("integer", "number"):
            return None if schema.get("format") == "binary" else "?"
        if "pattern" in schema:
            return "?"
        if "maxLength" in schema:
            return "a" * (schema["maxLength"] + 1)
        if schema.get("type") == "array":
            item = self.find_wrong(schema.get("items", {"type": "integer"}))
            return None if item is None else [item]
        wrong = {name: self.find_wrong(part) for name, part in schema.get("properties", {}).items()}
        return next(({name: value} for name, value in wrong.items() if value is not None), None)

    def _make(self, schema: Schema, depth: int) -> Values:
        schema = self.resolve(schema)
        for part in schema.get("allOf", ()):
            schema = {**self.resolve(part), **schema}
        if "anyOf" in schema:
            return st.one_of([self._make(member, depth) for member in schema["anyOf"]])
        if "const" in schema or "enum" in schema:
            return st.sampled_from(schema.get("enum", [schema.get("const")]))
        makers: dict[str, Callable[[Schema, int], Values]] = {
            "array": self._make_array,
            "object": self._make_object,
            "string": self._make_string,
            "integer": lambda part, _: _make_integer(part),
            "number": lambda part, _: _make_number(part),
            "boolean": lambda _part, _: st.booleans(),
        }
        return makers[schema["type"]](schema, depth)

    def _make_string(self, schema: Schema, depth: int) -> Values:
        if "format" in schema:
            return _FORMATS[schema["format"]]
        if "pattern" in schema:
            return st.from_regex(schema["pattern"], alphabet=self._characters)
        return st.text(self._characters, min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 8))

    def _make_array(self, schema: Schema, depth: int) -> Values:
        if "prefixItems" in schema:
            return st.tuples(*[self._make(item, depth + 1) for item in schema["prefixItems"]]).map(list)
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", 3), 3) if depth < MAX_DEPTH else least
        return st.lists(self._make(schema["items"], depth + 1), min_size=least, max_size=most)

    def _make_object(self, schema: Schema, depth: int) -> Values:
        properties, required = schema.get("properties", {}), schema.get("required", ())
        if "additionalProperties" in schema and schema["additionalProperties"] is not False:
            names = st.text(string.ascii_letters + ".-_ é", min_size=1, max_size=6)
            return st.dictionaries(names, self._make(schema["additionalProperties"], depth + 1), max_size=3)
        wanted = {name: self._make(properties[name], depth + 1) for name in required}
        others = {
            name: self._make_later(part, depth + 1)
            for name, part in properties.items()
            if name not in required and depth < MAX_DEPTH
        }
        return st.fixed_dictionaries(wanted, optional=others)

    def _make_later(self, schema: Schema, depth: int) -> Values:
        """Make values when they are wanted, and not before: a model may contain itself."""
        return st.deferred(lambda: self._make(schema, depth))


def _make_integer(schema: Schema) -> Values:
    least = max(schema.get("minimum", -(10**18)), schema.get("exclusiveMinimum", -(10**18)) + 1)
    most = min(schema.get("maximum", 10**18), schema.get("exclusiveMaximum", 10**18 + 1) - 1)
    return st.integers(least, most)


def _make_number(schema: Schema) -> Values:
    return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)


def _without_bytes(value: Any) -> Any:
    """Let files be the texts that schemas take them for."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {name: _without_bytes(item) for name, item in value.items()}
    return [_without_bytes(item) for item in value] if isinstance(value, list) else value
