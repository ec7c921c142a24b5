"""
Registering: what is refused at once, and with which words.
"""

from typing import Annotated

import pytest

from covet.di import (
    DependencyContainer,
    DuplicateRegistrationError,
    FrozenContainerError,
    Lifetime,
    RegistrationError,
)
from tests.unit.di.services import Cache, Database, Mailer, MemoryCache, MemoryMailer, without_lines

HERE = "di/test_registrar.py:N"


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make an empty container.
    """
    return DependencyContainer()


def test_registration_is_kept_as_data(container: DependencyContainer) -> None:
    """A registration can be read, with the place it was made at."""
    container.register(Cache, MemoryCache, lifetime=Lifetime.SCOPED, qualifier="fast")

    (registration,) = container.registrations

    assert (registration.interface, registration.implementation) == (Cache, MemoryCache)
    assert (registration.lifetime, registration.qualifier) == (Lifetime.SCOPED, "fast")
    assert registration.where.startswith(f"{__file__}:")


def test_lifetime_is_transient_by_default(container: DependencyContainer) -> None:
    """Who says nothing gets a new instance for each use."""
    container.register(Database)

    assert [registration.lifetime for registration in container.registrations] == [Lifetime.TRANSIENT]


def test_second_registration_is_refused(container: DependencyContainer) -> None:
    """The error names both places."""
    container.register(Database)

    with pytest.raises(DuplicateRegistrationError) as caught:
        container.register(Database)

    assert f"First at {HERE}, again at {HERE}." in without_lines(str(caught.value))


def test_second_registration_may_replace(container: DependencyContainer) -> None:
    """`replace=True` takes the place of the first."""
    container.register(Cache, MemoryCache)
    container.register(Cache, factory=MemoryCache, replace=True)

    assert [registration.factory for registration in container.registrations] == [MemoryCache]


def test_qualifiers_tell_registrations_apart(container: DependencyContainer) -> None:
    """`Annotated` and `qualifier=` are the same."""
    container.register(Database)
    container.register(Annotated[Database, "main"])

    with pytest.raises(DuplicateRegistrationError, match="Database 'main' is registered twice"):
        container.register(Database, qualifier="main")


def test_false_condition_takes_no_place(container: DependencyContainer) -> None:
    """What is not meant to be there stands in nobody's way."""
    container.register(Database, when=False)
    container.register(Database, when=True)

    container.check()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param(
            {"implementation": MemoryCache, "factory": MemoryCache},
            f"Cache is registered with an implementation and a factory.\n  Registered at {HERE}.\n  Give one of them.",
            id="both",
        ),
        pytest.param(
            {"implementation": MemoryCache, "lifetime": "scoped"},
            f"'scoped' is no lifetime.\n  Registered at {HERE}.\n"
            "  Write Lifetime.SCOPED: Did you mean 'SCOPED'? Available: SCOPED, SINGLETON, TRANSIENT.",
            id="lifetime",
        ),
        pytest.param(
            {},
            f"Cache is registered alone, and no instance can be made of it.\n  Registered at {HERE}.\n"
            "  Name the class that implements it, or a factory=.",
            id="abstract",
        ),
        pytest.param(
            {"implementation": Database},
            f"Cache cannot be registered like this: Database is no Cache.\n  Registered at {HERE}.\n"
            "  Let Database inherit from Cache, or make Cache a Protocol.",
            id="unfit",
        ),
    ],
)
def test_what_cannot_be_is_refused(container: DependencyContainer, options: dict[str, object], text: str) -> None:
    """The refusal says why, where and what instead."""
    with pytest.raises(RegistrationError) as caught:
        container.register(Cache, **options)  # type: ignore[arg-type]

    assert without_lines(str(caught.value)) == text


def test_refused_registration_leaves_nothing(container: DependencyContainer) -> None:
    """What was refused is not there."""
    with pytest.raises(RegistrationError):
        container.register(Mailer, Database)

    assert list(container.registrations) == []


@pytest.mark.parametrize("method", ["register", "register_instance", "decorate", "declare"])
def test_built_container_is_frozen(container: DependencyContainer, method: str) -> None:
    """After the building nothing is registered; the error says what to do instead."""
    container.build()
    arguments = {"register_instance": (Database, Database()), "decorate": (Database, Database)}.get(method, (Database,))

    with pytest.raises(FrozenContainerError) as caught:
        getattr(container, method)(*arguments)

    assert without_lines(str(caught.value)) == (
        f"Database comes too late: the container is built.\n  Registered at {HERE}.\n"
        "  Register before the application starts; a test puts something else in its place with override()."
    )


def test_declared_type_cannot_be_registered(container: DependencyContainer) -> None:
    """A type comes from the opener of a scope, or is made: not both."""
    container.declare(Database)

    with pytest.raises(DuplicateRegistrationError):
        container.register(Database)


def test_registered_type_cannot_be_declared(container: DependencyContainer) -> None:
    """The other way round it is refused, too."""
    container.register(Database)

    with pytest.raises(DuplicateRegistrationError):
        container.declare(Database)


async def test_registration_may_replace_a_declaration(container: DependencyContainer) -> None:
    """`replace=True` makes a declared type a service."""
    container.declare(Database)
    container.register(Database, replace=True)

    assert isinstance(await container.resolve(Database), Database)


async def test_instance_is_given_out(container: DependencyContainer) -> None:
    """An object that was made elsewhere is the service, even None."""
    mailer = MemoryMailer()
    container.register_instance(Mailer, mailer)
    container.register_instance(object, None, qualifier="nothing", when=lambda: True)

    assert await container.resolve(Mailer) is mailer
    assert await container.resolve(object, qualifier="nothing") is None
