"""
Annotations that stand for others.
"""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import pytest

from covet.di import DependencyContainer, Provider
from covet.di.generics import asked_for, close, inside_optional
from covet.di.registration import read_key
from covet.introspection import Annotation

T = TypeVar("T")


class Service:
    """
    Something that is registered.
    """


class Other:
    """
    Something that is not.
    """


class Store(Generic[T]):
    """
    Something open.
    """


U = TypeVar("U")


class MemoryStore(Store[U], Generic[U]):
    """
    Something that names its variable otherwise.
    """


@pytest.mark.parametrize(
    ("annotation", "is_known"),
    [
        (Service, True),
        (Service | None, True),
        (Provider[Service], True),
        (list[Service], True),
        (Sequence[Service], True),
        (Annotated[Service, "main"], False),
        (Store[int], True),
        (Other, False),
        (Other | None, False),
        (Service | Other, False),
        (Provider[Other], False),
        (list[Other], False),
        (dict[str, Service], False),
    ],
)
def test_what_stands_for_a_service_is_known(annotation: Annotation, is_known: bool) -> None:
    """
    Before anything is wired, as a handler's parameters are.
    """
    container = DependencyContainer()
    container.register(Service)
    container.register(Store)

    assert container.knows(annotation) is is_known


@pytest.mark.parametrize(
    ("annotation", "inner"), [(int | None, int), (int, None), (int | str, None), (int | str | None, None)]
)
def test_an_optional_type_is_seen_through(annotation: Annotation, inner: Annotation) -> None:
    """
    If it is one type besides None.
    """
    assert inside_optional(annotation) is inner


@pytest.mark.parametrize("annotation", [Service, Provider[Service], list[Service]])
def test_what_is_missing_is_named(annotation: Annotation) -> None:
    """
    Not what stands around it.
    """
    assert asked_for(read_key(annotation)).interface is Service


@pytest.mark.parametrize(
    ("maker", "interface", "closed"),
    [
        (Store, Store[int], Store[int]),
        (MemoryStore, Store[int], MemoryStore[int]),
        (Service, Store[int], Service),
    ],
)
def test_a_generic_class_is_closed(maker: Annotation, interface: Annotation, closed: Annotation) -> None:
    """
    With the arguments of the interface; what is not generic stays.
    """
    assert close(maker, interface) == closed
