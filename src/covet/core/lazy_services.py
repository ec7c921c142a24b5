"""
The services of an application: its container, and what the framework itself offers there.

The container is made when somebody asks for it; an application without services never does.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from covet.core.route import Route
from covet.error_text import describe_callable
from covet.http.request import Request
from covet.tasks import BackgroundTasks
from covet.threads import call_anywhere

if TYPE_CHECKING:
    from covet.di import DependencyContainer, Injection, Scope
    from covet.introspection import Annotation, ParameterInfo

Offer = Callable[["DependencyContainer"], None]


class LazyServices:
    """
    Make the container of an application when it is wanted, and prepare what its routes inject.

    Args:
        offer: Registers what the application itself offers.

    Attributes:
        is_checked: Whether the graph has been asked to be checked; who comes later is checked at once.
    """

    def __init__(self, offer: Offer) -> None:
        self.is_checked = False
        self._offer = offer
        self._container: DependencyContainer | None = None
        # A route that is compiled again asks for the same.
        self._injections: dict[tuple[Route, Callable[..., Any]], Injection] = {}

    @property
    def container(self) -> "DependencyContainer":
        """The container."""
        if self._container is None:
            from covet.di import DependencyContainer, Lifetime

            self._container = container = DependencyContainer()
            container.declare(Request)
            # Loaded here: services may ask for it, in the scope of one.
            from covet.http.websocket import WebSocket

            container.declare(WebSocket)
            container.register(BackgroundTasks, factory=_get_background, lifetime=Lifetime.SCOPED)
            self._offer(container)
        return self._container

    def knows(self, annotation: "Annotation", metadata: tuple[object, ...] = ()) -> bool:
        """
        Tell whether a parameter of that annotation is injected.

        Args:
            annotation: The annotation.
            metadata: What `Annotated` carried beside it.
        """
        if self._container is None and not _is_own(annotation):
            return False
        try:
            return self.container.knows(annotation, metadata)
        except TypeError:
            # Such as Literal[...] with something in it that is not hashable: nobody could have registered it.
            return False

    def inject(
        self, route: Route, parameters: "Sequence[ParameterInfo]", asker: Callable[..., Any] | None = None
    ) -> "Injection":
        """
        Prepare the injected arguments of a route's handler, or of another function around it.

        They are checked when the container is built.

        Args:
            route: The route.
            parameters: What is injected.
            asker: Whose arguments they are; the handler's if left out.
        """
        func = route.handler if asker is None else asker
        injection = self._injections.get((route, func))
        if injection is None:
            from covet.introspection import find_place

            name = f"{route} ({describe_callable(func)})"
            injection = self.container.inject(name, parameters, where=find_place(func))
            self._injections[route, func] = injection
        return injection

    def add_controller(self, cls: type) -> None:
        """Have a controller made for each request, unless it is registered already."""
        from covet.di import Lifetime

        if not self.container.knows(cls):
            self.container.register(cls, lifetime=Lifetime.SCOPED)

    def build(self) -> None:
        """
        Check the whole graph and compile it, if there is anything to inject.

        Raises:
            DependencyGraphError: With everything that is wrong.
        """
        self.is_checked = True
        if self._container is not None:
            self._container.build()

    def open(self, request: Request) -> "Scope":
        """
        Open the scope of a request whose handler injects nothing; it is closed at the request's end.

        Args:
            request: The request.
        """
        from covet.core.afterwards import close_at_end

        # The handshake of a WebSocket has more to offer.
        scope = self.container.scope(getattr(request, "scope_values", None) or {Request: request})

        async def close() -> None:
            seconds = scope.finish()
            if seconds is not None:
                await scope.close(None, seconds)

        close_at_end(request, close)
        return scope

    # Any: what a function takes and gives is its own.
    async def call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function, and inject what nobody gave and the container knows."""
        if self._container is None:
            return await call_anywhere(func, *args, **kwargs)
        from covet.di.invocation import invoke

        return await invoke(self._container, func, args, kwargs)

    async def aclose(self) -> None:
        """Close the singletons, when the application has stopped."""
        if self._container is not None:
            await self._container.aclose()


def _get_background(request: Request) -> BackgroundTasks:
    return request.background


def _is_own(annotation: "Annotation") -> bool:
    """Tell whether it is something of the framework, which it may offer, or derived from it."""
    bases = annotation.__mro__ if isinstance(annotation, type) else ()
    return any(base.__module__.partition(".")[0] == "covet" for base in bases)
