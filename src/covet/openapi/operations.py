"""
One operation: all that a document says of a route and a method.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from covet.core.compiled_route import CompiledRoute, compile_route
from covet.core.path_template import PathTemplate
from covet.core.route import make_route
from covet.error_text import describe_callable
from covet.exceptions import ConfigurationError
from covet.http.body import DEFAULT_BODY_LIMITS
from covet.openapi.bodies import write_body
from covet.openapi.components import Components, Object
from covet.openapi.declarations import Callback, DeclaredResponse, read_declaration
from covet.openapi.docstrings import read_docstring
from covet.openapi.errors import OpenAPIError
from covet.openapi.guards import write_guarded
from covet.openapi.layers import list_layer_errors
from covet.openapi.parameters import write_parameters
from covet.openapi.problems import find_declared, find_problems, write_problems
from covet.openapi.responses import Outcome, describe_status, list_outcomes, write_responses
from covet.openapi.security import write_security
from covet.serialization import SerializerTable
from covet.types import UNSET

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class OperationWriter:
    """
    Writes the operations of one document.

    Args:
        components: Where models are defined.
        schemes: The security schemes of the document.
        is_guarded: Whether the document as a whole asks for a scheme.
    """

    components: Components
    schemes: Mapping[str, object]
    is_guarded: bool = False

    def write(self, compiled: CompiledRoute, method: str, operation_id: str, names: Mapping[str, str]) -> Object:
        """
        Describe a route for one of its methods.

        Args:
            compiled: The route.
            method: The method.
            operation_id: Its identifier.
            names: How the path's parameters are called in the document.

        Raises:
            OpenAPIError: If something that was declared cannot stand there.
        """
        route = compiled.route
        security, guarded = route.all_security, write_guarded(compiled)
        outcomes = self._list_outcomes(compiled)
        says_nothing = compiled.plan.info.return_annotation in (UNSET, Any, object) and compiled.results.is_plain
        is_negotiated = says_nothing or any(outcome.media_type is None for outcome in outcomes)
        # A stream of lines or events has forms of its own.
        is_negotiated = is_negotiated or (bool(compiled.results.streams.offers) and route.media_type is None)
        problems = find_problems(
            compiled,
            method,
            is_guarded=bool(guarded) or (self.is_guarded if security is None else bool(security)),
            is_negotiated=is_negotiated and (method in _SAFE or compiled.results.is_negotiated),
        )
        written = self._write_head(compiled, operation_id)
        self._add_input(written, compiled, names)
        self._add_responses(written, compiled, outcomes, write_problems(problems, compiled, self.components))
        if security is not None:
            written["security"] = write_security(security, self.schemes, route=str(route))
        elif guarded:
            written["security"] = guarded
        self._add_declared(written, compiled)
        return written

    def check(self, compiled: CompiledRoute) -> None:
        """
        Refuse what was declared for a route and cannot be written, without writing the rest.

        Raises:
            OpenAPIError: If something cannot.
        """
        route = compiled.route
        if route.all_security is not None:
            write_security(route.all_security, self.schemes, route=str(route))
        for status, declared in read_declaration(route.handler).responses.items():
            self._write_declared(declared, status, compiled, {})
        list_layer_errors(compiled, route.methods)
        self._add_declared({}, compiled)

    # Any: a function of whatever parameters.
    def write_outgoing(self, func: Callable[..., Any], serializers: SerializerTable, *, name: str) -> Object:
        """
        Describe what is sent rather than received: a webhook, or a callback.

        Args:
            func: Its parameters are what is sent, its result is what the receiver answers.
            serializers: The formats on offer.
            name: Its name.

        Raises:
            OpenAPIError: If its signature cannot be described.
        """
        if not callable(func):
            raise OpenAPIError(
                f"{name} must be a function, got {func!r}.",
                hint="Its parameters are what is sent, its result is what the receiver answers.",
            )
        route = make_route(PathTemplate.parse("/"), func, ("POST",), {}, ())
        try:
            compiled = compile_route(route, (), (), serializers, DEFAULT_BODY_LIMITS, is_debug=False)
        except ConfigurationError as exc:
            raise OpenAPIError(f"{name} cannot be described: {exc}") from exc
        written = self._write_head(compiled, read_declaration(func).operation_id)
        self._add_input(written, compiled, {})
        raised = write_problems(find_declared(compiled), compiled, self.components)
        self._add_responses(written, compiled, self._list_outcomes(compiled), raised)
        return written

    # ── The parts ────────────────────────────────────────────────────────────

    @staticmethod
    def _list_outcomes(compiled: CompiledRoute) -> list[Outcome]:
        route, info = compiled.route, compiled.plan.info
        return list_outcomes(info.return_annotation, status_code=route.status_code, media_type=route.media_type)

    @staticmethod
    def _write_head(compiled: CompiledRoute, operation_id: str | None) -> Object:
        route = compiled.route
        text = read_docstring(route.handler)
        summary = route.summary or text.summary or _humanize(route.name)
        written: Object = {"operationId": operation_id} if operation_id else {}
        if summary:
            written["summary"] = summary
        description = text.description if route.description is None else route.description
        if description:
            written["description"] = description
        if route.all_tags:
            written["tags"] = list(route.all_tags)
        if route.deprecation:
            written["deprecated"] = True
        return written

    def _add_input(self, written: Object, compiled: CompiledRoute, names: Mapping[str, str]) -> None:
        plan, template = compiled.plan, compiled.route.template
        texts = read_docstring(compiled.route.handler).arguments
        parameters = write_parameters(plan, template, self.components, texts, names)
        if parameters:
            written["parameters"] = parameters
        body = write_body(plan, compiled.serializers.media_types, self.components, texts)
        if body is not None:
            written["requestBody"] = body

    def _add_responses(
        self, written: Object, compiled: CompiledRoute, outcomes: list[Outcome], problems: Object
    ) -> None:
        media_types = compiled.serializers.media_types
        returns = read_docstring(compiled.route.handler).returns
        written["responses"] = {
            **write_responses(outcomes, media_types, self.components, returns),
            **problems,
        }
        for status, declared in read_declaration(compiled.route.handler).responses.items():
            written["responses"][status] = self._write_declared(declared, status, compiled, written["responses"])

    def _write_declared(
        self, declared: DeclaredResponse, status: str, compiled: CompiledRoute, known: Mapping[str, Object]
    ) -> Object:
        if isinstance(declared, Mapping):
            return {"description": describe_status(status), **declared}
        if isinstance(declared, str):
            # What is known of its content stays.
            return {**known.get(status, {}), "description": declared}
        annotation, description = declared if isinstance(declared, tuple) else (declared, describe_status(status))
        try:
            self.components.write_exactly(annotation)
        except ConfigurationError as exc:
            raise OpenAPIError(
                f"Its response {status} cannot be described: {exc.message}",
                route=str(compiled.route),
                hint=exc.hint,
            ) from exc
        outcomes = list_outcomes(annotation, media_type=compiled.route.media_type)
        found = write_responses(
            [Outcome(status, outcome.annotation, outcome.media_type) for outcome in outcomes],
            compiled.serializers.media_types,
            self.components,
            description,
        )
        response: Object = found[status]
        return response

    def _add_declared(self, written: Object, compiled: CompiledRoute) -> None:
        declared = read_declaration(compiled.route.handler)
        if declared.callbacks:
            written["callbacks"] = {
                name: self._write_callback(name, callback, compiled) for name, callback in declared.callbacks.items()
            }
        if declared.servers:
            written["servers"] = [write_server(server) for server in declared.servers]
        if declared.external_docs is not None:
            written["externalDocs"] = write_link(declared.external_docs)
        written.update(declared.extensions)

    def _write_callback(self, name: str, callback: Callback, compiled: CompiledRoute) -> Object:
        try:
            return {
                expression: {"post": self.write_outgoing(func, compiled.serializers, name=describe_callable(func))}
                for expression, func in callback.items()
            }
        except OpenAPIError as exc:
            raise OpenAPIError(f"Its callback {name!r}: {exc.message}", route=str(compiled.route)) from exc


def write_server(server: str | Mapping[str, object]) -> Object:
    """
    Write a server: an address is enough.

    Example:
        >>> write_server("https://api.example.org/v1")
        {'url': 'https://api.example.org/v1'}
    """
    return {"url": server} if isinstance(server, str) else dict(server)


def write_link(link: str | Mapping[str, object]) -> Object:
    """
    Write a link to further documentation: an address is enough.

    Example:
        >>> write_link("https://example.org/guide")
        {'url': 'https://example.org/guide'}
    """
    return {"url": link} if isinstance(link, str) else dict(link)


def _humanize(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if name.isidentifier() else ""
