"""
What constraints say in the words of JSON Schema.
"""

import math
from decimal import Decimal
from typing import Final

from covet.validation.constraints import Constraints
from covet.validation.nodes import MapNode, Node, ScalarNode
from covet.validation.schema_text import Schema

_BOUNDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}

# https://spec.openapis.org/registry/format/: those of JSON Schema have an offset.
_WITHOUT_ZONE: Final = {"datetime": "date-time-local", "time": "time-local"}


def add_constraints(schema: Schema, node: Node, constraints: Constraints) -> Schema:
    """
    Add the keywords of constraints to a schema; one that is taken already goes into `allOf`, where both hold.

    Args:
        schema: The schema, which is not changed.
        node: The type that it describes.
        constraints: The constraints.

    Example:
        >>> add_constraints({"type": "integer"}, ScalarNode(annotation=int, kind="int"), Constraints(ge=1))
        {'type': 'integer', 'minimum': 1}
    """
    added: Schema = {}
    for name, keyword in _BOUNDS.items():
        bound = getattr(constraints, name)
        if isinstance(bound, int | float | Decimal):
            added[keyword] = bound if isinstance(bound, int) else float(bound)
    for name, least in (("min_length", "min"), ("max_length", "max")):
        length = getattr(constraints, name)
        if length is not None:
            keyword, number = _length(node, least, length)
            added[keyword] = number
    if constraints.pattern is not None:
        added["pattern"] = constraints.pattern
    schema = _add(schema, added)
    # Each text of a column is without NUL: a pattern on all of them would hide those that say something.
    if constraints.without is not None and (shown := constraints.without.replace("\0", "")):
        schema = _add(schema, {"pattern": _write_without(shown)})
    if constraints.tz is False and isinstance(node, ScalarNode):
        schema["format"] = _WITHOUT_ZONE[node.kind]
    for name in ("title", "description", "examples"):
        text = getattr(constraints, name)
        if text is not None:
            schema[name] = list(text) if isinstance(text, tuple) else text
    return schema


def _add(schema: Schema, added: Schema) -> Schema:
    schema = dict(schema)
    taken = {keyword: value for keyword, value in added.items() if keyword in schema}
    schema |= {keyword: value for keyword, value in added.items() if keyword not in taken}
    if taken:
        schema["allOf"] = [*schema.get("allOf", []), taken]
    return schema


def _write_without(characters: str) -> str:
    """Write what matches texts that have none of the characters, in what all regular expressions understand."""
    return "^[^" + "".join(f"\\x{ord(one):02x}" if ord(one) < 256 else one for one in characters) + "]*$"


def _length(node: Node, least: str, length: int) -> tuple[str, int]:
    if isinstance(node, ScalarNode):
        # Four characters of base64 carry three bytes.
        return f"{least}Length", 4 * math.ceil(length / 3) if node.kind == "bytes" else length
    return (f"{least}Properties" if isinstance(node, MapNode) else f"{least}Items"), length


__all__ = ["add_constraints"]
