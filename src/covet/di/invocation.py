"""
Calling a function with services: what is given stays, the rest is injected in a scope of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from types import FunctionType, MethodType
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary, finalize, ref

from covet.di.injection import Injection
from covet.di.scope import Scope
from covet.error_text import describe_callable
from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, ParameterInfo, find_place, inspect_callable
from covet.threads import call_anywhere

# By the function itself: a bound method is another object each time. It goes when its function does.
_FUNCTIONS: Final[WeakKeyDictionary[FunctionType, Sequence[ParameterInfo]]] = WeakKeyDictionary()
_METHODS: Final[WeakKeyDictionary[FunctionType, Sequence[ParameterInfo]]] = WeakKeyDictionary()


# By the container, the function, and the names of what is injected.
_PREPARED: Final[WeakKeyDictionary["Opener", WeakKeyDictionary[object, dict[tuple[str, ...], Injection]]]] = (
    WeakKeyDictionary()
)


class Opener(Protocol):
    """What knows the services and opens scopes: the container."""

    def inject(self, name: str, parameters: Sequence[ParameterInfo], *, where: str = "") -> Injection:
        """Prepare the arguments of somebody who is no service."""

    def forget(self, injection: Injection) -> None:
        """Let go of what was prepared."""

    def knows(self, annotation: Annotation, metadata: tuple[object, ...] = ()) -> bool:
        """Tell whether a parameter of that annotation would be injected."""

    def scope(self) -> Scope:
        """Open a scope."""


# Any: what a function takes and gives is its own.
async def invoke(opener: Opener, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """
    Call a function and inject the parameters that nobody gave and the container knows.

    A coroutine function is awaited; another runs in a thread. A scope is opened only if something is injected.

    Args:
        opener: The container.
        func: The function.
        args: What is given by position.
        kwargs: What is given by name.

    Raises:
        DependencyError: If a service cannot be made.
        Exception: What the function raises.
    """
    wanted = find_injected(opener, func, args, kwargs)
    if not wanted:
        return await call_anywhere(func, *args, **kwargs)
    injection = _prepare(opener, func, wanted)
    async with opener.scope() as scope:
        return await call_anywhere(func, *args, **kwargs, **await injection.resolve(scope))


def _prepare(opener: Opener, func: Callable[..., Any], wanted: Sequence[ParameterInfo]) -> Injection:
    """Compile what a function takes, once for each way in which it is called; it goes when the function does."""
    function = func.__func__ if isinstance(func, MethodType) else func
    owner: object = function if isinstance(function, FunctionType) else type(function)
    prepared = _PREPARED.setdefault(opener, WeakKeyDictionary()).setdefault(owner, {})
    key = tuple(parameter.name for parameter in wanted)
    injection = prepared.get(key)
    if injection is None:
        injection = prepared[key] = opener.inject(describe_callable(func), wanted, where=find_place(func))
        finalize(owner, _forget, ref(opener), injection)
    return injection


def _forget(opener: "ref[Opener]", injection: Injection) -> None:
    present = opener()
    if present is not None:
        present.forget(injection)


def find_injected(
    opener: Opener, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[ParameterInfo]:
    """
    List the parameters of a function that are to be injected.

    Args:
        opener: The container.
        func: The function.
        args: What is given by position.
        kwargs: What is given by name.
    """
    try:
        parameters = _read_parameters(func)
    except ConfigurationError:
        # It has no signature to read, or an annotation that is nobody's business here: the call says what is wrong.
        return []
    positional = [
        item for item in parameters if item.kind in {Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD}
    ]
    given = {item.name for item in positional[: len(args)]} | kwargs.keys()
    return [
        item
        for item in parameters
        if item.name not in given
        and item.kind in {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
        and item.has_annotation
        and opener.knows(item.annotation, item.metadata)
    ]


def _read_parameters(func: Callable[..., Any]) -> Sequence[ParameterInfo]:
    """List the parameters of a callable; those of functions and methods are read once."""
    known = _METHODS if isinstance(func, MethodType) else _FUNCTIONS
    function = func.__func__ if isinstance(func, MethodType) else func
    if not isinstance(function, FunctionType):
        return inspect_callable(func).parameters
    parameters = known.get(function)
    if parameters is None:
        parameters = known[function] = inspect_callable(func).parameters
    return parameters
