"""
The language of the drawer: a verb, a box, and the fields that the values are for.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from covet.database import QueryError

Document = dict[str, Any]
Boxes = dict[str, list[Document]]

VERBS = {"put": "one field or more", "get": "one field", "list": "one field", "clear": "no field"}


class Statement(NamedTuple):
    """A statement, taken apart."""

    verb: str
    box: str
    fields: tuple[str, ...]


def read_statement(query: str) -> Statement:
    """Take a statement apart; a `QueryError` says what is wrong with it, and quotes no value."""
    verb, box, *fields = (*query.split(), "", "")[: max(2, len(query.split()))]
    if verb not in VERBS:
        raise QueryError(f"A statement begins with {', '.join(VERBS)}, got {verb!r}.", query=query)
    wanted = VERBS[verb]
    is_right = {"one field or more": bool(fields), "one field": len(fields) == 1, "no field": not fields}[wanted]
    if not box or not is_right:
        raise QueryError(f"{verb!r} wants a box and {wanted}.", query=query)
    return Statement(verb, box, tuple(fields))


def bind_values(query: str, fields: tuple[str, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Document:
    """Give each field its value, in order or by name."""
    if args and kwargs:
        raise QueryError("A statement takes values in order or by name, and was given both.", query=query)
    values = dict(kwargs) if kwargs else dict(zip(fields, args, strict=False))
    if set(values) != set(fields) or len(args) > len(fields):
        raise QueryError(f"The statement wants values for: {', '.join(fields) or 'nothing'}.", query=query)
    return {field: values[field] for field in fields}
