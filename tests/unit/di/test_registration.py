"""
What a registration is found by, and where it was written.
"""

from functools import partial
from typing import Annotated

import pytest

from covet.di.registration import Key, Lifetime, Registration, describe_callable, find_caller, read_key


@pytest.mark.parametrize(
    ("annotation", "metadata", "key"),
    [
        (int, (), Key(int)),
        (Annotated[int, "main"], (), Key(int, "main")),
        (Annotated[int, 3, "main", "other"], (), Key(int, "main")),
        (int, ("main",), Key(int, "main")),
        (Annotated[int, 3], (), Key(int)),
        (list[int], (), Key(list[int])),
    ],
)
def test_key_is_read_from_annotation(annotation: object, metadata: tuple[object, ...], key: Key) -> None:
    """The first text of Annotated is the qualifier."""
    assert read_key(annotation, metadata) == key


def test_names_of_keys() -> None:
    """A key is named with its qualifier."""
    assert Key(int).name == "int"
    assert Key(dict[str, int], "main").name == "dict[str, int] 'main'"


def test_registration_begins_with_the_five_of_the_standards() -> None:
    """The fields stand in the order that others build it with."""
    registration = Registration(int, bool, None, Lifetime.SCOPED, {"x": 1})

    assert (registration.implementation, registration.lifetime, registration.kwargs) == (
        bool,
        Lifetime.SCOPED,
        {"x": 1},
    )
    assert registration.key == Key(int)
    assert registration.maker is bool


def test_place_is_that_of_the_caller() -> None:
    """The first line outside of the framework is named."""
    where = find_caller()

    assert where.startswith(f"{__file__}:")


@pytest.mark.parametrize(
    ("func", "name"), [(int, "int"), (read_key, "read_key"), (partial(read_key, int), "read_key"), (object(), "object")]
)
def test_callables_have_names(func: object, name: str) -> None:
    """Classes, functions, partials and callable objects are named for messages."""
    assert describe_callable(func) == name
