"""
Arguments that are one text, or several of one name: where they are found, and how they are parted.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from covet.core.argument import Argument
from covet.core.argument_styles import compile_parting
from covet.exceptions import ErrorItem, ValidationError
from covet.http.request import Request

# Any: the value of an argument, of whatever type the handler wants.
ReadText = Callable[[Request], Any]

BLANK_SOURCES: Final = frozenset({"query", "form"})
"""Where browsers send an empty text for a field that nobody filled in."""


def read_text(argument: Argument) -> ReadText:
    """
    Compile what reads an argument of the query, a header, a cookie or a field of a form.

    Args:
        argument: The argument.
    """
    validator, alias, source, pointer = argument.validator, argument.alias, argument.source, argument.pointer
    if validator is None:
        raise TypeError(f"{argument.name!r} has no validator.")
    find, part = _FINDERS[source], compile_parting(argument)
    skips_blanks = source in BLANK_SOURCES and not argument.is_required and not validator.may_be_blank

    if part is not None:

        def read(request: Request) -> Any:
            texts = find(request, alias)
            if not texts or (skips_blanks and not any(texts)):
                return argument.make_default()
            return validator.parse_many(part(texts), source=source, pointer=pointer)

    elif validator.is_sequence:

        def read(request: Request) -> Any:
            texts = find(request, alias)
            if not texts or (skips_blanks and not any(texts)):
                return argument.make_default()
            return validator.parse_many(texts, source=source, pointer=pointer)

    else:

        def read(request: Request) -> Any:
            texts = find(request, alias)
            if not texts or (skips_blanks and not texts[-1]):
                return argument.make_default()
            return validator.parse(texts[-1], source=source, pointer=pointer)

    return _refuse_file(argument, read) if source == "form" else read


def _refuse_file(argument: Argument, read: ReadText) -> ReadText:
    alias = argument.alias

    def read_field(request: Request) -> Any:
        form = request.read_form
        if alias in form.files and alias not in form:
            raise ValidationError([ErrorItem("form", argument.pointer, "must be text, not a file", "text_type")])
        return read(request)

    return read_field


def _find_cookie(request: Request, alias: str) -> Sequence[str]:
    value = request.cookies.get(alias)
    return () if value is None else (value,)


def _find_header(request: Request, alias: str) -> Sequence[str]:
    return request.headers.get_list(alias)


def _find_query(request: Request, alias: str) -> Sequence[str]:
    return request.query_params.get_list(alias)


def _find_field(request: Request, alias: str) -> Sequence[str]:
    return request.read_form.get_list(alias)


_FINDERS: Final[dict[str, Callable[[Request, str], Sequence[str]]]] = {
    "cookie": _find_cookie,
    "header": _find_header,
    "query": _find_query,
    "form": _find_field,
}

__all__ = ["read_text"]
