"""
Services that the tests of dependency injection register.
"""

import re
from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar

import pytest

from covet.di import DependencyContainer, DependencyGraphError
from covet.di.program import Program

T = TypeVar("T")


class Database:
    """Needs nothing."""


class Repository:
    """Needs a database."""

    def __init__(self, database: Database) -> None:
        self.database = database


class Orders:
    """Needs a repository."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository


class Mailer(Protocol):
    """Sends."""

    def send(self, text: str) -> None:
        """Send a text."""


class MemoryMailer:
    """Fits the Protocol without naming it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, text: str) -> None:
        """Keep the text."""
        self.sent.append(text)


class Cache(ABC):
    """Keeps values."""

    @abstractmethod
    def get(self, name: str) -> str:
        """Return a value."""


class MemoryCache(Cache):
    """Keeps them in memory."""

    def get(self, name: str) -> str:
        """Return the name."""
        return name


class User:
    """A model."""


class Store(Generic[T]):
    """Keeps models."""

    def __init__(self, model: type[T], database: Database) -> None:
        self.model = model
        self.database = database


def report_of(container: DependencyContainer) -> str:
    """
    Return what the check reports, with the line numbers taken out.
    """
    with pytest.raises(DependencyGraphError) as caught:
        container.check()
    return without_lines(str(caught.value))


def without_lines(text: str) -> str:
    """
    Take the line numbers out of a text.
    """
    return re.sub(r"\.py:\d+", ".py:N", text)


def program_of(container: DependencyContainer) -> Program:
    """
    Build a container and return what was compiled.
    """
    container.build()
    program = container._program
    assert program is not None
    return program
