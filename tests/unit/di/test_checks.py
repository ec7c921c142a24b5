"""
An implementation has to fit its interface, or is refused when it is registered.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, NewType, Protocol, TypeVar

import pytest

from covet.di import RegistrationError
from covet.di.checks import (
    check_registration,
    check_returned,
    class_of,
    is_abstract,
    is_protocol,
    missing_members,
    unwrap_product,
)
from covet.di.registration import Registration
from tests.unit.di.services import Cache, Database, Mailer, MemoryCache, MemoryMailer, Store, User

UserId = NewType("UserId", int)
T_co = TypeVar("T_co", covariant=True)


class Mute:
    """Does not send."""

    send = "no method"


class Source(Protocol[T_co]):
    """Gives something."""

    name: str

    def read(self) -> T_co:
        """Read it."""

    def __call__(self) -> T_co:
        """Call it."""


class Users(Store[User]):
    """Keeps users."""


def refusal(registration: Registration) -> str:
    """
    Return the text of the refusal.
    """
    with pytest.raises(RegistrationError) as caught:
        check_registration(registration)
    return str(caught.value)


@pytest.mark.parametrize(
    "registration",
    [
        Registration(Database, Database),
        Registration(Cache, MemoryCache),
        Registration(Mailer, MemoryMailer),
        Registration(Store[User], Users),
        Registration(Store[User], Store[User]),
        Registration(Store[User], Store),
        Registration(Mailer, factory=lambda: None),
        Registration(Mailer, instance=MemoryMailer()),
        Registration(UserId, instance=UserId(3)),
        Registration(int | str, instance=3),
    ],
)
def test_what_fits_is_taken(registration: Registration) -> None:
    """Subclasses, and classes with the members of a Protocol, fit."""
    check_registration(registration)


@pytest.mark.parametrize(
    ("registration", "text"),
    [
        pytest.param(
            Registration(Cache, Database),
            "Cache cannot be registered like this: Database is no Cache.\n"
            "  Let Database inherit from Cache, or make Cache a Protocol.",
            id="no subclass",
        ),
        pytest.param(
            Registration(Mailer, Database),
            "Mailer cannot be registered like this: Database does not fit the Protocol Mailer: send() missing.\n"
            "  Implement what is missing in Database.",
            id="no member",
        ),
        pytest.param(
            Registration(Mailer, Mute),
            "Mailer cannot be registered like this: Mute does not fit the Protocol Mailer: send() missing.\n"
            "  Implement what is missing in Mute.",
            id="no method",
        ),
        pytest.param(
            Registration(Cache, Cache),
            "Cache cannot be registered like this: Cache is abstract: get missing.\n"
            "  Implement what is missing, or name the class that does.",
            id="abstract",
        ),
        pytest.param(
            Registration(Mailer, Mailer),
            "Mailer cannot be registered like this: Mailer is a Protocol.\n  Name the class that implements it.",
            id="protocol",
        ),
        pytest.param(
            Registration(Store[int], Users),
            "Store[int] cannot be registered like this: Users is a Store[User].\n  Register it for Store[User].",
            id="other argument",
        ),
        pytest.param(
            Registration(Database, len),
            "Database cannot be registered like this: the implementation len is no class.\n"
            "  Pass a class, or what makes the instances as factory=.",
            id="function as class",
        ),
        pytest.param(
            Registration(Database, factory="make"),  # type: ignore[arg-type]
            "Database cannot be registered like this: factory='make' is not callable.\n  Pass a function.",
            id="no callable",
        ),
        pytest.param(
            Registration(Cache, instance=Database()),
            "Cache cannot be registered like this: the instance of Database is no Cache.\n"
            "  Register an instance of Cache.",
            id="instance",
        ),
        pytest.param(
            Registration(Mailer, instance=Mute()),
            "Mailer cannot be registered like this: the instance of Mute does not fit the Protocol Mailer: send() "
            "missing.\n  Give it what is missing.",
            id="instance of protocol",
        ),
    ],
)
def test_what_does_not_fit_is_refused(registration: Registration, text: str) -> None:
    """The refusal says what is missing and where to mend it."""
    assert refusal(registration) == text


@pytest.mark.parametrize("returned", [MemoryCache, Iterator[MemoryCache], int | str, Any, object, Mailer])
def test_result_of_factory_may_be_anything_that_could_fit(returned: object) -> None:
    """What nobody can be sure about is not refused."""
    check_returned(Registration(Cache, factory=len), returned)


def test_result_of_factory_is_checked() -> None:
    """A factory that says that it makes something else is refused."""
    with pytest.raises(RegistrationError, match="the factory len returns Database, which is no Cache"):
        check_returned(Registration(Cache, factory=len), AsyncIterator[Database])


def test_products_are_unwrapped() -> None:
    """Generators and context managers stand around what they make."""
    assert unwrap_product(AsyncIterator[int]) is int
    assert unwrap_product(AbstractAsyncContextManager[int]) is int
    assert unwrap_product(list[int]) == list[int]


def test_class_behind_an_annotation() -> None:
    """NewTypes and generic aliases have a class, unions have none."""
    assert class_of(UserId) is int
    assert class_of(Store[User]) is Store
    assert class_of(int | str) is None


def test_what_is_abstract() -> None:
    """Protocols, ABCs and what is no class cannot be made."""
    assert [is_abstract(kind) for kind in (Mailer, Cache, UserId, int | str)] == [True] * 4
    assert not is_abstract(MemoryCache)
    assert [is_protocol(kind) for kind in (Mailer, MemoryMailer)] == [True, False]


def test_members_of_a_protocol() -> None:
    """Methods count, the special ones too; attributes may come from the constructor."""
    assert missing_members(Database, Source) == ["__call__()", "read()"]
