"""
Reading a handler's arguments: the source that does it, and the second pass that finds every error.

The happy path reads each value once and stops at the first that is bad. Only then everything is read
again, to list all that is wrong at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from covet.code_writer import CodeWriter
from covet.core.argument_types import AnyValidator
from covet.core.binding import Argument, Plan
from covet.core.file_arguments import read_files
from covet.core.model_arguments import name_others, read_model
from covet.core.text_arguments import read_text
from covet.exceptions import (
    ErrorItem,
    HTTPError,
    NotFoundError,
    ValidationError,
)
from covet.http.forms import FormData
from covet.http.request import Request
from covet.serialization import JSONSerializer, SerializerTable
from covet.types import UNSET
from covet.validation.failures import MAX_ERRORS
from covet.validation.text import read_int_fast

# Any: the value of an argument, of whatever type the handler wants.
Reader = Callable[[Request], Any]

# PERF: what nearly every client sends needs no parsing; other spellings are read by the table of formats
# (benchmarks/instructions.py, post).
JSON_TYPES: Final = frozenset({"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"})


@dataclass(frozen=True, slots=True)
class JSONBody:
    """
    The argument that is a body, where nothing about it is unusual.

    Attributes:
        name: The name of its value in the source.
        decode: The name of what decodes the bytes of JSON.
        read: The source that reads it in any format, from a request whose body has been read.
        fixed: The names of what decodes most bodies, and of how many keys each of these has.
    """

    name: str
    decode: str
    read: str
    fixed: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ArgumentSource:
    """
    The source that makes a handler's arguments.

    Attributes:
        passed: How they are passed.
        lines: What makes their values, but for `body`.
        body: The argument that is the body, if it is plainly that.
        readers: The arguments that can be wrong, and what reads them one by one.
    """

    passed: str
    lines: tuple[str, ...]
    body: JSONBody | None
    readers: tuple[tuple[Argument, Reader], ...]


def write_arguments(writer: CodeWriter, plan: Plan, serializers: SerializerTable, *, values: str) -> ArgumentSource:
    """
    Write the source that makes the arguments.

    Args:
        writer: Where to put what the source names.
        plan: Where the arguments come from.
        serializers: The formats that a body may come in.
        values: The source of the path's values.
    """
    passed: list[str] = []
    injected = 0
    readers: list[tuple[Argument, Reader]] = []
    lines: list[str] = []
    body: JSONBody | None = None
    for number, argument in enumerate(plan.arguments):
        source = _OWN.get(argument.source)
        if argument.source == "inject":
            source = INJECTED.format(injected)
            injected += 1
        elif argument.source == "own":
            source = f"{writer.bind(f'find_{number}', argument.annotation.__from_request__)}(request)"
        elif source is None:
            source = f"argument_{number}"
            reader = compile_reader(argument, serializers, plan.arguments)
            readers.append((argument, reader))
            read = f"{writer.bind(f'read_{number}', reader)}(request)"
            if argument.source == "path":
                lines.append(f"{source} = {_write_path_value(writer, number, argument, values)}")
            elif argument.source == "body" and is_plain_body(argument, serializers) and argument.validator is not None:
                body = _make_body(writer, number, argument.validator, read)
            else:
                lines.append(f"{source} = {read}")
        passed.append(f"{argument.name}={source}" if argument.is_keyword else source)
    return ArgumentSource(", ".join(passed), tuple(lines), body, tuple(readers))


def _make_body(writer: CodeWriter, number: int, validator: AnyValidator, read: str) -> JSONBody:
    fixed = None
    if validator.fixed_keys is not None:
        fast, keys = validator.fixed_keys
        fixed = writer.bind(f"decode_fast_{number}", fast), writer.bind(f"keys_{number}", keys)
    return JSONBody(f"argument_{number}", writer.bind(f"decode_{number}", validator.decode_json), read, fixed)


# What stands for the argument that is injected, until it is known how.
INJECTED: Final = "<injected {}>"

# What a handler gets without anything being read.
_OWN: Final = {"request": "request", "websocket": "websocket", "background": "request.background"}


def _write_path_value(writer: CodeWriter, number: int, argument: Argument, values: str) -> str:
    taken = f"{values}[{argument.index}]"
    parse = _path_parser(argument)
    if parse is None:
        return taken
    read = writer.bind(f"parse_{number}", parse)
    if parse is read_int_fast:
        # PERF: an integer without a sign, which nearly all are, needs no further call, and its text is looked up once
        # (benchmarks/instructions.py, param).
        text = f"text_{number}"
        fits = f"({text} := {taken}).isdigit() and {text}.isascii() and len({text}) < 19"
        return f"int({text}) if {fits} else {read}({text})"
    return f"{read}({taken})"


def is_plain_body(argument: Argument, serializers: SerializerTable) -> bool:
    """Tell whether an argument is the body, has to come, and JSON is what the framework takes for it."""
    return (
        argument.source == "body"
        and argument.is_required
        and argument.validator is not None
        and type(serializers.find("application/json")) is JSONSerializer
    )


# Any: the parsed value.
def _path_parser(argument: Argument) -> Callable[[str], Any] | None:
    """Return what turns the text of a path's parameter into its value; `None` if the text is the value."""
    convert, validator = argument.convert, argument.validator
    if convert is not None:
        return convert
    if validator is None or validator.is_text:
        return None if argument.check is None else _keep_checked(argument.check)
    return validator.parse_fast


