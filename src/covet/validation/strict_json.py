"""
Read JSON from outside: what is ambiguous or could hurt is refused, in linear time.

Refused with 400 are duplicate keys, NaN and Infinity, numbers that no float holds, integers of more than 4,300
digits, nesting deeper than 100, bytes that are no UTF-8, lone surrogates and anything after the value. This is the
reference of what JSON is here; the fast path of `native` must prove that it would have said the same.
It must never repeat the input in an error.
"""

import re
from array import array
from collections.abc import Callable
from decimal import Decimal
from itertools import accumulate
from json import JSONDecodeError, JSONDecoder
from math import isinf
from typing import NoReturn

from covet.exceptions import BadRequestError

MAX_DEPTH = 100
MAX_INTEGER_DIGITS = 4300
# PERF: as a number, not as a text of one byte: the search is then one memchr (benchmarks/body.py, six errors).
BACKSLASH = 0x5C

# Possessive, and never failing at a quote that stays open: linear whatever comes.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_SURROGATE_HINT = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
# A number can only be out of range with 200 digits in a row or an exponent of three. Digits read as 0 here.
_DIGITS = bytes(0x30 if 0x30 <= code <= 0x39 else code for code in range(256)).replace(b"E", b"e")
_LONG_EXPONENT = b"0e000"
_LONG_NUMBER = b"0" * 200
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NOT_MARKS = bytes(set(_NOT_BRACKETS) - set(b'"'))
_BRACKET_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


class ExactFloat(float):
    """A number of a JSON text that no float holds exactly; a `Decimal` field reads its text."""

    __slots__ = ("text",)

    text: str


def load_json(data: bytes, *, exact: bool = False) -> object:
    """
    Decode JSON into builtins.

    Args:
        data: The whole text, in UTF-8.
        exact: Keep the text of numbers that a float would round, for `Decimal`.

    Raises:
        BadRequestError: If it is not JSON, or more than the limits allow.

    Example:
        >>> load_json(b'{"name": "tea", "tags": [1, 2.5, null]}')
        {'name': 'tea', 'tags': [1, 2.5, None]}
        >>> load_json(b'{"role": "user", "role": "admin"}')
        Traceback (most recent call last):
            ...
        covet.exceptions.BadRequestError: The JSON has an object with a duplicate key.
    """
    check_depth(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BadRequestError("The JSON is not encoded in UTF-8.") from None
    if exact:
        decode = _EXACT_DECODER.decode
    elif _may_overflow(data):
        decode = _CAREFUL_DECODER.decode
    else:
        # No Python call per number; worth a third of the time of a body full of prices.
        decode = _PLAIN_DECODER.decode
    try:
        value: object = decode(text)
    except JSONDecodeError as exc:
        if not text.strip(" \t\r\n"):
            raise BadRequestError("The body is empty; JSON was expected.") from None
        raise BadRequestError(f"The JSON is malformed at character {exc.pos}.") from None
    except RecursionError:
        _refuse_depth()
    if _SURROGATE_HINT.search(data):
        _check_surrogates(data)
    return value


def check_depth(data: bytes) -> None:
    """
    Refuse JSON that nests deeper than the limit, without parsing it.

    Raises:
        BadRequestError: If it does.

    Example:
        >>> check_depth(b"[" * 101)
        Traceback (most recent call last):
            ...
        covet.exceptions.BadRequestError: The JSON is nested deeper than 100.
    """
    if len(data) <= MAX_DEPTH:
        return
    # PERF: nearly all bodies end here or with the next question, a few table passes after they came in
    # (benchmarks/body.py, six errors).
    marks = data.translate(None, _NOT_MARKS)
    if marks.count(b"[") + marks.count(b"{") <= MAX_DEPTH:
        return
    brackets = _structure(data, marks)
    # Removing empty pairs takes one level off for each kind, so what is left of the limit still bounds the depth.
    shallow = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if shallow.count(b"[") + shallow.count(b"{") <= MAX_DEPTH - 2:
        return
    # Bytes 1 and 255 read as +1 and -1: the running depth without a Python step per bracket.
    if max(accumulate(array("b", brackets.translate(_BRACKET_STEPS)))) > MAX_DEPTH:
        _refuse_depth()


def _structure(data: bytes, marks: bytes) -> bytes:
    """Keep the brackets that are not in strings."""
    if BACKSLASH in data:
        return _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    # Without a backslash the quotes alone say what is a string, and two quotes side by side change nothing outside.
    marks = marks.replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2]) if 0x22 in marks else marks


def _may_overflow(data: bytes) -> bool:
    # One table pass and two searches in C; a regular expression costs ten times as much.
    digits = data.translate(_DIGITS, b"+")
    return _LONG_EXPONENT in digits or _LONG_NUMBER in digits


def _refuse_depth() -> NoReturn:
    raise BadRequestError(f"The JSON is nested deeper than {MAX_DEPTH}.") from None


def _check_surrogates(data: bytes) -> None:
    """Refuse an escaped half of a surrogate pair: such text can be neither encoded nor stored."""
    high_end = -1
    for match in _ESCAPE.finditer(data):
        digits = match.group(1)
        code = int(digits, 16) if digits else 0
        if high_end >= 0:
            if match.start() != high_end or not 0xDC00 <= code <= 0xDFFF:
                break
            high_end = -1
        elif 0xD800 <= code <= 0xDBFF:
            high_end = match.end()
        elif 0xDC00 <= code <= 0xDFFF:
            high_end = 0
            break
    if high_end >= 0:
        raise BadRequestError("The JSON has a string with a lone surrogate.")


def _make_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadRequestError("The JSON has an object with a duplicate key.")
    return made


def _refuse_constant(_name: str) -> NoReturn:
    raise BadRequestError("The JSON has a number that is not finite.")


def _make_int(text: str) -> int:
    if len(text) > MAX_INTEGER_DIGITS and len(text.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise BadRequestError(f"The JSON has an integer of more than {MAX_INTEGER_DIGITS} digits.")
    return int(text)


def _make_float(text: str) -> float:
    value = float(text)
    if isinf(value):
        _refuse_constant(text)
    return value


def _make_exact_float(text: str) -> float:
    value = _make_float(text)
    # Above that many digits the comparison itself would cost; the float's own value serves.
    if len(text) <= MAX_INTEGER_DIGITS and Decimal(text) != Decimal(repr(value)):
        exact = ExactFloat(value)
        exact.text = text
        return exact
    return value


def _make_decoder(
    parse_int: Callable[[str], int] | None = None, parse_float: Callable[[str], float] | None = None
) -> JSONDecoder:
    return JSONDecoder(
        object_pairs_hook=_make_object, parse_constant=_refuse_constant, parse_int=parse_int, parse_float=parse_float
    )


_PLAIN_DECODER = _make_decoder()
_CAREFUL_DECODER = _make_decoder(_make_int, _make_float)
_EXACT_DECODER = _make_decoder(_make_int, _make_exact_float)
