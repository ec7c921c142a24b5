"""
Arguments that are models read field by field: from the query, from headers, from cookies, or a whole form.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final

from covet.core.argument import Argument
from covet.core.argument_markers import route_error
from covet.core.argument_styles import compile_parting, find_style
from covet.core.argument_types import has_limits, is_body_type, make_constraints, without_none
from covet.core.body_sources import FORM_SOURCES
from covet.core.route import Route
from covet.core.text_arguments import BLANK_SOURCES
from covet.exceptions import ConfigurationError, ErrorItem, RouteError, ValidationError
from covet.http.field_names import FieldTree, build_field_tree
from covet.http.request import Request
from covet.introspection import ParameterInfo, type_name
from covet.parameters import Parameter
from covet.types import UNSET
from covet.validation import compile_validator, is_model
from covet.validation.text_model import TextField, TextModel

# Any: the model.
ReadModel = Callable[[Request], Any]
FindTexts = Callable[[Request, Argument], Mapping[str, FieldTree]]

_NOTHING: Final[frozenset[str]] = frozenset()
_SOURCES: Final = frozenset({"query", "header", "cookie", "form"})


def is_model_argument(argument: Argument) -> bool:
    """
    Tell whether an argument is a model whose fields its source brings one by one.

    Args:
        argument: What is known of it; without a marker it is none, as models come from the body.
    """
    marker = argument.marker
    if marker is None or argument.source not in _SOURCES:
        return False
    plain = without_none(argument.annotation)
    return is_model(plain) or (marker.style == "deepObject" and is_body_type(plain))


def make_model_argument(route: Route, parameter: ParameterInfo, argument: Argument) -> Argument:
    """
    Complete an argument that is such a model.

    Args:
        route: The route.
        parameter: The parameter of its handler.
        argument: What is known of it.

    Raises:
        RouteError: If texts cannot carry it, or its marker asks for what cannot be.
    """
    source, marker = argument.source, argument.marker or Parameter()
    style, explode = find_style(route, parameter, argument, is_sequence=False, is_model=True)
    others = [item for item in parameter.metadata if not isinstance(item, Parameter | type)]
    if has_limits(make_constraints(marker), *others):
        raise route_error(
            route, parameter, "A model has no limits of its own.", "Write them at its fields, with Constraints(...)."
        )
    is_nested = source == "form" or style == "deepObject"
    if marker.alias is not None and style != "deepObject":
        raise route_error(
            route,
            parameter,
            "A model has no name of its own: each of its fields has one.",
            "Leave the alias out, or write style='deepObject' in a query.",
        )
    forbids = None if marker.extra is None else marker.extra == "forbid"
    try:
        model = TextModel(
            without_none(argument.annotation),
            rename=_write_header if source == "header" else str,
            forbids=forbids,
            drops_blanks=source in BLANK_SOURCES,
        )
        fields = tuple(_make_field(route, parameter, argument, field, style=style) for field in model.fields)
    except ConfigurationError as exc:
        raise RouteError(exc.message, route=str(route), parameter=parameter.name, hint=exc.hint) from exc
    for item in fields if source == "cookie" else ():
        if item.is_sequence:
            raise route_error(
                route,
                parameter,
                f"{type_name(argument.annotation)}.{item.name} cannot come from a cookie, which has one value.",
                "Take it as str, and part it as whoever sets the cookie has written it.",
            )
    if not is_nested:
        for field in model.fields:
            if field.has_parts:
                raise route_error(
                    route,
                    parameter,
                    f"{type_name(argument.annotation)}.{field.name} cannot come from the {source}: it has parts.",
                    "Use what text can spell, or a list of that"
                    + ("; or write style='deepObject'." if source == "query" else "."),
                )
    return replace(argument, style=style, explode=explode, fields=fields, nests=is_nested, text_model=model)


def _write_header(name: str) -> str:
    return name.replace("_", "-")


def _make_field(
    route: Route, parameter: ParameterInfo, argument: Argument, field: TextField, *, style: str
) -> Argument:
    """Make a field an argument of its own, for whoever reads its texts or describes the application."""
    validator = None
    if not field.has_parts:
        try:
            validator = compile_validator(field.annotation)
        except ConfigurationError:
            # A type of pydantic's own.
            validator = None
    made = Argument(
        field.name,
        argument.source,
        field.key,
        field.annotation,
        validator,
        default=field.default if not field.is_required else UNSET,
        default_factory=None if field.is_required else field.default_factory or _keep_default(field),
        marker=next((item for item in field.metadata if isinstance(item, Parameter)), None),
        nests=field.has_parts,
    )
    place = f"{type_name(argument.annotation)}.{field.name}"
    if style == "deepObject":
        if made.marker is not None and (made.marker.style, made.marker.explode) != (None, None):
            raise route_error(
                route, parameter, f"{place}: deepObject is the style of its fields.", "Leave style and explode out."
            )
        return replace(made, style=style)
    try:
        style, explode = find_style(route, parameter, made, is_sequence=made.is_sequence)
    except RouteError as exc:
        raise route_error(route, parameter, f"{place}: {exc.message}", exc.hint or "") from exc
    return replace(made, style=style, explode=explode)


def _keep_default(field: TextField) -> Callable[[], object] | None:
    """Make something of a default that the model keeps for itself: the field is not required."""
    return None if field.default is not UNSET else lambda: None


def name_others(argument: Argument, arguments: Sequence[Argument]) -> AbstractSet[str]:
    """
    List the names of the same source that are other arguments', and no business of a model.

    One that ends with a bracket stands for all names that begin with it.

    Args:
        argument: The model.
        arguments: All arguments of the handler.
    """
    sources = FORM_SOURCES if argument.source == "form" else {argument.source}
    names: set[str] = set()
    for other in arguments:
        if other is not argument and other.source in sources:
            # A model has its fields' names, unless it stands behind one of its own.
            is_deep = other.style == "deepObject"
            names |= {other.alias, other.alias + "["} if is_deep else {item.alias for item in other.fields or (other,)}
    return frozenset(names)


def read_model(argument: Argument, others: AbstractSet[str]) -> ReadModel:
    """
    Compile what makes such a model of a request.

    Args:
        argument: The argument.
        others: The names that are other arguments'.
    """
    model = argument.text_model
    if model is None:
        raise TypeError(f"{argument.name!r} is no model of texts.")
    if argument.style == "deepObject":
        return _read_deep(argument, model, others)
    source, find = argument.source, _part_lists(argument, _FINDERS[argument.source])
    beginnings = tuple(name for name in others if name.endswith("["))

    def read(request: Request) -> Any:
        tree = find(request, argument)
        if beginnings:
            tree = {name: texts for name, texts in tree.items() if not name.startswith(beginnings)}
        files = request.read_form.files.keys() - others if source == "form" else _NOTHING
        if not argument.is_required and model.keys.isdisjoint(tree) and model.keys.isdisjoint(files):
            model.refuse_unknown((tree.keys() | files) - others, source=source)
            return argument.make_default()
        return model.read(tree, source=source, pointer="", others=others, files=files)

    return read


def _part_lists(argument: Argument, find: FindTexts) -> FindTexts:
    """Let what finds the texts of a model part those that are lists in one text."""
    partings = {field.alias: part for field in argument.fields if (part := compile_parting(field)) is not None}
    if not partings:
        return find

    def find_items(request: Request, argument: Argument) -> Mapping[str, FieldTree]:
        tree = dict(find(request, argument))
        for alias, part in partings.items():
            texts = tree.get(alias)
            if isinstance(texts, list):
                tree[alias] = part(texts)
        return tree

    return find_items


def _read_deep(argument: Argument, model: TextModel, others: AbstractSet[str]) -> ReadModel:
    alias, pointer, source = argument.alias, argument.pointer, argument.source
    beginning = f"{alias}["

    def read(request: Request) -> Any:
        pairs = [pair for pair in request.query_params.multi_items() if pair[0].startswith(beginning)]
        tree = build_field_tree(pairs, allows_dots=False).get(alias) if pairs else None
        if isinstance(tree, dict):
            return model.read(tree, source=source, pointer=pointer)
        texts = () if alias in others else request.query_params.get_list(alias)
        # A blank one is none, as it is elsewhere.
        if any(texts) or (texts and argument.is_required):
            message = f"must be given by names, as in {alias}[name]"
            raise ValidationError([ErrorItem(source, pointer, message, "object_type")])
        return argument.make_default()

    return read


def _find_in_query(request: Request, _argument: Argument) -> Mapping[str, FieldTree]:
    lists: Mapping[str, Any] = request.query_params.to_lists()
    return lists


def _find_in_form(request: Request, argument: Argument) -> Mapping[str, FieldTree]:
    plain = argument.text_model.keys if argument.text_model is not None else ()
    return build_field_tree(request.read_form.multi_items(), plain=plain)


def _find_in_headers(request: Request, argument: Argument) -> Mapping[str, FieldTree]:
    found = {field.alias: request.headers.get_list(field.alias) for field in argument.fields}
    return {name: texts for name, texts in found.items() if texts}


def _find_in_cookies(request: Request, argument: Argument) -> Mapping[str, FieldTree]:
    cookies = request.cookies
    return {field.alias: [cookies[field.alias]] for field in argument.fields if field.alias in cookies}


_FINDERS: Final[dict[str, FindTexts]] = {
    "query": _find_in_query,
    "form": _find_in_form,
    "header": _find_in_headers,
    "cookie": _find_in_cookies,
}

__all__ = ["is_model_argument", "make_model_argument", "name_others", "read_model"]
