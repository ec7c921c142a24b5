"""
What type checkers see of dependency injection: `test_typing.py` runs them over this file.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Generic, NewType, Protocol, TypeVar, assert_type

from covet.di import DependencyContainer, Lifetime, Provider, Scope

T = TypeVar("T")
Port = NewType("Port", int)


class Mailer(Protocol):
    """A Protocol."""

    def send(self, text: str) -> None:
        """Send."""


class Cache(ABC):
    """An abstract class."""

    @abstractmethod
    def get(self) -> str:
        """Get."""


class Database:
    """A class with a constructor of its own."""

    def __init__(self, url: str, *, size: int = 3) -> None:
        self.url = url


class Repository(Generic[T]):
    """A generic class."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def read(self) -> list[T]:
        """Read."""
        return []


class SmtpMailer:
    """Implements the Protocol."""

    def send(self, text: str) -> None:
        """Send."""


class MemoryCache(Cache):
    """Implements the abstract class."""

    def get(self) -> str:
        """Get."""
        return ""


class Job:
    """Takes a provider."""

    def __init__(self, mailer: Provider[Mailer], scope: Scope) -> None:
        self.mailer = mailer


async def connect() -> AsyncIterator[Database]:
    """Make a database, and close it."""
    yield Database("db://")


async def main() -> None:
    """Resolve everything."""
    container = DependencyContainer()
    container.register(Mailer, SmtpMailer)
    container.register(Cache, MemoryCache, lifetime=Lifetime.SINGLETON)
    container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    container.register(Repository)
    container.register_instance(Port, Port(80))
    container.register(Job)
    async with container.scope() as scope:
        assert_type(await scope.resolve(Mailer), Mailer)
        assert_type(await scope.resolve(Cache), Cache)
        assert_type(await scope.resolve(Database), Database)
        assert_type(await scope.resolve(Repository[int]), Repository[int])
        job = await scope.resolve(Job)
        assert_type(await job.mailer.get(), Mailer)
        async with job.mailer.use() as mailer:
            assert_type(mailer, Mailer)
    assert_type(await container.resolve(Mailer), Mailer)
    assert_type(await container.resolve(Database, scope_id=1), Database)
    assert_type(await container.resolve(Cache), Cache)
    port: int = await container.resolve(Port)
    await container.clear_scope(port)
    assert_type(await Provider.of("text").get(), str)
    with container.override(Mailer, SmtpMailer()):
        assert_type(await container.resolve(Mailer), Mailer)
    await container.clear_scope(1)
    await container.aclose()


if __name__ == "__main__":
    asyncio.run(main())
