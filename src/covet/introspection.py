"""
Read signatures and annotations: the one place of the framework that inspects callables and classes.

All of it runs at start-up. Annotations that are text (`from __future__ import annotations`) are resolved here, and
one that cannot be resolved is an error that names the parameter and the missing name. It must never call what it
inspects, and never be used while a request is answered.
"""

import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_type_hints
from typing import get_origin as _get_origin

from covet.error_text import name_callable
from covet.exceptions import RouteError
from covet.types import UNSET

# An annotation may be any object at all (a class, an alias, a string, None): no narrower type exists.
Annotation = Any

UNRESOLVABLE = (NameError, SyntaxError, TypeError, AttributeError)

POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
POSITIONAL_OR_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD
VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """
    One parameter of a callable.

    Attributes:
        name: Its name.
        annotation: Its resolved annotation without `Annotated`; `UNSET` if there is none.
        default: Its default; `UNSET` if there is none.
        kind: `inspect.Parameter.POSITIONAL_ONLY` and so on.
        metadata: What `Annotated` carried, outermost `Annotated` only.
    """

    name: str
    annotation: Annotation
    default: object
    kind: Any  # the standard library's own enum of kinds is private
    metadata: tuple[object, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether a caller has to give it."""
        return self.default is UNSET and self.kind not in {VAR_POSITIONAL, VAR_KEYWORD}

    @property
    def has_annotation(self) -> bool:
        """Whether the author wrote an annotation."""
        return self.annotation is not UNSET


@dataclass(frozen=True, slots=True)
class CallableInfo:
    """
    What is to know about a callable before it is called.

    Attributes:
        name: Its qualified name.
        module: The module it comes from.
        parameters: Its parameters, in order; `self`, `cls` and what a partial has bound are left out.
        return_annotation: The resolved return annotation; `UNSET` if there is none.
        is_async: Whether calling it gives an awaitable.
        wraps_async: Whether it is a plain function around a coroutine function, as decorators make them: calling it
            may give an awaitable, and belongs on the event loop.
        is_generator: Whether calling it gives a generator.
        is_async_generator: Whether calling it gives an async generator.
    """

    name: str
    module: str
    parameters: tuple[ParameterInfo, ...]
    return_annotation: Annotation
    is_async: bool
    wraps_async: bool
    is_generator: bool
    is_async_generator: bool


def find_place(func: Callable[..., object]) -> str:
    """
    Name where a function was written, as `path:line`; an empty text if it has no code to tell.

    Example:
        >>> find_place(find_place).rpartition("/")[2].partition(":")[0]
        'introspection.py'
    """
    code = getattr(inspect.unwrap(_underlying_function(func)), "__code__", None)
    return "" if code is None else f"{code.co_filename}:{code.co_firstlineno}"


def inspect_callable(func: Callable[..., object]) -> CallableInfo:
    """
    Describe a function, method, partial, callable object or class with its annotations resolved.

    Raises:
        RouteError: If an annotation cannot be resolved or the callable has no signature.

    Example:
        >>> def read_user(user_id: "int", verbose: bool = False) -> "str": ...
        >>> info = inspect_callable(read_user)
        >>> [(parameter.name, parameter.annotation) for parameter in info.parameters]
        [('user_id', <class 'int'>), ('verbose', <class 'bool'>)]
        >>> info.return_annotation
        <class 'str'>
    """
    function = _underlying_function(func)
    name = name_callable(func)
    try:
        signature = _signature(func)
    except (TypeError, ValueError) as exc:
        raise RouteError(
            f"{name} has no signature that can be read.",
            hint="Wrap it in a function with annotated parameters.",
        ) from exc
    namespaces = _namespaces(func, function)
    called = _underlying_function(func, is_unwrapped=False)
    is_async = inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(called)
    parameters = []
    bound = _bound_keywords(func)
    for parameter in signature.parameters.values():
        if parameter.name in bound:
            continue
        resolved = _resolve(parameter.annotation, parameter.name, name, namespaces)
        annotation, metadata = split_annotated(resolved)
        default = UNSET if parameter.default is inspect.Parameter.empty else parameter.default
        parameters.append(ParameterInfo(parameter.name, annotation, default, parameter.kind, metadata))
    return CallableInfo(
        name=name,
        module=getattr(function, "__module__", None) or getattr(func, "__module__", None) or "",
        parameters=tuple(parameters),
        return_annotation=_resolve(signature.return_annotation, "return", name, namespaces),
        is_async=is_async,
        wraps_async=not is_async and inspect.iscoroutinefunction(function),
        is_generator=inspect.isgeneratorfunction(function),
        is_async_generator=inspect.isasyncgenfunction(function),
    )


def split_annotated(annotation: Annotation) -> tuple[Annotation, tuple[object, ...]]:
    """
    Take the metadata off an `Annotated`, also of one behind a `type` alias.

    Example:
        >>> split_annotated(Annotated[int, "positive"])
        (<class 'int'>, ('positive',))
        >>> split_annotated(int)
        (<class 'int'>, ())
    """
    value = unalias(annotation)
    if origin_of(value) is Annotated:
        inner, *metadata = get_args(value)
        return inner, tuple(metadata)
    return annotation, ()


def origin_of(annotation: Annotation) -> Annotation:
    """
    Name the class or special form behind an alias; `None` if it is no alias.

    Example:
        >>> origin_of(list[int])
        <class 'list'>
    """
    return _get_origin(annotation)


def is_type_alias(annotation: Annotation) -> bool:
    """Tell whether it is an alias made by the `type` statement, without parameters."""
    # typing_extensions has the same class for older versions: the name covers both.
    return type(annotation).__name__ == "TypeAliasType"


def unalias(annotation: Annotation) -> Annotation:
    """
    Return what stands behind an alias that the `type` statement made, and behind the aliases of it.

    Example:
        >>> unalias(int)
        <class 'int'>
    """
    while True:
        origin = origin_of(annotation)
        if is_type_alias(annotation):
            annotation = annotation.__value__
        elif is_type_alias(origin):
            annotation = substitute(
                origin.__value__, dict(zip(origin.__type_params__, get_args(annotation), strict=False))
            )
        else:
            return annotation


def substitute(annotation: Annotation, variables: Mapping[Any, Annotation]) -> Annotation:
    """
    Put types in the place of type variables.

    Example:
        >>> T = TypeVar("T")
        >>> substitute(dict[str, list[T]], {T: int})
        dict[str, list[int]]
    """
    if not variables:
        return annotation
    if isinstance(annotation, TypeVar):
        return variables.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters or isinstance(annotation, type):
        return annotation
    return annotation[tuple(variables.get(parameter, parameter) for parameter in parameters)]


def type_name(annotation: Annotation) -> str:
    """
    Write an annotation the way its author would.

    Example:
        >>> type_name(list[int]), type_name(int | None), type_name(type(None))
        ('list[int]', 'int | None', 'None')
    """
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is UNSET:
        return "nothing"
    if annotation is ...:
        return "..."
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str):
        return text
    origin, arguments = origin_of(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin is Union or origin is types.UnionType:
        return " | ".join(type_name(argument) for argument in arguments)
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None and arguments:
        if isinstance(arguments[0], list):
            arguments = (f"[{', '.join(map(type_name, arguments[0]))}]", *arguments[1:])
        return f"{type_name(origin)}[{', '.join(map(type_name, arguments))}]"
    name = getattr(annotation, "__qualname__", None) or getattr(annotation, "__name__", None)
    if isinstance(name, str):
        return name.rpartition("<locals>.")[2]
    return str(annotation).removeprefix("typing.")


# ── Resolving ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Namespaces:
    """Where the names of text annotations are looked up."""

    globals: dict[str, Any]
    locals: dict[str, Any]
    module: str


def _underlying_function(func: Callable[..., Any], *, is_unwrapped: bool = True) -> Callable[..., Any]:
    """Find the function whose code runs, behind partials, methods, callable objects and, if wanted, decorators."""
    while True:
        if isinstance(func, functools.partial):
            func = func.func
        elif inspect.ismethod(func):
            func = func.__func__
        elif inspect.isclass(func):
            constructor: Any = func.__init__
            if constructor is object.__init__ and func.__new__ is not object.__new__:
                constructor = func.__new__
            unwrapped: Callable[..., Any] = inspect.unwrap(constructor)
            return unwrapped
        elif is_unwrapped and hasattr(func, "__wrapped__"):
            func = func.__wrapped__
        elif inspect.isroutine(func):
            return func
        else:
            func = type(func).__call__


def _bound_keywords(func: Callable[..., object]) -> frozenset[str]:
    """List what partials have bound by name: for `inspect` that is a default, which a caller may replace."""
    bound: set[str] = set()
    while isinstance(func, functools.partial):
        bound.update(func.keywords)
        func = func.func
    return frozenset(bound)


def _signature(func: Callable[..., object]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib

        # Annotations are evaluated when read there: unknown names must reach our own error instead.
        return inspect.signature(func, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(func)


def _namespaces(func: Callable[..., object], function: Callable[..., object]) -> _Namespaces:
    module_name = getattr(function, "__module__", None) or getattr(func, "__module__", None) or ""
    module = sys.modules.get(module_name)
    global_names = getattr(function, "__globals__", None)
    if not isinstance(global_names, dict):
        global_names = vars(module) if module else {}
    local_names: dict[str, Any] = {}
    code, closure = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is not None and closure:
        for name, cell in zip(code.co_freevars, closure, strict=True):
            try:
                local_names[name] = cell.cell_contents
            except ValueError:  # the enclosing function has not given it a value yet
                continue
    for parameter in getattr(function, "__type_params__", ()):
        local_names[parameter.__name__] = parameter
    if inspect.isclass(func):
        local_names.setdefault(func.__name__, func)
    return _Namespaces(global_names, local_names, module_name)


def _resolve(annotation: Annotation, parameter: str, owner: str, namespaces: _Namespaces) -> Annotation:
    if annotation is inspect.Parameter.empty:
        return UNSET

    def holder() -> None: ...

    holder.__annotations__ = {parameter: annotation}
    try:
        # `return` gets no special treatment from it except that None stays NoneType, as everywhere.
        return get_type_hints(holder, namespaces.globals, namespaces.locals, include_extras=True)[parameter]
    except UNRESOLVABLE as exc:
        reason, hint = explain_unresolved(exc, annotation, namespaces.module)
        raise RouteError(f"{owner} annotates it with {reason}", parameter=parameter, hint=hint) from exc


def explain_unresolved(exc: Exception, annotation: Annotation, module: str) -> tuple[str, str]:
    """Say why an annotation cannot be resolved, and what to do about it."""
    text = repr(type_name(annotation))
    if not isinstance(exc, NameError):
        return f"{text}, which is no type: {exc}", "Write an annotation that Python can evaluate."
    missing = exc.name
    return f"{text}, but {missing!r} is not defined there.", (
        f"Import {missing!r} at the top of {module or 'its module'}, outside of "
        "'if TYPE_CHECKING:', or define it outside of a function."
    )
