"""
Where each argument of a handler comes from: the plan, made once per route.

The rules: a name in the path comes from the path, `Request` and `BackgroundTasks` are the request's own, what the
container knows is injected, a model comes from the body, everything else from the query; a marker in `Annotated`
decides otherwise.
What cannot work is an error here, at start-up, that names the route, the parameter and the mend.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from covet.core.argument_types import (
    AnyValidator,
    compile_argument,
    find_hidden_marker,
    has_limits,
    is_body_type,
    make_constraints,
    without_none,
)
from covet.core.converters import PathConverter, StrConverter
from covet.core.handler_code import makes_background_tasks
from covet.core.own_arguments import find_own_source
from covet.core.route import Route
from covet.core.services import NO_SERVICES, Injected, Services
from covet.exceptions import ConfigurationError, ErrorItem, RouteError, ValidationError
from covet.http.response import Response
from covet.introspection import CallableInfo, ParameterInfo, inspect_callable, type_name
from covet.parameters import Body, Inject, Parameter, Path, Query
from covet.types import UNSET
from covet.validation import is_model

_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Argument:
    """
    One argument of a handler and where it comes from.

    Attributes:
        name: The parameter's name.
        source: `"request"`, `"websocket"`, `"background"`, `"inject"`, or the source of a marker, such as `"path"`.
        alias: The name on the wire.
        annotation: The parameter's type.
        validator: Makes the value from what came; `None` where nothing is validated.
        default: The value if none came; `UNSET` if it is required.
        default_factory: Makes the default for each request.
        is_keyword: It is passed by name.
        index: Its place among the path's values.
        convert: The path's own converter, when the template names one that makes the value.
        check: The converter that the template names, whatever makes the value: what it refuses is not found.
        marker: What `Annotated` said, if it did.
    """

    name: str
    source: str
    alias: str = ""
    annotation: Any = None
    validator: AnyValidator | None = None
    default: object = UNSET
    default_factory: Callable[[], object] | None = None
    is_keyword: bool = False
    index: int = -1
    convert: Callable[[str], object] | None = None
    check: Callable[[str], object] | None = None
    marker: Parameter | None = None

    @property
    def is_required(self) -> bool:
        """Whether its absence is an error."""
        return self.default is UNSET and self.default_factory is None

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901) of the value in its source."""
        return "/" + self.alias.replace("~", "~0").replace("/", "~1")

    def make_default(self) -> object:
        """
        Return the value for an argument that did not come.

        Raises:
            ValidationError: If it is required.
        """
        if self.default_factory is not None:
            return self.default_factory()
        if self.default is UNSET:
            pointer = "" if self.source == "body" else self.pointer
            raise ValidationError([ErrorItem(self.source, pointer, "is required", "missing")])
        return self.default


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How a handler is called.

    Attributes:
        arguments: Its arguments in order.
        info: What its signature says.
        makes_background_tasks: Its code makes `BackgroundTasks` itself.
        injected: What gives the arguments that are services, if any are.
    """

    arguments: tuple[Argument, ...]
    info: CallableInfo
    makes_background_tasks: bool = False
    injected: Injected | None = None

    @property
    def sources(self) -> frozenset[str]:
        """The sources that it reads."""
        return frozenset(argument.source for argument in self.arguments)


def make_plan(route: Route, services: Services = NO_SERVICES) -> Plan:
    """
    Find out where each argument of a route's handler comes from.

    Args:
        route: The route.
        services: What can be injected.

    Raises:
        RouteError: If a parameter cannot be served; the text says how to mend it.
    """
    try:
        info = inspect_callable(route.handler)
    except ConfigurationError as exc:
        if isinstance(exc, RouteError) and exc.route is None:
            raise RouteError(exc.message, route=str(route), parameter=exc.parameter, hint=exc.hint) from exc
        raise
    if route.controller is not None:
        services.add_controller(route.controller)
        itself, *others = info.parameters
        itself = replace(itself, annotation=route.controller, metadata=(Inject(),))
        info = replace(info, parameters=(itself, *others))
    planned = tuple(_plan_argument(route, info, parameter, services) for parameter in info.parameters)
    _check_bodies(route, planned)
    wanted = [
        parameter for parameter, argument in zip(info.parameters, planned, strict=True) if argument.source == "inject"
    ]
    injected = services.inject(route, [_without_marker(parameter) for parameter in wanted]) if wanted else None
    return Plan(planned, info, makes_background_tasks(route.handler), injected)


def _without_marker(parameter: ParameterInfo) -> ParameterInfo:
    """Say to the container what a marker says: it knows qualifiers, and no markers of handlers."""
    qualifiers = [item.qualifier for item in parameter.metadata if isinstance(item, Inject)]
    metadata = tuple(item for item in parameter.metadata if not _is_inject(item))
    return replace(parameter, metadata=(*filter(None, qualifiers), *metadata))


def _is_inject(item: object) -> bool:
    return isinstance(item, Inject) or item is Inject


def _plan_argument(route: Route, info: CallableInfo, parameter: ParameterInfo, services: Services) -> Argument:
    kind, path_names = parameter.kind, route.parameter_names
    if kind in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD):
        raise _error(
            route,
            parameter,
            "A handler takes named parameters only.",
            "Name each parameter and annotate it; a decorator of a handler needs functools.wraps.",
        )
    is_keyword = kind is kind.KEYWORD_ONLY
    marker = _find_marker(route, parameter)
    annotation = parameter.annotation
    own = find_own_source(route, info, parameter) if marker is None else None
    if own is not None:
        return Argument(parameter.name, own, is_keyword=is_keyword)
    source = marker.source if marker is not None else _infer_source(parameter, path_names, services)
    if source == "inject":
        if marker is not None and marker != Inject(qualifier=getattr(marker, "qualifier", None)):
            raise _error(
                route,
                parameter,
                "What is injected is neither validated nor named on the wire.",
                "Leave everything out of Inject() but the qualifier.",
            )
        return Argument(parameter.name, source, annotation=annotation, is_keyword=is_keyword)
    if not parameter.has_annotation:
        if source != "path":
            raise _error(
                route,
                parameter,
                "It has no annotation.",
                f"Write its type, such as {parameter.name}: int. Names in braces in the path, and request, need none.",
            )
        annotation = str
    return _make_argument(route, parameter, annotation, source, marker, path_names, is_keyword=is_keyword)


def _make_argument(
    route: Route,
    parameter: ParameterInfo,
    annotation: Any,
    source: str,
    marker: Parameter | None,
    path_names: Sequence[str],
    *,
    is_keyword: bool,
) -> Argument:
    alias = (marker.alias if marker is not None else None) or parameter.name
    if source == "header" and (marker is None or marker.alias is None):
        alias = alias.replace("_", "-")
    default, factory = _find_default(route, parameter, marker)
    index, convert, check = -1, None, None
    if source == "path":
        if alias not in path_names:
            raise _error(
                route,
                parameter,
                f"The path has no {{{alias}}}.",
                f"Its parameters are: {', '.join(path_names) or 'none'}.",
            )
        index = path_names.index(alias)
        converter = route.template.parameters[index].named_converter.converter
        # The built-in converters only check where there is an annotation that says something: the text is parsed
        # into its type.
        is_own = type(converter).__module__ != StrConverter.__module__
        is_typed = parameter.has_annotation and annotation not in (Any, object)
        if is_own or not (is_typed or isinstance(converter, StrConverter | PathConverter)):
            convert = converter.convert
        if not isinstance(converter, StrConverter):
            check = converter.convert
    validator = None
    if source == "state" or convert is not None:
        _refuse_constraints(route, parameter, marker, convert)
    else:
        validator = _compile_validator(route, parameter, annotation, marker, source)
    return Argument(
        parameter.name,
        source,
        alias,
        annotation,
        validator,
        default,
        factory,
        is_keyword,
        index,
        convert,
        check,
        marker,
    )


def _compile_validator(
    route: Route, parameter: ParameterInfo, annotation: Any, marker: Parameter | None, source: str
) -> AnyValidator:
    try:
        return compile_argument(annotation, parameter.metadata, marker, source)
    except ConfigurationError as exc:
        hint = exc.hint if marker is not None or source != Query.source else _find_hint(annotation) or exc.hint
        raise RouteError(exc.message, route=str(route), parameter=parameter.name, hint=hint) from exc


# Any: whatever a parameter was annotated with.
def _find_hint(annotation: Any) -> str | None:
    """Say what was meant by a class that no request can bring: something of the application's own."""
    if not isinstance(annotation, type) or is_model(annotation) or annotation.__module__ == "builtins":
        return None
    if issubclass(annotation, Response):
        return "A handler makes its response: return one, or (value, status, headers)."
    return (
        f"Write Annotated[{type_name(annotation)}, State()] if the application keeps it in app.state; or make it a "
        "model: dataclass, TypedDict, NamedTuple, msgspec.Struct, attrs or pydantic."
    )


