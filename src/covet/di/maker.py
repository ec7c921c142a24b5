"""
How an instance is made: what is called, with which parameters, what is awaited, entered and closed.

All of it is read once, when the container is built. Nothing is called here.
"""

import contextlib
import inspect
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, is_dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, get_args

from covet.class_annotations import class_type_hints, type_variables
from covet.di.checks import check_returned, class_of, is_protocol
from covet.di.errors import RegistrationError
from covet.di.registration import Registration
from covet.exceptions import suggest
from covet.introspection import (
    VAR_KEYWORD,
    VAR_POSITIONAL,
    Annotation,
    CallableInfo,
    ParameterInfo,
    inspect_callable,
    origin_of,
    split_annotated,
    substitute,
)
from covet.types import UNSET

_AWAITABLES = (Awaitable, Coroutine)


class Call(Enum):
    """What becomes of the result of the call."""

    PLAIN = "plain"
    """It is the instance."""
    AWAIT = "await"
    """It is awaited."""
    MAYBE = "maybe"
    """It is awaited if it is a coroutine: a lambda, a decorated coroutine function."""


class Entry(Enum):
    """How the instance comes out of what was made."""

    NONE = "none"
    SYNC = "with"
    ASYNC = "async with"


@dataclass(frozen=True, slots=True)
class Maker:
    """
    What makes the instances of one service.

    Attributes:
        call: What is called.
        parameters: Its parameters that can be wired or given.
        takes_any: Whether it takes any keyword.
        result: What becomes of the result.
        entry: Whether the result is entered.
        close: What closes an instance; `None` if nothing does.
        says_nothing: Whether it is a function without a return annotation: it may give a coroutine by mistake.
    """

    call: Callable[..., Any]  # Any: whatever is registered
    parameters: tuple[ParameterInfo, ...]
    takes_any: bool
    result: Call
    entry: Entry
    close: Callable[[Any], object] | None
    says_nothing: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether making one has to be awaited."""
        return self.result is not Call.PLAIN or self.entry is Entry.ASYNC

    @property
    def is_closing(self) -> bool:
        """Whether an instance leaves something to close."""
        return self.entry is not Entry.NONE or self.close is not None


def read_maker(registration: Registration) -> Maker:
    """
    Read how a registration makes its instances.

    Raises:
        RouteError: If an annotation cannot be resolved.
        RegistrationError: If a factory is annotated to return something else than its interface, or what is made
            cannot be entered or closed as it is asked for.
    """
    target = registration.maker
    info = inspect_callable(origin_of(target) or target)
    product = _read_product(registration, info)
    if registration.factory is not None and product is not UNSET:
        check_returned(registration, product)
    parameters = _substitute_variables(target, info.parameters)
    call, result, entry = _read_call(registration, info)
    if entry is Entry.NONE:
        entry = _read_entry(registration, product)
    return Maker(
        call=call,
        parameters=tuple(p for p in parameters if p.kind not in {VAR_POSITIONAL, VAR_KEYWORD}),
        takes_any=any(p.kind is VAR_KEYWORD for p in parameters),
        result=result,
        entry=entry,
        close=_read_close(registration, product),
        says_nothing=product is UNSET and result is Call.PLAIN and entry is Entry.NONE,
    )


def _read_product(registration: Registration, info: CallableInfo) -> Annotation:
    """Name what a call gives, once it is awaited; `UNSET` if nobody says."""
    called = _inside_partial(registration.maker)
    if class_of(called) is not None:
        return called
    returned = info.return_annotation
    return get_args(returned)[-1] if origin_of(returned) in _AWAITABLES else returned


def _read_call(registration: Registration, info: CallableInfo) -> tuple[Callable[..., Any], Call, Entry]:
    target = registration.maker
    if class_of(_inside_partial(target)) is not None:
        return target, Call.PLAIN, Entry.NONE
    if info.is_async or origin_of(info.return_annotation) in _AWAITABLES:
        return target, Call.AWAIT, Entry.NONE
    function = _called(target)
    if info.is_async_generator:
        is_wrapped = _is_made_by_contextlib(function)
        return target if is_wrapped else asynccontextmanager(target), Call.PLAIN, Entry.ASYNC
    if info.is_generator:
        is_wrapped = _is_made_by_contextlib(function)
        return target if is_wrapped else contextmanager(target), Call.PLAIN, Entry.SYNC
    is_lambda = getattr(function, "__name__", "") == "<lambda>"
    if info.wraps_async or is_lambda:
        return target, Call.MAYBE, Entry.NONE
    return target, Call.PLAIN, Entry.NONE


def _inside_partial(target: Any) -> Any:
    while isinstance(target, partial):
        target = target.func
    return target


def _called(target: Any) -> Any:
    target = _inside_partial(target)
    if inspect.isroutine(target):
        return getattr(target, "__func__", target)
    return getattr(type(target).__call__, "__func__", type(target).__call__)


def _is_made_by_contextlib(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename == contextlib.contextmanager.__code__.co_filename


def _read_entry(registration: Registration, product: Annotation) -> Entry:
    """Decide whether what is made is entered: if it says so, or its class is a context manager of the application's."""
    if registration.enter is False:
        return Entry.NONE
    if origin_of(product) is AbstractAsyncContextManager:
        return Entry.ASYNC
    if origin_of(product) is AbstractContextManager:
        return Entry.SYNC
    cls = _class_made(registration, product)
    # To enter a lock acquires it, to enter a connection of sqlite3 opens none: only what is asked for.
    is_foreign = cls is not None and cls.__module__.partition(".")[0] in sys.stdlib_module_names - {"__main__"}
    if cls is not None and (registration.enter or not is_foreign):
        if hasattr(cls, "__aenter__") and hasattr(cls, "__aexit__"):
            return Entry.ASYNC
        if hasattr(cls, "__enter__") and hasattr(cls, "__exit__"):
            return Entry.SYNC
    if registration.enter:
        raise RegistrationError(
            f"{registration.key.name} is registered with enter=True, and {_name_of(cls)} is no context manager.",
            where=registration.where,
            hint="Leave enter= out, or annotate what the factory returns.",
        )
    return Entry.NONE


