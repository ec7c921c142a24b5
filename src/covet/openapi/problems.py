"""
Responses to what goes wrong: what framework and middleware can answer to a route's requests, and what its author says.
"""

from dataclasses import replace
from typing import Final

from covet.core.argument_types import make_constraints, without_none
from covet.core.binding import Argument
from covet.core.compiled_route import CompiledRoute
from covet.exceptions import (
    AuthenticationError,
    BadRequestError,
    ContentTooLargeError,
    HandlerTimeoutError,
    HTTPError,
    NotAcceptableError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedMediaTypeError,
    ValidationError,
)
from covet.http.byte_ranges import RangeNotSatisfiableError
from covet.http.preconditions import PreconditionFailedError
from covet.introspection import inspect_callable
from covet.openapi.bodies import takes_body
from covet.openapi.components import PROBLEM_TYPE, Components, Object
from covet.openapi.docstrings import find_raised, read_docstring
from covet.openapi.layers import list_layer_errors
from covet.openapi.paths import can_be_missing
from covet.openapi.responses import ANY_SUCCESS, answers_files, describe_status, list_outcomes, write_responses

Raised = dict[type[Exception], str]

_TEXT_SOURCES: Final = frozenset({"query", "header", "cookie", "form"})
_SAID: Final[Raised] = {
    BadRequestError: "The request is malformed.",
    AuthenticationError: "The credentials are absent or not good.",
    PermissionDeniedError: "The client may not do this.",
    NotFoundError: "There is no such path.",
    NotAcceptableError: "The client accepts none of the formats on offer.",
    ContentTooLargeError: "The body is larger than the limit.",
    UnsupportedMediaTypeError: "The body's format is not understood.",
    ValidationError: "Values do not fit their types.",
    HandlerTimeoutError: "It took too long.",
    PreconditionFailedError: "It is not in the state that the client expects.",
    RangeNotSatisfiableError: "There is nothing in the range that was asked for.",
}


def find_problems(compiled: CompiledRoute, method: str, *, is_guarded: bool, is_negotiated: bool) -> Raised:
    """
    Find what can go wrong with a route: the exceptions, and what is to be said of each.

    Args:
        compiled: The route.
        method: The method that it is asked with.
        is_guarded: Whether it asks for a security scheme.
        is_negotiated: Whether a client that accepts none of the formats on offer is refused.
    """
    plan, route = compiled.plan, compiled.route
    found: list[type[Exception]] = []
    if is_guarded:
        found += [AuthenticationError, PermissionDeniedError]
    if can_be_missing(route.template):
        found.append(NotFoundError)
    if answers_files(plan.info.return_annotation):
        found += [NotFoundError, PreconditionFailedError, RangeNotSatisfiableError]
    if plan.sources & _TEXT_SOURCES or takes_body(plan):
        found.append(BadRequestError)
    if takes_body(plan):
        found.append(UnsupportedMediaTypeError)
        if compiled.limits.max_size is not None:
            found.append(ContentTooLargeError)
    if any(map(_can_fail, plan.arguments)):
        found.append(ValidationError)
    if is_negotiated:
        found.append(NotAcceptableError)
    if compiled.timeout is not None:
        found.append(HandlerTimeoutError)
    found += list_layer_errors(compiled, [method])
    problems = {cls: _SAID.get(cls, "") for cls in found}
    if NotFoundError in problems and not can_be_missing(route.template):
        problems[NotFoundError] = "There is no such file."
    for cls, text in find_declared(compiled).items():
        problems[cls] = text or problems.get(cls, "")
    return problems


def find_declared(compiled: CompiledRoute) -> Raised:
    """
    Find what the author says can be raised: by `raises=`, in the handler's docstring, in those of its services.

    Of what docstrings name, only what has a status of its own is for clients.

    Args:
        compiled: The route.
    """
    raised: Raised = {}
    injected = compiled.plan.injected
    makers = [] if injected is None else injected.list_makers()
    for func in (*makers, compiled.route.handler):
        for cls, text in find_raised(func).items():
            if issubclass(cls, HTTPError) or cls in compiled.route.raises:
                raised[cls] = text
    for cls in compiled.route.raises:
        raised.setdefault(cls, "")
    return raised


def write_problems(problems: Raised, compiled: CompiledRoute, components: Components) -> Object:
    """
    Describe the responses to what goes wrong, by status, as the exception handlers answer it.

    Args:
        problems: What can be raised, and what is said of each.
        compiled: The route.
        components: Where models are defined.
    """
    texts: dict[str, list[str]] = {}
    written: Object = {}
    for cls, text in problems.items():
        status = _status_of(cls)
        answered = _write_answer(cls, status, compiled, components)
        for key, response in answered.items():
            texts.setdefault(key, []).append(text or _describe(cls))
            written.setdefault(key, response)
            known: Object = written[key]
            known.setdefault("content", {}).update(response.get("content", {}))
            if not known["content"]:
                del known["content"]
    for key, response in written.items():
        response["description"] = " ".join(dict.fromkeys(filter(None, texts[key]))) or describe_status(key)
    return dict(sorted(written.items()))


def _write_answer(cls: type[Exception], status: int, compiled: CompiledRoute, components: Components) -> Object:
    handler = compiled.answers.find_handler(cls, status)
    if handler is None:
        return {
            str(status): {"description": "", "content": {PROBLEM_TYPE: {"schema": components.refer_to_problem(status)}}}
        }
    outcomes = list_outcomes(inspect_callable(handler).return_annotation, status_code=status)
    # A status that is any number is the error's own, as far as can be known: it is no success.
    outcomes = [replace(item, status=str(status)) if item.status == ANY_SUCCESS else item for item in outcomes]
    return write_responses(outcomes, compiled.serializers.media_types, components)


def _status_of(cls: type[Exception]) -> int:
    if issubclass(cls, HTTPError):
        status = cls.status_code
        return status if isinstance(status, int) and 400 <= status <= 599 else 500
    return 500


def _describe(cls: type[Exception]) -> str:
    """Say what an exception of the application's own means; the framework's say their status only."""
    if cls.__module__ == HTTPError.__module__:
        return ""
    summary = read_docstring(cls).summary
    return f"{summary}." if summary else ""


def _can_fail(argument: Argument) -> bool:
    """Tell whether an argument of a request can be wrong."""
    if argument.source in {"request", "background", "own", "inject", "state"} or argument.convert is not None:
        return False
    if argument.source in {"form", "file"} or argument.style == "deepObject":
        # A file may come for a text, a text for a file, and longer names for a shorter one.
        return True
    if argument.text_model is not None:
        return argument.text_model.forbids or any(map(_can_fail, argument.fields))
    return not _takes_any_text(argument) or (argument.source != "path" and argument.is_required)


def _takes_any_text(argument: Argument) -> bool:
    validator, marker = argument.validator, argument.marker
    is_plain = validator is not None and without_none(validator.annotation) is str
    return is_plain and (marker is None or not make_constraints(marker).checks) and argument.source != "body"
