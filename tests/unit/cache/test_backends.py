"""
Tests of backends by name.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from covet.cache.backends import (
    ENTRY_POINTS,
    find_backend_name,
    get_cache_backend_registry,
    make_cache_backend,
    make_cache_backend_registry,
)
from covet.cache.memory import MemoryCacheBackend
from covet.exceptions import ConfigurationError


@pytest.fixture
def shelf() -> Iterator[None]:
    """Register a backend for a test."""
    registry = get_cache_backend_registry()
    registry.register("shelf", lambda url="nowhere": MemoryCacheBackend(max_entries=len(url)))
    registry.register("hole", lambda: object())  # type: ignore[arg-type,return-value] # that is the test
    yield
    registry.unregister("shelf")
    registry.unregister("hole")


def test_a_name_is_looked_up() -> None:
    """
    The one in memory needs no more.
    """
    assert isinstance(make_cache_backend("memory"), MemoryCacheBackend)
    assert isinstance(make_cache_backend("memory", "memory://"), MemoryCacheBackend)


@pytest.mark.usefixtures("shelf")
def test_one_of_somebody_else_gets_the_url() -> None:
    """
    If there is one.
    """
    assert repr(make_cache_backend("shelf", "shelf://x")) == "<MemoryCacheBackend: 0 of 9 entries>"
    assert repr(make_cache_backend("shelf")) == "<MemoryCacheBackend: 0 of 7 entries>"


@pytest.mark.usefixtures("shelf")
def test_what_is_no_backend_is_refused() -> None:
    """
    When it is made, and not with the first request.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)'hole' is a object, which has not all methods of CacheBackend"):
        make_cache_backend("hole")


def test_an_unknown_name_is_refused() -> None:
    """
    With the one that was meant.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)no cache backend 'memorry'.*Did you mean 'memory'"):
        make_cache_backend("memorry")


def test_packages_are_looked_for_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Once, by the group of entry points.
    """
    asked = []

    def discover(group: str, **options: Any) -> list[str]:
        asked.append(group)
        return []

    monkeypatch.setattr(get_cache_backend_registry(), "discover_entry_points", discover)
    make_cache_backend("memory")
    with pytest.raises(ConfigurationError):
        make_cache_backend("nowhere")

    assert asked == [ENTRY_POINTS] == ["covet.cache_backends"]


def test_memory_has_no_url() -> None:
    """
    Whoever gives one means another backend; it is not shown, since it may have a password.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)'memory' has no url.*write backend='redis'") as caught:
        make_cache_backend("memory", "redis://:hunter2@localhost")

    assert "hunter2" not in str(caught.value)


def test_a_url_without_a_scheme_is_refused() -> None:
    """
    And not shown.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)no scheme.*redis://host") as caught:
        find_backend_name("hunter2")

    assert "hunter2" not in str(caught.value)


def test_a_registry_of_ones_own_is_apart() -> None:
    """
    What is registered in one is not in the other.
    """
    own = make_cache_backend_registry()
    own.register("mine", MemoryCacheBackend)

    assert "mine" not in get_cache_backend_registry()
