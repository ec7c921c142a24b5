"""
Annotations that stand for others: optional ones, collections, providers, closed forms of generic classes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import UnionType
from typing import Any, Final, Union, get_args

from covet.class_annotations import type_variables
from covet.di.checks import class_of
from covet.di.nodes import Catalogue
from covet.di.provider import Provider
from covet.di.registration import Key, Registration, read_key
from covet.introspection import Annotation, origin_of, substitute
from covet.types import UNSET

# Any: the classes of collections, and what is made for them.
COLLECTIONS: Final[dict[Any, Any]] = {list: list, Sequence: list, tuple: tuple, Iterable: list}


def knows(catalogue: Catalogue, key: Key) -> bool:
    """Tell whether something is registered, declared or known otherwise, before anything is wired."""
    interface, origin = key.interface, origin_of(key.interface)
    if interface in catalogue.specials or (interface in catalogue.declared and key.qualifier is None):
        return True
    optional = inside_optional(interface)
    if optional is not None:
        return knows(catalogue, read_key(optional, () if key.qualifier is None else (key.qualifier,)))
    if origin is Provider:
        return knows(catalogue, asked_for(key))
    if key.qualifier is None and origin in COLLECTIONS:
        item = read_key(get_args(interface)[0]).interface
        return any(registered.interface == item for registered in catalogue.registrations)
    if key in catalogue.registrations or key in catalogue.instances:
        return True
    return any(map(is_template, catalogue.registrations.get(Key(origin, key.qualifier), ())))


def is_template(registration: Registration) -> bool:
    """Tell whether it stands for every closed form of an open generic class."""
    interface = registration.interface
    if registration.instance is not UNSET or origin_of(interface) is not None:
        return False
    if not getattr(interface, "__parameters__", ()):
        return False
    maker = class_of(registration.maker)
    return maker is not None and bool(getattr(maker, "__parameters__", ()))


def close_template(registration: Registration, key: Key) -> Registration:
    """Make the registration of `Repository[User]` out of that of `Repository`."""
    closed = close(registration.maker, key.interface)
    return replace(registration, interface=key.interface, implementation=closed, factory=None)


def close(maker: Any, interface: Annotation) -> Any:  # Any: a class in, an alias of it out
    """Give a generic class the arguments of the interface that it implements; another maker stays as it is."""
    parameters = getattr(maker, "__parameters__", ())
    origin = origin_of(interface)
    if not parameters or origin is None or class_of(maker) is None:
        return maker
    variables = dict(zip(origin.__parameters__, get_args(interface), strict=False))
    # The maker may name its variables otherwise, and turn them.
    own = type_variables(maker[parameters]).get(origin, {})
    values = {own.get(variable, variable): value for variable, value in variables.items()}
    return maker[tuple(substitute(variable, values) for variable in parameters)]


def inside_optional(annotation: Annotation) -> Annotation:
    """
    Return what stands beside `None`; `None` if it is no optional annotation of one type.

    Example:
        >>> inside_optional(int | None), inside_optional(int | str | None)
        (<class 'int'>, None)
    """
    if origin_of(annotation) not in {Union, UnionType}:
        return None
    members = [member for member in get_args(annotation) if member is not type(None)]
    return members[0] if len(members) == 1 and len(get_args(annotation)) == 2 else None


def asked_for(key: Key) -> Key:
    """Name what is missing behind a `Provider` or a collection."""
    if origin_of(key.interface) is Provider or origin_of(key.interface) in COLLECTIONS:
        return read_key(get_args(key.interface)[0], () if key.qualifier is None else (key.qualifier,))
    return key
