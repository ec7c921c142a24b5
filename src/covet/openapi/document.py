"""
The document: everything that is described, put together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from covet.core.compiled_route import CompiledRoute
from covet.core.route import Route
from covet.openapi.components import Components, Object
from covet.openapi.configuration import OpenAPIConfig
from covet.openapi.guards import collect_schemes
from covet.openapi.hidden_defaults import hide_defaults
from covet.openapi.operation_ids import choose_operation_ids
from covet.openapi.operations import OperationWriter, write_link, write_server
from covet.openapi.paths import METHODS, list_described
from covet.openapi.security import check_schemes, write_security
from covet.serialization import SerializerTable

# The version whose schemas are JSON Schema 2020-12, and that tools know.
VERSION: Final = "3.1.0"

# Any: functions of whatever parameters, by name.
Webhooks = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """
    What a document is made of, apart from the routes.

    Attributes:
        title: The title.
        version: The version of the API.
        config: The settings.
        webhooks: What the API sends by itself: functions by name.
        include: Whether a route is in the document; all are by default.
    """

    title: str
    version: str
    config: OpenAPIConfig = field(default_factory=OpenAPIConfig)
    webhooks: Webhooks = field(default_factory=dict)
    include: Callable[[Route], bool] | None = None

    def chooses(self, route: Route) -> bool:
        """Tell whether a route is in the document."""
        return route.include_in_schema and (self.include is None or self.include(route))


def make_document(outline: Outline, compiled_routes: Sequence[CompiledRoute], serializers: SerializerTable) -> Object:
    """
    Describe an application.

    Args:
        outline: The document without its routes.
        compiled_routes: What is known of each route.
        serializers: The formats on offer.

    Raises:
        OpenAPIError: If something that was declared cannot stand there; names the route.
    """
    config = outline.config
    chosen = [compiled for compiled in compiled_routes if outline.chooses(compiled.route)]
    schemes = collect_schemes(chosen, check_schemes(config.security_schemes))
    components = Components()
    writer = OperationWriter(components, schemes, is_guarded=bool(config.security))
    document: Object = {"openapi": VERSION, "info": _write_info(outline)}
    if config.servers:
        document["servers"] = [write_server(server) for server in config.servers]
    document["paths"] = _write_paths(outline, compiled_routes, writer)
    if outline.webhooks:
        document["webhooks"] = {
            name: {"post": writer.write_outgoing(func, serializers, name=f"The webhook {name!r}")}
            for name, func in outline.webhooks.items()
        }
    if config.security:
        document["security"] = write_security(config.security, schemes)
    tags = _write_tags(config.tags, document["paths"])
    if tags:
        document["tags"] = tags
    if config.external_docs is not None:
        document["externalDocs"] = write_link(config.external_docs)
    components.settle_names(document)
    parts = {"schemas": components.schemas, "securitySchemes": schemes}
    document["components"] = {name: part for name, part in parts.items() if part}
    if not document["components"]:
        del document["components"]
    hidden: Object = hide_defaults(document)
    return hidden


def check_declarations(outline: Outline, compiled_routes: Sequence[CompiledRoute]) -> None:
    """
    Refuse what could not stand in the document, without writing it: paths, identifiers, security, what was declared.

    Args:
        outline: The document without its routes.
        compiled_routes: What is known of each route.

    Raises:
        OpenAPIError: If something cannot; names the route.
    """
    schemes = collect_schemes(compiled_routes, check_schemes(outline.config.security_schemes))
    write_security(outline.config.security, schemes)
    list_operations(outline, compiled_routes)
    writer = OperationWriter(Components(), schemes)
    for compiled in compiled_routes:
        if outline.chooses(compiled.route):
            writer.check(compiled)
    table = compiled_routes[0].serializers if compiled_routes else None
    for name, func in outline.webhooks.items():
        if table is not None:
            writer.write_outgoing(func, table, name=f"The webhook {name!r}")


def list_operations(
    outline: Outline, compiled_routes: Sequence[CompiledRoute]
) -> list[tuple[CompiledRoute, str, str, str, dict[str, str]]]:
    """
    List the operations: route, method, path, identifier, and how the path's parameters are called.

    Raises:
        OpenAPIError: If two cannot be told apart.
    """
    by_route = {id(compiled.route): compiled for compiled in compiled_routes}
    described = list_described([compiled.route for compiled in compiled_routes if outline.chooses(compiled.route)])
    found = [
        (route, method, path, names)
        for route, path, names in described
        for method in route.methods
        if method in METHODS
    ]
    identifiers = choose_operation_ids([(route, method, path) for route, method, path, _ in found])
    return [
        (by_route[id(route)], method, path, identifier, names)
        for (route, method, path, names), identifier in zip(found, identifiers, strict=True)
    ]


def _write_paths(outline: Outline, compiled_routes: Sequence[CompiledRoute], writer: OperationWriter) -> Object:
    paths: Object = {}
    for compiled, method, path, identifier, names in list_operations(outline, compiled_routes):
        paths.setdefault(path, {})[method.lower()] = writer.write(compiled, method, identifier, names)
    return paths


def _write_info(outline: Outline) -> Object:
    config = outline.config
    said = {
        "title": outline.title,
        "summary": config.summary,
        "description": config.description,
        "termsOfService": config.terms_of_service,
        "contact": config.contact,
        "license": config.license,
        "version": outline.version,
    }
    return {name: value for name, value in said.items() if value is not None}


def _write_tags(described: Mapping[str, str], paths: Object) -> list[Object]:
    """List the tags that were described, and then those that are used."""
    used = [tag for item in paths.values() for operation in item.values() for tag in operation.get("tags", ())]
    return [
        {"name": tag, "description": described[tag]} if described.get(tag) else {"name": tag}
        for tag in dict.fromkeys([*described, *used])
    ]
