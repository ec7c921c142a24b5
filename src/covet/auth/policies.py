"""
Policies: functions of one's own that decide who may, with what they take injected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from covet.auth.errors import AuthenticationSetupError
from covet.core.layer_binding import LayerBinding
from covet.core.services import Injected
from covet.error_text import name_callable
from covet.exceptions import RouteError
from covet.http.request import Request
from covet.introspection import ParameterInfo, inspect_callable
from covet.threads import call_anywhere
from covet.types import UNSET

# Any: a policy takes whatever can be injected, and gives True or False, or an awaitable of it.
Policy = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class BoundPolicy:
    """
    A policy and what it is called with.

    Attributes:
        name: Its name.
        func: The function.
        injected: What gives its arguments; `None` if it takes none.
    """

    name: str
    func: Policy
    injected: Injected | None

    async def allows(self, request: Request) -> bool:
        """
        Ask it.

        Raises:
            TypeError: If it answers neither `True` nor `False`.
            Exception: What it raises.
        """
        arguments = {} if self.injected is None else await self.injected.resolve(_open_scope(request))
        answer = await call_anywhere(self.func, **arguments)
        if not isinstance(answer, bool):
            # A forgotten `return`, or an object that happens to be true, must not decide.
            raise TypeError(f"The policy {self.name} answered {type(answer).__name__}, expected True or False.")
        return answer


def check_policy(policy: object) -> None:
    """
    Refuse what cannot decide.

    Raises:
        AuthenticationSetupError: If it cannot be called.
    """
    if not callable(policy) or isinstance(policy, type):
        raise AuthenticationSetupError(
            f"requires(): policy has {policy!r}, expected a function.",
            hint="Write def may_edit(principal: Principal) -> bool, and policy=may_edit.",
        )


def bind_policy(policy: Policy, binding: LayerBinding) -> BoundPolicy:
    """
    Find out what a policy is called with around a route.

    Raises:
        RouteError: If it takes what cannot be injected.
    """
    name = name_callable(policy)
    parameters = [_annotate(parameter) for parameter in inspect_callable(policy).parameters]
    wanted: list[ParameterInfo] = []
    for parameter in parameters:
        if parameter.annotation is not UNSET and binding.services.knows(parameter.annotation, parameter.metadata):
            wanted.append(parameter)
        elif parameter.default is UNSET:
            raise RouteError(
                f"The policy {name} takes {parameter.name!r}, which cannot be injected.",
                route=str(binding.route),
                parameter=parameter.name,
                hint="Annotate it with Request, Principal or a service; the path's values are in request.path_params.",
            )
    injected = binding.services.inject(binding.route, _make_named(wanted), policy) if wanted else None
    return BoundPolicy(name, policy, injected)


def _annotate(parameter: ParameterInfo) -> ParameterInfo:
    """Take a parameter that is called `request` for the request, as handlers do."""
    if parameter.annotation is UNSET and parameter.name == "request":
        return replace(parameter, annotation=Request)
    return parameter


def _make_named(parameters: Sequence[ParameterInfo]) -> Sequence[ParameterInfo]:
    for parameter in parameters:
        if parameter.kind in (
            parameter.kind.POSITIONAL_ONLY,
            parameter.kind.VAR_POSITIONAL,
            parameter.kind.VAR_KEYWORD,
        ):
            raise RouteError(
                f"A policy takes its arguments by name, {parameter.name!r} cannot be given so.",
                hint="Leave out * and / of its parameters.",
            )
    return parameters


# Any: the scope's class is loaded by those alone who inject.
def _open_scope(request: Request) -> Any:
    """Return the scope of a request; the first who asks opens it."""
    try:
        return request.services
    except AttributeError:
        scope = request.services = request.app.open_services(request)
        return scope
