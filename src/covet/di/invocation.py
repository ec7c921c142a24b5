"""
Calling a function with services: what is given stays, the rest is injected in a scope of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Annotated, Any, Protocol

from covet.di.scope import Scope
from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, ParameterInfo, inspect_callable
from covet.threads import call_anywhere


class Opener(Protocol):
    """What knows the services and opens scopes: the container."""

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
    async with opener.scope() as scope:
        injected = {parameter.name: await scope.resolve(_whole(parameter)) for parameter in wanted}
        return await call_anywhere(func, *args, **kwargs, **injected)


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
        parameters = inspect_callable(func).parameters
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


def _whole(parameter: ParameterInfo) -> Annotation:
    """Return the annotation with the qualifier that stood in it."""
    qualifier = next((item for item in parameter.metadata if isinstance(item, str)), None)
    return parameter.annotation if qualifier is None else Annotated[parameter.annotation, qualifier]
