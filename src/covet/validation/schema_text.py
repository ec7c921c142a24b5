"""
The schema of what texts with names bring: that of the JSON, without what no text can spell.

There is no `null`: what does not come has its default. Numbers that JSON has as strings, too, are just numbers, and a
named tuple has the names of its fields.
"""

from typing import Any, Final

# A JSON Schema is an object of whatever its keywords hold.
Schema = dict[str, Any]

# Names of fields stand in brackets, which they cannot have themselves.
KEYS: Final[Schema] = {"pattern": r"^[^\[\]]+$"}

_SAYING: Final = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"})
_NULL: Final[Schema] = {"type": "null"}


def write_as_text(schema: Schema) -> Schema:
    """
    Take out of a schema what texts cannot spell, at any depth; references stay as they are.

    Args:
        schema: The schema of the JSON, which is not changed.

    Example:
        >>> write_as_text({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None})
        {'type': 'integer'}
    """
    written = {keyword: value for keyword, value in schema.items() if keyword != "default" or value is not None}
    if _SAYING.isdisjoint(written):
        # Whatever it may be in JSON, it is a text here.
        written["type"] = "string"
    if "anyOf" in written:
        written = _join({**written, "anyOf": _list_members(written["anyOf"])})
    if None in written.get("enum", ()):
        written["enum"] = [value for value in written["enum"] if value is not None]
    if written.get("format") == "decimal":
        written.pop("pattern", None)
        written["type"] = "number"
    for keyword in ("items", "additionalProperties"):
        if isinstance(written.get(keyword), dict):
            written[keyword] = write_as_text(written[keyword])
    if "prefixItems" in written:
        written["prefixItems"] = [write_as_text(item) for item in written["prefixItems"]]
    if isinstance(written.get("additionalProperties"), dict):
        names = written.get("propertyNames")
        written["propertyNames"] = KEYS if names is None else {"allOf": [names, KEYS]}
    if "default" in written:
        written["default"] = fit_default(written, written["default"])
    if "properties" in written:
        required = written.get("required", ())
        written["properties"] = {
            name: require_some(field) if name in required else field
            for name, field in ((name, write_as_text(value)) for name, value in written["properties"].items())
        }
    return written


def require_some(schema: Schema) -> Schema:
    """
    Say of a list or a mapping that has to come that it is not empty: texts have no word for that.

    Example:
        >>> require_some({"type": "array", "items": {"type": "integer"}})["minItems"]
        1
    """
    keyword = {"array": "minItems", "object": "minProperties"}.get(schema.get("type", ""))
    if keyword is None or "prefixItems" in schema:
        return schema
    return {**schema, keyword: max(1, schema.get(keyword, 0))}


def fit_default(schema: Schema, default: object) -> object:
    """
    Write a default as its schema has it: decimal numbers are numbers.

    Example:
        >>> fit_default({"type": "number", "format": "decimal"}, "1.50")
        1.5
    """
    if isinstance(default, list) and isinstance(schema.get("items"), dict):
        return [fit_default(schema["items"], item) for item in default]
    if isinstance(default, str) and schema.get("format") == "decimal":
        return float(default)
    return default


def _list_members(members: list[Schema]) -> list[Schema]:
    """List the members of a union that texts can be; of the forms of a named tuple that with names."""
    kept = [write_as_text(member) for member in members if member != _NULL]
    if any("properties" in member for member in kept):
        kept = [member for member in kept if "prefixItems" not in member]
    return kept


def _join(schema: Schema) -> Schema:
    """Take the union away from around a single member."""
    members = schema["anyOf"]
    if len(members) != 1:
        return schema
    around = {keyword: value for keyword, value in schema.items() if keyword != "anyOf"}
    return {**members[0], **around}


__all__ = ["KEYS", "fit_default", "require_some", "write_as_text"]