def _class_made(registration: Registration, product: Annotation) -> type | None:
    return class_of(product) if product is not UNSET else class_of(registration.interface)


def _name_of(cls: type | None) -> str:
    return "what is made" if cls is None else cls.__qualname__


def _read_close(registration: Registration, product: Annotation) -> Callable[[Any], object] | None:
    close = registration.close
    if not isinstance(close, str):
        return close
    name, cls = close, _class_made(registration, product)
    if cls is not None and not is_protocol(cls) and not hasattr(cls, name):
        raise RegistrationError(
            f"{registration.key.name} is registered with close={name!r}, and {_name_of(cls)} has no such method.",
            where=registration.where,
            hint=suggest(name, [known for known in dir(cls) if not known.startswith("_")]),
        )
    return lambda instance: getattr(instance, name)()


def _substitute_variables(target: Annotation, parameters: tuple[ParameterInfo, ...]) -> tuple[ParameterInfo, ...]:
    """Put the arguments of a generic class in the place of its type variables."""
    cls = origin_of(target) or target
    if not isinstance(cls, type):
        return parameters
    if is_dataclass(cls):
        hints = class_type_hints(target)
        return tuple(_annotate(parameter, hints.get(parameter.name, parameter.annotation)) for parameter in parameters)
    owner = next((base for base in cls.__mro__ if "__init__" in vars(base)), cls)
    variables = type_variables(target).get(owner, {})
    return (
        tuple(replace(p, annotation=substitute(p.annotation, variables)) for p in parameters)
        if variables
        else parameters
    )


def _annotate(parameter: ParameterInfo, hint: Annotation) -> ParameterInfo:
    annotation, metadata = split_annotated(hint)
    # A dataclass passes InitVar fields on as they are.
    annotation = getattr(annotation, "type", annotation) if type(annotation).__name__ == "InitVar" else annotation
    return replace(parameter, annotation=annotation, metadata=metadata or parameter.metadata)
