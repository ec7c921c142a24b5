"""
Fields of a `DTO` that are called something else outside: `tagList` in JSON, `tag_list` in Python.

The fields themselves have the names that clients know, so that whoever reads, writes or describes them needs to know
nothing of it; what Python calls them is a second way to the same.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from covet.exceptions import ConfigurationError, suggest

Rename: TypeAlias = Literal["camel", "pascal"] | Callable[[str], str] | Mapping[str, str]
"""How names are made of those of Python: a style, a function, or a mapping of those that differ."""


def _write_camel(name: str) -> str:
    first, *others = name.strip("_").split("_")
    return first + "".join(map(str.capitalize, others))


_STYLES: Final[Mapping[str, Callable[[str], str]]] = {
    "camel": _write_camel,
    "pascal": lambda name: "".join(map(str.capitalize, name.strip("_").split("_"))),
}


def rename_fields(place: str, names: Iterable[str], rename: Rename) -> dict[str, str]:
    """
    Make the names that clients know.

    Args:
        place: The class, for messages.
        names: The names in Python.
        rename: How.

    Raises:
        ConfigurationError: If there is no such style or field, or two fields would have one name.

    Example:
        >>> rename_fields("ArticleOut", ["id", "tag_list"], "camel")
        {'id': 'id', 'tag_list': 'tagList'}
    """
    names = list(names)
    if isinstance(rename, Mapping):
        for name in rename:
            if name not in names:
                raise ConfigurationError(
                    f"{place}: rename= names {name!r}, which it does not have.", hint=suggest(name, names)
                )
        made = {name: rename.get(name, name) for name in names}
    elif callable(rename):
        made = {name: rename(name) for name in names}
    elif rename in _STYLES:
        made = {name: _STYLES[rename](name) for name in names}
    else:
        raise ConfigurationError(f"{place}: rename={rename!r} is no style.", hint=suggest(str(rename), _STYLES))
    for name, other in made.items():
        if not isinstance(other, str) or not other.isidentifier():
            raise ConfigurationError(f"{place}: {name!r} cannot be renamed to {other!r}, which is no name.")
        if list(made.values()).count(other) > 1 or (other != name and other in made):
            raise ConfigurationError(f"{place}: rename= makes two fields that are called {other!r}.")
    return made


class Alias:
    """
    A second name of an attribute.

    Args:
        name: Its first one.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    # Any: the attribute may hold whatever it likes.
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else getattr(instance, self._name)

    def __set__(self, instance: object, value: object) -> None:
        setattr(instance, self._name, value)


def take_both_names(cls: type, names: Mapping[str, str]) -> None:
    """
    Let the constructor of a class take the names of Python as well, and its instances have them.

    Args:
        cls: The class, whose fields have the names that clients know.
        names: Those, by the names in Python.
    """
    renamed = {name: other for name, other in names.items() if name != other}
    construct: Callable[..., None] = vars(cls)["__init__"]

    # Any: values of fields.
    def __init__(self: object, **fields: Any) -> None:  # noqa: N807 - it is the constructor
        construct(self, **{renamed.get(name, name): value for name, value in fields.items()})

    cls.__init__ = __init__  # type: ignore[misc]
    for name, other in renamed.items():
        setattr(cls, name, Alias(other))


__all__ = ["Alias", "Rename", "rename_fields", "take_both_names"]
