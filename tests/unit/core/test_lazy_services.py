"""
Tests of the services of an application: made when somebody asks, prepared once for each route.
"""

from typing import Any, Literal

import pytest

from covet.core.lazy_services import LazyServices
from covet.core.path_template import PathTemplate
from covet.core.route import Route, make_route
from covet.di import DependencyContainer, DependencyGraphError, Lifetime
from covet.http.request import Request
from covet.introspection import inspect_callable
from covet.tasks import BackgroundTasks


class Service:
    """Something of the user's."""


class Own(Request):
    """Something that is derived from the framework's."""


class Offered:
    """Records what was offered to."""

    def __init__(self) -> None:
        self.containers: list[DependencyContainer] = []

    def __call__(self, container: DependencyContainer) -> None:
        """Note the container."""
        self.containers.append(container)


def make_handler_route(handler: Any) -> Route:
    """Make a route."""
    return make_route(PathTemplate.parse("/x"), handler, ("GET",), {}, ())


def test_the_container_is_made_once_when_it_is_wanted() -> None:
    """And what the application offers is put in then."""
    offered = Offered()
    services = LazyServices(offered)
    before = list(offered.containers)

    container = services.container

    assert (before, offered.containers) == ([], [container])
    assert services.container is container


@pytest.mark.parametrize(
    ("annotation", "is_made"),
    [(Service, False), (int, False), (list[Service], False), (None, False), (Own, True), (BackgroundTasks, True)],
)
def test_an_annotation_of_the_users_makes_no_container(annotation: object, is_made: bool) -> None:
    """Nothing can be registered where there is none; what the framework offers may be meant by its own classes."""
    offered = Offered()
    services = LazyServices(offered)

    known = services.knows(annotation)

    assert known is (annotation is BackgroundTasks)
    assert bool(offered.containers) is is_made


def test_what_is_not_hashable_is_not_known() -> None:
    """Nobody could have registered it."""
    services = LazyServices(Offered())
    services.container.register(Service)

    assert services.knows(Service)
    assert not services.knows(Literal[[]])


def test_a_route_that_is_compiled_again_is_prepared_once() -> None:
    """The graph does not grow with every change of a setting."""

    async def handler(service: Service) -> None: ...

    services = LazyServices(Offered())
    services.container.register(Service)
    route = make_handler_route(handler)
    parameters = inspect_callable(handler).parameters

    first = services.inject(route, parameters)

    assert services.inject(route, parameters) is first
    assert services.inject(make_handler_route(handler), parameters) is not first


def test_a_controller_is_registered_unless_it_is() -> None:
    """For each request; or as its author says."""
    services = LazyServices(Offered())
    services.container.register(Own, lifetime=Lifetime.SINGLETON)

    services.add_controller(Own)
    services.add_controller(Service)

    lifetimes = {item.interface: item.lifetime for item in services.container.registrations}
    assert lifetimes[Own] is Lifetime.SINGLETON
    assert lifetimes[Service] is Lifetime.SCOPED


async def test_nothing_happens_without_a_container() -> None:
    """Building, closing and calling need none."""
    offered = Offered()
    services = LazyServices(offered)

    services.build()
    await services.aclose()

    assert await services.call(max, 1, 2) == 2
    assert offered.containers == []


async def test_deferred_work_belongs_to_a_request() -> None:
    """Whoever asks for it elsewhere is told."""
    services = LazyServices(Offered())
    request = Request()

    async with services.container.scope({Request: request}) as scope:
        assert await scope.resolve(BackgroundTasks) is request.background
    async with services.container.scope() as scope:
        with pytest.raises(Exception, match="Request"):
            await scope.resolve(BackgroundTasks)


def test_an_error_names_the_place_of_the_handler() -> None:
    """Its route, its name and its line."""

    async def handler(service: Service) -> None: ...

    services = LazyServices(Offered())
    services.inject(make_handler_route(handler), inspect_callable(handler).parameters)

    with pytest.raises(DependencyGraphError) as caught:
        services.build()

    text = str(caught.value)
    assert "GET /x" in text
    assert "test_lazy_services.py:" in text
