"""
Defaults that a document leaves out: those of values whose name says that they are secret.
"""

from typing import Any

from covet.config.masking import is_sensitive


# Any: a part of a document is any JSON.
def hide_defaults(part: Any) -> Any:
    """
    Copy a part of a document, without texts that stand as defaults of passwords, tokens and keys.

    Args:
        part: An object, an array or a value.

    Example:
        >>> hide_defaults({"properties": {"api_key": {"type": "string", "default": "5e55"}, "page": {"default": 1}}})
        {'properties': {'api_key': {'type': 'string'}, 'page': {'default': 1}}}
    """
    if isinstance(part, list):
        return [hide_defaults(item) for item in part]
    if not isinstance(part, dict):
        return part
    copy = {name: hide_defaults(item) for name, item in part.items()}
    properties = copy.get("properties")
    if isinstance(properties, dict):
        copy["properties"] = {name: _hide(name, schema) for name, schema in properties.items()}
    if isinstance(copy.get("name"), str) and "schema" in copy:
        copy["schema"] = _hide(copy["name"], copy["schema"])
    return copy


# Any: as above.
def _hide(name: str, schema: Any) -> Any:
    if not is_sensitive(name.replace("-", "_")) or not isinstance(schema, dict):
        return schema
    if not isinstance(schema.get("default"), str) or not schema["default"]:
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword != "default"}
