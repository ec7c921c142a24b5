"""
Where each argument of a handler comes from: the plan, made once per route.

The rules: a name in the path comes from the path, `Request` and `BackgroundTasks` are the request's own, what the
container knows is injected, a model comes from the body, a file from the form, everything else from the query; a marker
in `Annotated` decides otherwise.
What cannot work is an error here, at start-up, that names the route, the parameter and the mend.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from covet.core.argument import Argument
from covet.core.argument_markers import find_default, find_marker, route_error
from covet.core.argument_styles import find_style
from covet.core.argument_types import (
    AnyValidator,
    compile_argument,
    has_limits,
    is_body_type,
    is_file_type,
    make_constraints,
    without_none,
)
from covet.core.body_sources import check_bodies, check_names
from covet.core.converters import PathConverter, StrConverter
from covet.core.file_arguments import make_file_argument, refuse_file_field
from covet.core.handler_code import makes_background_tasks
from covet.core.model_arguments import is_model_argument, make_model_argument
from covet.core.own_arguments import find_own_source
from covet.core.route import Route
from covet.core.services import NO_SERVICES, Injected, Services
from covet.exceptions import ConfigurationError, RouteError
from covet.http.response import Response
from covet.introspection import CallableInfo, ParameterInfo, inspect_callable, type_name
from covet.parameters import Body, File, Inject, Parameter, Path, Query
from covet.validation import is_model


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
    check_bodies(route, planned)
    check_names(route, planned)
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
        raise route_error(
            route,
            parameter,
            "A handler takes named parameters only.",
            "Name each parameter and annotate it; a decorator of a handler needs functools.wraps.",
        )
    is_keyword = kind is kind.KEYWORD_ONLY
    marker = find_marker(route, parameter)
    annotation = parameter.annotation
    own = find_own_source(route, info, parameter) if marker is None else None
    if own is not None:
        return Argument(parameter.name, own, annotation=without_none(annotation), is_keyword=is_keyword)
    source = marker.source if marker is not None else _infer_source(parameter, path_names, services)
    if source == "inject":
        if marker is not None and marker != Inject(qualifier=getattr(marker, "qualifier", None)):
            raise route_error(
                route,
                parameter,
                "What is injected is neither validated nor named on the wire.",
                "Leave everything out of Inject() but the qualifier.",
            )
        return Argument(parameter.name, source, annotation=annotation, is_keyword=is_keyword)
    if not parameter.has_annotation:
        if source != "path":
            raise route_error(
                route,
                parameter,
                "It has no annotation.",
                f"Write its type, such as {parameter.name}: int. Names in braces in the path, and request, need none.",
            )
        annotation = str
    default, factory = find_default(route, parameter, marker)
    argument = Argument(
        parameter.name,
        source,
        _find_alias(parameter, marker, source),
        annotation,
        default=default,
        default_factory=factory,
        is_keyword=is_keyword,
        marker=marker,
    )
    if source == File.source:
        return make_file_argument(route, parameter, argument)
    if is_model_argument(argument):
        refuse_file_field(route, parameter, annotation, source)
        return make_model_argument(route, parameter, argument)
    try:
        return _finish_argument(route, parameter, argument, path_names)
    except RouteError:
        # Nothing that a request brings, and something that is registered, only not with that qualifier: the graph says
        # with which ones, and draws the way there.
        if marker is None and services.knows(list[annotation]):  # type: ignore[valid-type] # it is a value
            return Argument(parameter.name, Inject.source, annotation=annotation, is_keyword=is_keyword)
        raise


def _find_alias(parameter: ParameterInfo, marker: Parameter | None, source: str) -> str:
    if marker is not None and marker.alias is not None:
        return marker.alias
    return parameter.name.replace("_", "-") if source == "header" else parameter.name


def _finish_argument(route: Route, parameter: ParameterInfo, argument: Argument, path_names: Sequence[str]) -> Argument:
    annotation, source, marker, alias = argument.annotation, argument.source, argument.marker, argument.alias
    index, convert, check = -1, None, None
    if source == "path":
        if alias not in path_names:
            raise route_error(
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
    style, explode = find_style(route, parameter, argument, is_sequence=validator is not None and validator.is_sequence)
    return replace(
        argument,
        validator=validator,
        index=index,
        convert=convert,
        check=check,
        style=style,
        explode=explode,
    )


def _compile_validator(
    route: Route, parameter: ParameterInfo, annotation: Any, marker: Parameter | None, source: str
) -> AnyValidator:
    try:
        return compile_argument(annotation, parameter.metadata, marker, source)
    except ConfigurationError as exc:
        refuse_file_field(route, parameter, annotation, source)
        hint = exc.hint if marker is not None or source != Query.source else _find_hint(annotation) or exc.hint
        raise RouteError(exc.message, route=str(route), parameter=parameter.name, hint=hint) from exc


# Any: whatever a parameter was annotated with.
def _find_hint(annotation: Any) -> str | None:
    """Say what was meant by a class that no request can bring: something of the application's own."""
    if not isinstance(annotation, type) or is_model(annotation) or annotation.__module__ == "builtins":
        return None
    if issubclass(annotation, Response):
        return "A handler makes its response: return one, or (value, status, headers)."
    # A service that a plugin registers says how it gets there.
    registered_by = getattr(annotation, "registered_by", None)
    if isinstance(registered_by, str):
        return f"Nothing has registered it. Write {registered_by}."
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
        raise route_error(route, parameter, exc.message, exc.hint or "") from exc
    if convert is None:
        raise route_error(route, parameter, "What comes from the state is not validated.", "Leave the constraints out.")
    raise route_error(
        route,
        parameter,
        "Its value is made by the path's own converter, not validated.",
        "Leave the constraints out, and let the converter raise ValueError.",
    )


def _infer_source(parameter: ParameterInfo, path_names: Sequence[str], services: Services) -> str:
    if parameter.name in path_names:
        return Path.source
    if parameter.has_annotation and services.knows(without_none(parameter.annotation), parameter.metadata):
        return Inject.source
    if is_file_type(parameter.annotation):
        return File.source
    return Body.source if is_body_type(parameter.annotation) else Query.source


__all__ = ["Argument", "Plan", "make_constraints", "make_plan"]
