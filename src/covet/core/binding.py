"""
Where each argument of a handler comes from: the plan, made once per route.

The rules: a name in the path comes from the path, `Request` and `BackgroundTasks` are the request's own,
a model comes from the body, everything else from the query; a marker in `Annotated` decides otherwise.
What cannot work is an error here, at start-up, that names the route, the parameter and the mend.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, get_args

from covet.core.converters import StrConverter
from covet.core.route import Route
from covet.exceptions import ConfigurationError, ErrorItem, RouteError, ValidationError
from covet.http.request import Request
from covet.introspection import CallableInfo, ParameterInfo, inspect_callable, origin_of, type_name
from covet.parameters import Body, Cookie, Form, FromState, Header, Parameter, Path, Query
from covet.tasks import BackgroundTasks
from covet.types import UNSET
from covet.validation import Constraints, Validator, compile_validator, is_model

# A validator's type is that of the argument, known to nobody here.
AnyValidator = Validator[Any]

_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_TEXT_SOURCES: Final = frozenset({"query", "path", "header", "cookie", "form"})


@dataclass(frozen=True, slots=True)
class Argument:
    """
    One argument of a handler and where it comes from.

    Attributes:
        name: The parameter's name.
        source: `"request"`, `"background"`, `"state"`, `"path"`, `"query"`, `"header"`, `"cookie"`, `"body"` or `"form"`.
        alias: The name on the wire.
        annotation: The parameter's type.
        validator: Makes the value from what came; `None` where nothing is validated.
        default: The value if none came; `UNSET` if it is required.
        default_factory: Makes the default for each request.
        is_keyword: It is passed by name.
        index: Its place among the path's values.
        convert: The path's own converter, when the template names one.
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
    """

    arguments: tuple[Argument, ...]
    info: CallableInfo
    makes_background_tasks: bool = False

    @property
    def sources(self) -> frozenset[str]:
        """The sources that it reads."""
        return frozenset(argument.source for argument in self.arguments)


def make_plan(route: Route) -> Plan:
    """
    Find out where each argument of a route's handler comes from.

    Raises:
        RouteError: If a parameter cannot be served; the text says how to mend it.
    """
    try:
        info = inspect_callable(route.handler)
    except ConfigurationError as exc:
        if isinstance(exc, RouteError) and exc.route is None:
            raise RouteError(exc.message, route=str(route), parameter=exc.parameter, hint=exc.hint) from exc
        raise
    path_names = route.parameter_names
    arguments = [_plan_argument(route, info, parameter, path_names) for parameter in info.parameters]
    planned = tuple(argument for argument in arguments if argument is not None)
    _check_bodies(route, planned)
    return Plan(planned, info, _makes_background_tasks(route.handler))


def _plan_argument(
    route: Route, info: CallableInfo, parameter: ParameterInfo, path_names: Sequence[str]
) -> Argument | None:
    kind = parameter.kind
    if kind in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD):
        if parameter.name in {"args", "kwargs"} or parameter.name.startswith("_"):
            return None
        raise _error(route, parameter, "A handler takes named parameters only.", "Name each parameter and annotate it.")
    is_keyword = kind is kind.KEYWORD_ONLY
    marker = _find_marker(route, parameter)
    annotation = parameter.annotation
    if marker is None and _is_request(info, parameter, path_names):
        return Argument(parameter.name, "request", is_keyword=is_keyword)
    if annotation is BackgroundTasks and marker is None:
        return Argument(parameter.name, "background", is_keyword=is_keyword)
    source = marker.source if marker is not None else _infer_source(parameter, path_names)
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
    index, convert = -1, None
    if source == "path":
        if alias not in path_names:
            raise _error(
                route,
                parameter,
                f"The path has no {{{alias}}}.",
                f"Its parameters are: {', '.join(path_names) or 'none'}.",
            )
        index = path_names.index(alias)
        declared = route.template.parameters[index].named_converter
        # The built-in converters only check; the text is parsed into the annotated type.
        if type(declared.converter).__module__ != StrConverter.__module__:
            convert = declared.converter.convert
    validator = (
        None if source == "state" or convert is not None else _compile(route, parameter, annotation, marker, source)
    )
    return Argument(
        parameter.name, source, alias, annotation, validator, default, factory, is_keyword, index, convert, marker
    )


def _compile(
    route: Route, parameter: ParameterInfo, annotation: Any, marker: Parameter | None, source: str
) -> AnyValidator:
    if source in _TEXT_SOURCES and _is_body_type(annotation):
        raise _error(
            route,
            parameter,
            f"{type_name(annotation)} cannot come from the {source}.",
            "A model comes from the body; take its fields as parameters of their own.",
        )
    try:
        if marker is None and not parameter.metadata and isinstance(annotation, type):
            validator = _compile_class(annotation)
        else:
            metadata = [item for item in parameter.metadata if not isinstance(item, Parameter)]
            validator = compile_validator(
                _annotate(annotation, metadata), constraints=None if marker is None else make_constraints(marker)
            )
    except ConfigurationError as exc:
        raise RouteError(exc.message, route=str(route), parameter=parameter.name, hint=exc.hint) from exc
    if source in _TEXT_SOURCES and not (validator.accepts_text or validator.is_sequence):
        raise _error(
            route,
            parameter,
            f"{type_name(annotation)} cannot come from the {source}.",
            "Text can become a number, a date, an enum and the like, or a list of these.",
        )
    return validator


def make_constraints(marker: Parameter) -> Constraints:
    """
    Write what a marker says about the value as the validation knows it.

    Example:
        >>> make_constraints(Query(ge=1)).ge
        1
    """
    return Constraints(
        ge=marker.ge,
        gt=marker.gt,
        le=marker.le,
        lt=marker.lt,
        multiple_of=marker.multiple_of,
        min_length=marker.min_length,
        max_length=marker.max_length,
        pattern=marker.pattern,
        title=marker.title,
        description=marker.description,
        examples=tuple(marker.examples) or None,
    )


@lru_cache(maxsize=512)
def _compile_class(cls: type) -> AnyValidator:
    """Compile a class once: thousands of routes take an `int` or the same model."""
    return compile_validator(cls)


def _annotate(annotation: Any, metadata: Sequence[object]) -> Any:
    return Annotated[annotation, *metadata] if metadata else annotation


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
    if len(markers) > 1:
        names = " and ".join(type(marker).__name__ for marker in markers)
        raise _error(route, parameter, f"It has two sources, {names}.", "Keep one of them.")
    return markers[0] if markers else None


def _find_default(
    route: Route, parameter: ParameterInfo, marker: Parameter | None
) -> tuple[object, Callable[[], object] | None]:
    if marker is None:
        return parameter.default, None
    given = [parameter.default is not UNSET, marker.default is not UNSET, marker.default_factory is not None]
    if sum(given) > 1:
        raise _error(route, parameter, "It has more than one default.", "Keep the one in the signature.")
    return (parameter.default if given[0] else marker.default), marker.default_factory


def _is_request(info: CallableInfo, parameter: ParameterInfo, path_names: Sequence[str]) -> bool:
    if isinstance(parameter.annotation, type):
        return issubclass(parameter.annotation, Request)
    if parameter.has_annotation or parameter.name in path_names:
        return False
    # The usual spelling `async def handler(request)`, and whatever name a lonely first parameter has.
    return parameter.name == "request" or (info.parameters[0] is parameter and parameter.default is UNSET)


def _infer_source(parameter: ParameterInfo, path_names: Sequence[str]) -> str:
    if parameter.name in path_names:
        return Path.source
    return Body.source if _is_body_type(parameter.annotation) else Query.source


def _is_body_type(annotation: Any) -> bool:
    """Tell whether a type cannot be written in a query: a model, a mapping, or a container or union of them."""
    if is_model(annotation):
        return True
    origin = origin_of(annotation)
    if any(isinstance(cls, type) and issubclass(cls, Mapping) for cls in (annotation, origin)):
        return True
    return any(_is_body_type(item) for item in get_args(annotation) if item is not Ellipsis and not _is_literal(origin))


def _is_literal(origin: Any) -> bool:
    return getattr(origin, "__name__", "") == "Literal" or str(origin) == "typing.Literal"


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


def _makes_background_tasks(handler: Callable[..., object]) -> bool:
    """Tell whether the handler's own code names the class, as in `background = BackgroundTasks()`."""
    function = getattr(handler, "__func__", handler)
    code = getattr(function, "__code__", None)
    names = getattr(function, "__globals__", {})
    if code is None:
        return False
    closure = dict(zip(code.co_freevars, getattr(function, "__closure__", None) or (), strict=False))
    found = [names.get(name) for name in code.co_names]
    found += [cell.cell_contents for cell in closure.values() if _is_filled(cell)]
    return any(item is BackgroundTasks for item in found)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - reading is the test
    except ValueError:
        return False
    return True


def _error(route: Route, parameter: ParameterInfo, message: str, hint: str) -> RouteError:
    return RouteError(message, route=str(route), parameter=parameter.name, hint=hint)


__all__ = ["Argument", "Cookie", "Form", "FromState", "Header", "Plan", "make_plan"]
