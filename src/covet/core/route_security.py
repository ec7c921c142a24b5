"""
What routes say about who may call them: the names of security schemes, for documents and for what guards routes.

It is a declaration and guards nothing by itself.
"""

from collections.abc import Iterable, Mapping, Sequence

# One of the alternatives: a scheme by its name, or several that are needed together, each with its scopes.
SecurityRequirement = str | Mapping[str, Sequence[str]]


def is_security(value: object) -> bool:
    """
    Tell whether a value is a list of requirements: names of schemes, or mappings from names to lists of scopes.

    Example:
        >>> is_security(["bearer", {"oauth": ["read"]}, {}]), is_security("bearer"), is_security([{"oauth": "read"}])
        (True, False, False)
    """
    return isinstance(value, list | tuple) and all(map(_is_requirement, value))


def find_security(levels: Iterable[Sequence[SecurityRequirement] | None]) -> tuple[SecurityRequirement, ...] | None:
    """
    Choose what holds for a route: the nearest level that says anything; an empty list says that anybody may call it.

    Args:
        levels: What the groups and the route say, the outermost first; `None` where nothing is said.

    Example:
        >>> find_security([["bearer"], None]), find_security([["bearer"], []]), find_security([None])
        (('bearer',), (), None)
    """
    said = [level for level in levels if level is not None]
    return tuple(said[-1]) if said else None


def _is_requirement(value: object) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(scopes, list | tuple) and all(isinstance(scope, str) for scope in scopes)
        for name, scopes in value.items()
    )
