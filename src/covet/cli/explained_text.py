"""
An explained request as text and as JSON.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from textwrap import indent
from typing import Any, Final

from covet.cli.explained_request import ExplainedArgument, ExplainedRequest
from covet.text_table import align_table

# What the type of an argument says already, and what is no limit of its value.
_SAID: Final = frozenset({"type", "format", "title", "description", "examples", "$defs", "$ref", "properties"})


def write_text(explained: ExplainedRequest) -> str:
    """
    Write an explanation for a terminal.

    Args:
        explained: The explanation.
    """
    lines = [f"{explained.method} {explained.path} → {explained.status}", f"  {explained.answer}"]
    lines += [f"  {hint}" for hint in explained.hints]
    for title, block in _list_blocks(explained):
        lines += ["", title, indent(block, "  ")]
    if explained.mounted is not None:
        lines += ["", "there", indent(write_text(explained.mounted), "  ")]
    return "\n".join(lines)


# Any: as JSON has it.
def make_plain(explained: ExplainedRequest) -> dict[str, Any]:
    """
    Make builtins of an explanation, as JSON has them.

    Args:
        explained: The explanation.
    """
    route = explained.route
    return {
        "method": explained.method,
        "path": explained.path,
        "status": explained.status,
        "answer": explained.answer,
        "hints": list(explained.hints),
        "route": None
        if route is None
        else {"path": route.path, "methods": list(route.methods), "name": route.name, "tags": list(route.all_tags)},
        "wrappers": list(explained.wrappers),
        "middleware": [asdict(layer) for layer in explained.layers],
        "arguments": [asdict(argument) for argument in explained.arguments],
        "services": [] if explained.services is None else explained.services.to_list(),
        "limits": explained.limits,
        "exception_handlers": [asdict(handler) for handler in explained.handlers],
        "response": explained.response,
        "mounted": None if explained.mounted is None else make_plain(explained.mounted),
    }


def _list_blocks(explained: ExplainedRequest) -> Iterator[tuple[str, str]]:
    route = explained.route
    if route is not None:
        yield "route", f"{route}, named {route.name}"
    if explained.wrappers:
        yield "raw ASGI middleware around everything", "\n".join(explained.wrappers)
    if explained.layers:
        rows = [(layer.name, ", ".join(layer.hooks)) for layer in explained.layers]
        yield "middleware, the outermost first", align_table(("NAME", "HOOKS"), rows)
    if explained.arguments:
        headings = ("NAME", "SOURCE", "ON THE WIRE", "TYPE", "DEFAULT", "CONSTRAINTS", "VALUE")
        yield "arguments", align_table(headings, map(_make_row, explained.arguments))
    if explained.services is not None:
        yield "services", explained.services.to_text()
    if explained.limits is not None:
        yield "limits", _write_limits(explained.limits)
    if route is not None or explained.handlers:
        answers = [(handler.answers, handler.name, handler.level) for handler in explained.handlers]
        answers.append(("the rest", "a problem (RFC 9457)", "framework"))
        yield "errors are answered by", align_table(("ERROR", "HANDLER", "OF"), answers)
    if explained.response is not None:
        yield "response", _write_response(explained.response)


def _make_row(argument: ExplainedArgument) -> tuple[str, ...]:
    constraints = [f"{name} {value}" for name, value in argument.schema.items() if name not in _SAID]
    is_simple = not any(isinstance(value, dict | list) for value in argument.schema.values())
    is_free = argument.source in {"request", "background", "own", "injected", "state"}
    default = argument.default or ("" if is_free else "has to come")
    return (
        argument.name,
        argument.source,
        argument.alias,
        argument.type,
        default,
        ", ".join(constraints) if is_simple else "",
        argument.problem or argument.value or "",
    )


def _write_limits(limits: Mapping[str, Any]) -> str:
    timeout, body, rate = limits["timeout"], limits["body"], limits["body_min_rate"]
    slow = f", at least {rate} bytes/s after {limits['body_grace']:g} s" if rate else ""
    return "\n".join(
        [
            f"time     {'none' if timeout is None else f'{timeout:g} s'}",
            f"body     {'any size' if body is None else f'at most {body} bytes'}{slow}",
            f"handler  runs {limits['runs']}"
            + (", is cancelled when the client leaves" if limits["cancel_on_disconnect"] else ""),
        ]
    )


def _write_response(response: Mapping[str, Any]) -> str:
    kinds = " or ".join(response["media_types"])
    parts = [str(response["status"]), *([kinds] if kinds else []), *([response["type"]] if response["type"] else [])]
    line = ", ".join(parts) + (f": {response['note']}" if response["note"] else "")
    if response["schema"] is None:
        return line
    schema = {name: value for name, value in response["schema"].items() if name != "$schema"}
    return f"{line}\n{json.dumps(schema, ensure_ascii=False)}"
