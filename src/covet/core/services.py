"""
What an application injects, as those see it who compile its routes.

The container itself is made when somebody asks for it: an application without services never loads it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from covet.code_writer import CodeWriter
from covet.core.route import Route
from covet.exceptions import RouteError
from covet.introspection import Annotation, ParameterInfo


class Injected(Protocol):
    """What gives the injected arguments of one handler; `covet.di.Injection` is one."""

    @property
    def is_local(self) -> bool:
        """Whether they can be resolved without a scope."""

    @property
    def takes_values(self) -> bool:
        """Whether anything takes what the opener of the scope gives: the request."""

    def list_makers(self) -> Sequence[Callable[..., object]]:
        """List the classes and factories that make the arguments and all that these need."""

    # Any: the scope's class is loaded by those alone who inject, and the arguments are of any type.
    async def resolve(self, scope: Any) -> dict[str, Any]:
        """Resolve the arguments in a scope, by name."""

    def write_open(self, writer: CodeWriter, *, scope: str, values: str) -> None:
        """Write the opening of a scope."""

    def write_arguments(self, writer: CodeWriter, *, scope: str) -> list[str]:
        """Write the resolving in a scope, and return the source of each argument."""

    def write_local_arguments(self, writer: CodeWriter) -> list[str]:
        """Write the resolving without a scope, and return the source of each argument."""

    def write_close(self, writer: CodeWriter, *, error: str) -> None:
        """Write the closing of the scope that was opened."""


class Services(Protocol):
    """What can be injected into handlers."""

    # Any: an annotation may be any object.
    def knows(self, annotation: Annotation, metadata: tuple[Any, ...] = ()) -> bool:
        """Tell whether a parameter of that annotation is injected."""

    def inject(
        self, route: Route, parameters: Sequence[ParameterInfo], asker: Callable[..., Any] | None = None
    ) -> Injected:
        """Prepare the injected arguments of a route's handler, or of somebody else who asks around it."""

    def add_controller(self, cls: type) -> None:
        """Have a controller made for each request, unless it is registered already."""


class _NoServices:
    """A place without a container, such as a pipeline by itself."""

    def knows(self, annotation: Annotation, metadata: tuple[Any, ...] = ()) -> bool:  # noqa: ARG002 - the protocol's
        return False

    def inject(
        self,
        route: Route,
        parameters: Sequence[ParameterInfo],
        asker: Callable[..., Any] | None = None,  # noqa: ARG002 - the protocol's
    ) -> Injected:
        raise RouteError(
            "There is no application here whose services could be injected.",
            route=str(route),
            parameter=parameters[0].name,
            hint="Add the route to an application.",
        )

    def add_controller(self, cls: type) -> None:
        """Do nothing: what follows says what is wrong."""


NO_SERVICES: Final[Services] = _NoServices()
