"""
The annotations of classes, resolved: text, inheritance and the variables of generic ones.

Each class of a hierarchy is read in its own module, and an annotation that cannot be resolved is an error that names
its class and field. It must never make an instance of what it reads.
"""

import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any, Generic, get_args, get_type_hints

from covet.exceptions import ConfigurationError
from covet.introspection import UNRESOLVABLE, Annotation, explain_unresolved, origin_of, substitute, type_name


def class_type_hints(annotation: Annotation) -> dict[str, Annotation]:
    """
    Resolve the annotations of a class, with the type variables of a generic one replaced.

    Raises:
        ConfigurationError: If an annotation names what is not there, or is no type.

    Example:
        >>> from typing import TypeVar
        >>> T = TypeVar("T")
        >>> class Page(Generic[T]):
        ...     items: list[T]
        >>> class_type_hints(Page[int])
        {'items': list[int]}
    """
    cls = origin_of(annotation) or annotation
    try:
        # The class may be mentioned by its own name while it is not a global: a model made inside a function.
        hints = get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
    except UNRESOLVABLE as exc:
        raise _explain_class(cls) from exc
    variables = type_variables(annotation)
    if not variables:
        return hints
    return {name: substitute(hint, variables.get(_owner_of(cls, name), {})) for name, hint in hints.items()}


def _explain_class(cls: type) -> ConfigurationError:
    """Find the annotation of a class that cannot be resolved, and say so."""
    for base in cls.__mro__:
        names = vars(sys.modules[base.__module__]) if base.__module__ in sys.modules else {}
        for name, annotation in inspect.get_annotations(base).items():
            try:
                get_type_hints(types.SimpleNamespace(__annotations__={name: annotation}), names, {cls.__name__: cls})
            except UNRESOLVABLE as exc:
                reason, hint = explain_unresolved(exc, annotation, base.__module__)
                return ConfigurationError(f"{type_name(base)} annotates {name!r} with {reason}", hint=hint)
    return ConfigurationError(f"The annotations of {type_name(cls)} cannot be resolved.")


def type_variables(annotation: Annotation) -> dict[type, Mapping[Any, Annotation]]:
    """
    Map each class of a hierarchy to what its own type variables stand for; empty if there are none.

    Example:
        >>> from typing import TypeVar
        >>> T = TypeVar("T")
        >>> class Box(Generic[T]): ...
        >>> type_variables(Box[int])[Box]
        {~T: <class 'int'>}
    """
    found: dict[type, Mapping[Any, Annotation]] = {}

    def visit(alias: Annotation, outer: Mapping[Any, Annotation]) -> None:
        cls, arguments = origin_of(alias) or alias, get_args(alias)
        if not isinstance(cls, type) or cls is Generic:
            return
        parameters = getattr(cls, "__parameters__", ())
        values = [substitute(argument, outer) for argument in arguments] if arguments else []
        mapping = dict(zip(parameters, values, strict=False))
        if mapping or cls not in found:
            found[cls] = mapping
        for base in _original_bases(cls):
            visit(base, mapping)

    visit(annotation, {})
    return found if any(found.values()) else {}


def _original_bases(cls: type) -> tuple[Any, ...]:
    bases: tuple[Any, ...] = cls.__dict__.get("__orig_bases__", cls.__bases__)
    return bases


def _owner_of(cls: type, name: str) -> type:
    """Find the class of a hierarchy that declares an annotation."""
    for base in cls.__mro__:
        if name in inspect.get_annotations(base):
            return base
    return cls