def _keep_checked(check: Callable[[str], object]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        check(text)
        return text

    return parse


def compile_reader(argument: Argument, serializers: SerializerTable, arguments: Sequence[Argument] = ()) -> Reader:
    """
    Compile what reads one argument from a request whose body, if it is wanted, has been read.

    Args:
        argument: The argument.
        serializers: The formats that a body may come in.
        arguments: All arguments of the handler.
    """
    if argument.text_model is not None:
        return read_model(argument, name_others(argument, arguments))
    if argument.source == "file":
        return read_files(argument)
    if argument.source == "path":
        return _read_path(argument)
    if argument.source == "body":
        return _read_body(argument, serializers)
    if argument.source == "state":
        return _read_state(argument)
    return read_text(argument)


def _read_path(argument: Argument) -> Reader:
    convert, check, validator = argument.convert, argument.check, argument.validator
    index, pointer = argument.index, argument.pointer

    def read(request: Request) -> Any:
        text = request.path_values[index]
        try:
            value = text if check is None else check(text)
        except ValueError as exc:
            # Such as /days/2026-02-31: the template's own rules say that there is no such path.
            raise NotFoundError from exc
        if convert is not None or validator is None:
            return value
        return validator.parse(text, source="path", pointer=pointer)

    return read


def _read_state(argument: Argument) -> Reader:
    alias = argument.alias

    def read(request: Request) -> Any:
        value = getattr(request.state, alias, UNSET)
        if value is UNSET:
            value = getattr(request.app.state, alias, UNSET)
        if value is not UNSET:
            return value
        if argument.is_required:
            raise AttributeError(f"Neither request.state nor app.state has {alias!r}.")
        return argument.make_default()

    return read


def _read_body(argument: Argument, serializers: SerializerTable) -> Reader:
    validator = argument.validator
    if validator is None:
        raise TypeError(f"{argument.name!r} has no validator.")

    def read(request: Request) -> Any:
        body = request.read_body
        content_type = request.headers.get("content-type")
        if not body and content_type is None:
            return argument.make_default()
        serializer = serializers.find(content_type)
        if not body and not argument.is_required:
            return argument.make_default()
        if type(serializer) is JSONSerializer:
            return validator.decode_json(body)
        return validator.validate(serializer.deserialize(body), source="body")

    return read


async def read_form(request: Request) -> None:
    """
    Read the form of a request, for the arguments that are its fields; no body at all is a form without fields.

    Raises:
        UnsupportedMediaTypeError: If there is a body that is no form.
    """
    if request.headers.get("content-type") is None and not await request.body():
        request._form = FormData()  # noqa: SLF001 - what form() would remember
        return
    await request.form()


async def collect_errors(request: Request, readers: Sequence[tuple[Argument, Reader]], first: Exception) -> Exception:
    """
    Read all arguments again and return one error with everything that is wrong.

    Args:
        request: The request.
        readers: The arguments and what reads them.
        first: The error that the happy path stopped at.

    Returns:
        A `ValidationError`, or the first error that is more than a wrong value, such as 400, 404 or 415.
    """
    items: list[ErrorItem] = []
    is_cut = False
    for argument, reader in readers:
        if argument.source == "body":
            await request.body()
        try:
            reader(request)
        except ValidationError as exc:
            items += exc.errors
            is_cut = is_cut or len(exc.errors) >= MAX_ERRORS
        except HTTPError as exc:
            return exc
    if not items:
        # Nothing is wrong any more: it was no error of the request, but of a default's factory or a converter.
        return first
    detail = f"{len(items)} errors or more: the list is cut at {MAX_ERRORS} for each input" if is_cut else None
    return ValidationError(items, detail)