def _refuse_constraints(
    route: Route, parameter: ParameterInfo, marker: Parameter | None, convert: Callable[[str], object] | None
) -> None:
    """Refuse limits on a value that nothing validates: they would be ignored."""
    own = () if marker is None else (make_constraints(marker),)
    try:
        if not has_limits(*own, *parameter.metadata):
            return
    except ConfigurationError as exc:
        raise _error(route, parameter, exc.message, exc.hint or "") from exc
    if convert is None:
        raise _error(route, parameter, "What comes from the state is not validated.", "Leave the constraints out.")
    raise _error(
        route,
        parameter,
        "Its value is made by the path's own converter, not validated.",
        "Leave the constraints out, and let the converter raise ValueError.",
    )


def _find_marker(route: Route, parameter: ParameterInfo) -> Parameter | None:
    markers = [item for item in parameter.metadata if isinstance(item, Parameter)]
    classes = [item for item in parameter.metadata if isinstance(item, type) and issubclass(item, Parameter)]
    markers += [item() for item in classes]
    if isinstance(parameter.default, Parameter):
        raise _error(
            route,
            parameter,
            f"{type(parameter.default).__name__}() stands as its default.",
            f"Write {parameter.name}: Annotated[..., {type(parameter.default).__name__}(...)] instead.",
        )
    hidden = find_hidden_marker(parameter.annotation)
    if hidden is not None:
        raise _error(
            route,
            parameter,
            f"{hidden} stands inside of its type, where it says nothing.",
            f"Write {parameter.name}: Annotated[..., {hidden}(...)] around the whole type.",
        )
    if len(markers) > 1:
        names = " and ".join(type(marker).__name__ for marker in markers)
        raise _error(route, parameter, f"It has two sources, {names}.", "Keep one of them.")
    return markers[0] if markers else None


