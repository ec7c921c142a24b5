"""
JSON in plain Python, byte for byte what msgspec writes.

It writes what the quick engines refuse, and says where a value lies that has no form. It is imported
at the first use of JSON, never by `import covet`.
"""

import math
from collections.abc import Callable
from enum import Enum
from json import JSONEncoder
from json.encoder import encode_basestring
from re import compile as compile_pattern

from covet.serialization.builtin_forms import CONSTANTS, Forms
from covet.serialization.contract import RETRIED, SerializationError
from covet.serialization.models import find_model_reader, raw_text

_Write = Callable[[str], None]

_EXPONENT = compile_pattern(r"[0-9]e[-+][0-9]")


def float_text(value: float) -> str:
    """
    Write a finite number in its shortest form, with the exponent as msgspec spells it.

    Example:
        >>> float_text(1.0), float_text(1e16), float_text(1.5e-5), float_text(1e-7)
        ('1.0', '1e16', '0.000015', '1e-7')
    """
    text = float.__repr__(value)
    digits, mark, exponent = text.partition("e")
    if not mark:
        return text
    if exponent == "-05":
        sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
        return f"{sign}0.0000{digits.replace('.', '')}"
    return f"{digits}e{int(exponent)}"


def repair_text(text: str) -> str:
    """
    Put U+FFFD in the place of lone surrogates, which no UTF-8 can carry.

    Example:
        >>> repair_text("a" + chr(0xD800) + "b")
        'a\N{REPLACEMENT CHARACTER}b'
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode_text(text: str) -> bytes:
    """Encode as UTF-8, whatever the text contains."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return repair_text(text).encode("utf-8")


class JSONWriter:
    """
    Write JSON in plain Python.

    Args:
        forms: What values look like that JSON has no type for.

    Example:
        >>> JSONWriter(Forms()).write({"price": 1e16, "tags": {"new"}})
        b'{"price":1e16,"tags":["new"]}'
    """

    def __init__(self, forms: Forms) -> None:
        self._simplify = forms.simplify
        self._extend = forms.extend
        # The standard library's own engine in C would write subclasses of these without asking.
        quick = not any(issubclass(base, cls) for cls in forms.encoders for base in (str, int, float)) and not any(
            issubclass(cls, str | int | float) for cls in forms.encoders
        )
        self._quick = (
            JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=self._simplify).encode
            if quick
            else None
        )

    def encode(self, value: object) -> bytes:
        """
        Write a value with the standard library's engine, and by `write` where that would differ.

        Raises:
            SerializationError: If a value has no form in JSON.
        """
        if self._quick is None:
            return self.write(value)
        try:
            text = self._quick(value)
        except RETRIED:
            return self.write(value)
        if ("e-" in text or "e+" in text) and _EXPONENT.search(text):
            return self.write(value)
        return encode_text(text)

    def write(self, value: object) -> bytes:
        """
        Write a value, each part by itself.

        Raises:
            SerializationError: If a value has no form in JSON; it says which, and where.
        """
        parts: list[str] = []
        try:
            self._write_value(value, parts.append)
        except RecursionError:
            raise SerializationError(
                "the value contains itself, or is nested too deeply.", hint="Return a tree that ends."
            ) from None
        return encode_text("".join(parts))

    def _write_value(self, value: object, write: _Write) -> None:
        cls = type(value)
        if isinstance(value, str) and cls is str:
            write(encode_basestring(value))
        elif value is None or value is True or value is False:
            write(CONSTANTS[value])
        elif isinstance(value, int) and cls is int:
            write(_int_text(value))
        elif isinstance(value, float) and cls is float:
            write(float_text(value) if math.isfinite(value) else "null")
        elif isinstance(value, dict):
            self._write_object(value, write)
        elif isinstance(value, list | tuple):
            self._write_array(value, write)
        elif (written := raw_text(value)) is not None:
            write(written)
        else:
            self._write_value(self._simplify(value), write)

    def _write_object(self, members: dict[object, object], write: _Write) -> None:
        mark = "{"
        for key, member in members.items():
            write(mark)
            write(encode_basestring(key if type(key) is str else self._key_text(key)))
            write(":")
            try:
                self._write_value(member, write)
            except SerializationError as exc:
                raise exc.inside(key if isinstance(key, str) else self._key_text(key)) from exc.__cause__
            mark = ","
        write("}" if mark == "," else "{}")

    def _write_array(self, items: list[object] | tuple[object, ...], write: _Write) -> None:
        mark = "["
        for index, item in enumerate(items):
            write(mark)
            try:
                self._write_value(item, write)
            except SerializationError as exc:
                raise exc.inside(index) from exc.__cause__
            mark = ","
        write("]" if mark == "," else "[]")

    def _key_text(self, key: object) -> str:
        cls = type(key)
        if isinstance(key, str) and cls is str:
            return key
        if isinstance(key, int) and cls is int:
            return _int_text(key)
        if isinstance(key, float) and cls is float:
            return float_text(key)
        # As for msgspec: containers and models are no keys, whatever form they have as values.
        if isinstance(key, dict | list | tuple | set | frozenset | memoryview):
            return self._key_text(self._extend(key))
        if not isinstance(key, Enum) and find_model_reader(cls) is not None:
            return self._key_text(self._extend(key))
        return self._key_text(self._simplify(key))


def _int_text(value: int) -> str:
    try:
        return int.__repr__(value)
    except ValueError:
        raise SerializationError(
            "an integer has more digits than Python writes.", hint="Return it as hexadecimal text."
        ) from None
