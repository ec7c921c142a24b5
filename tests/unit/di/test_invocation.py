"""
Tests of calling functions with services.
"""

import gc
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

import pytest

from covet.di import DependencyContainer, Lifetime, invocation
from covet.di.invocation import find_injected, invoke
from covet.introspection import CallableInfo, inspect_callable


class Service:
    """Something that is registered."""


class Other:
    """Something that is not."""


def make_container() -> DependencyContainer:
    """Make a container with a service, and a large one."""
    container = DependencyContainer()
    container.register(Service)
    container.register(Service, lifetime=Lifetime.SCOPED, qualifier="large")
    return container


def everything(a: int, service: Service, *, large: Annotated[Service, "large"], b: int = 2) -> tuple[Any, ...]:
    """Take everything."""
    return a, service, large, b


async def everything_async(a: int, service: Service, *, large: Annotated[Service, "large"]) -> tuple[Any, ...]:
    """Take everything, in a coroutine function."""
    return a, service, large


@pytest.mark.parametrize("func", [everything, everything_async, partial(everything, 1), partial(everything_async, 1)])
async def test_what_is_not_given_is_injected(func: Callable[..., Any]) -> None:
    """By annotation and qualifier, whatever kind of function it is."""
    args = () if isinstance(func, partial) else (1,)

    result = await invoke(make_container(), func, args, {})

    assert result[0] == 1
    assert [type(item) for item in result[1:3]] == [Service, Service]
    assert result[1] is not result[2]


async def test_what_is_given_stays() -> None:
    """By position or by name."""
    given = Service()

    result = await invoke(make_container(), everything, (1, given), {"large": given, "b": 3})

    assert result == (1, given, given, 3)


def untyped(a, b=1):  # type: ignore[no-untyped-def]
    """Have no annotations."""


def unknown(other: Other, *args: Service, **kwargs: Service) -> None:
    """Want what nobody knows."""


def unresolvable(service: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Have an annotation that leads nowhere."""


@pytest.mark.parametrize("func", [untyped, unknown, unresolvable, print, dict])
def test_what_is_unknown_is_the_callers_business(func: Callable[..., Any]) -> None:
    """The call itself says what is missing."""
    assert find_injected(make_container(), func, (), {}) == []


async def test_no_scope_is_opened_for_nothing() -> None:
    """A function without services costs none."""
    container = make_container()

    assert await invoke(container, max, (1, 2), {}) == 2
    assert not container.is_built


async def test_the_scope_is_closed_after_the_call() -> None:
    """Also after a failure, which passes."""
    lines: list[str] = []

    def make() -> Iterator[Service]:
        try:
            yield Service()
        finally:
            lines.append("closed")

    container = DependencyContainer()
    container.register(Service, factory=make, lifetime=Lifetime.SCOPED)

    async def fail(service: Service) -> None:
        lines.append("called")
        raise KeyError("broken")

    with pytest.raises(KeyError):
        await invoke(container, fail, (), {})

    assert lines == ["called", "closed"]
    assert container.open_scopes == 0


async def test_a_function_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Background work is called over and over: only the first call looks at the signature, and keeps nothing alive."""
    container, read = make_container(), list[object]()

    def inspect(func: Callable[..., Any]) -> CallableInfo:
        read.append(None)
        return inspect_callable(func)

    monkeypatch.setattr(invocation, "inspect_callable", inspect)

    class Worker:
        def work(self, service: Service) -> Service:
            return service

    def work(service: Service) -> Service:
        return service

    for _ in range(3):
        assert isinstance(await invoke(container, work, (), {}), Service)
        assert isinstance(await invoke(container, Worker().work, (), {}), Service)
        assert isinstance(await invoke(container, Worker.work, (Worker(),), {}), Service)
    assert len(read) == 3

    reference = weakref.ref(work)
    del work
    gc.collect()
    assert reference() is None
