"""
The names of definitions: short where that is enough, with their modules where two types have one name.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from covet.introspection import Annotation, origin_of, type_name

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def short_name(annotation: Annotation) -> str:
    """
    Name a type as its author does, in characters that fit into a reference.

    Example:
        >>> short_name(dict[str, int])
        'dict_str_int'
    """
    return _fit(type_name(annotation))


def qualified_name(annotation: Annotation) -> str:
    """
    Name a type with its module, and so what stands in its brackets.

    Example:
        >>> from fractions import Fraction
        >>> qualified_name(Fraction), qualified_name(list[Fraction])
        ('fractions.Fraction', 'list_fractions.Fraction')
    """
    origin, arguments = origin_of(annotation), get_args(annotation)
    if origin is not None and arguments:
        return "_".join(map(qualified_name, (origin, *arguments)))
    module = getattr(annotation, "__module__", "builtins")
    name = short_name(annotation)
    return name if module in {"builtins", "typing", "types"} else f"{_fit(module)}.{name}"


# Any: a schema's members have every type.
def rename_references(schema: Any, names: Mapping[str, str], prefix: str) -> None:
    """
    Put new names into the references of a schema, at any depth.

    Args:
        schema: The schema, or whatever contains some.
        names: The new names by the old ones.
        prefix: What stands before a name in a reference.

    Example:
        >>> schema = {"items": {"$ref": "#/$defs/Item"}}
        >>> rename_references(schema, {"Item": "shop.Item"}, "#/$defs/")
        >>> schema
        {'items': {'$ref': '#/$defs/shop.Item'}}
    """
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str) and reference.startswith(prefix):
                name = reference[len(prefix) :]
                part["$ref"] = prefix + names.get(name, name)
            pending += part.values()
        elif isinstance(part, list | tuple):
            pending += part


def _fit(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text).strip("_")