def _find_default(
    route: Route, parameter: ParameterInfo, marker: Parameter | None
) -> tuple[object, Callable[[], object] | None]:
    if marker is None:
        return _copy_default(parameter.default)
    given = [parameter.default is not UNSET, marker.default is not UNSET, marker.default_factory is not None]
    if sum(given) > 1:
        raise _error(route, parameter, "It has more than one default.", "Keep the one in the signature.")
    default, factory = _copy_default(parameter.default if given[0] else marker.default)
    return default, marker.default_factory or factory


def _copy_default(default: object) -> tuple[object, Callable[[], object] | None]:
    """Give each request a default of its own, if one request could change what the next one gets."""
    if isinstance(default, (list, dict, set, bytearray)) or (default is not UNSET and is_model(type(default))):
        return default, partial(deepcopy, default)
    return default, None


def _infer_source(parameter: ParameterInfo, path_names: Sequence[str], services: Services) -> str:
    if parameter.name in path_names:
        return Path.source
    if parameter.has_annotation and services.knows(without_none(parameter.annotation), parameter.metadata):
        return Inject.source
    return Body.source if is_body_type(parameter.annotation) else Query.source


def _check_bodies(route: Route, arguments: Sequence[Argument]) -> None:
    bodies = [argument for argument in arguments if argument.source == "body"]
    forms = [argument for argument in arguments if argument.source == "form"]
    if len(bodies) > 1:
        names = " and ".join(repr(argument.name) for argument in bodies)
        raise RouteError(
            f"{names} both come from the body.",
            route=str(route),
            parameter=bodies[1].name,
            hint="Make one model with both as fields.",
        )
    if bodies and forms:
        raise RouteError(
            "A body and a form cannot come together.",
            route=str(route),
            parameter=forms[0].name,
            hint="Take either one model from the body, or fields of a form.",
        )
    for argument in bodies:
        if argument.marker is None and set(route.methods) <= _BODILESS:
            raise RouteError(
                f"{type_name(argument.annotation)} would come from the body, which {route.methods[0]} does not have.",
                route=str(route),
                parameter=argument.name,
                hint="Take its fields as parameters, or say Annotated[..., Body()] if a body is meant.",
            )


def _error(route: Route, parameter: ParameterInfo, message: str, hint: str) -> RouteError:
    return RouteError(message, route=str(route), parameter=parameter.name, hint=hint)


__all__ = ["Argument", "Plan", "make_constraints", "make_plan"]
