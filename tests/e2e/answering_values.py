"""
Values and exceptions that a test names in JSON, for an application that answers them.

JSON stands for itself; what JSON has no word for is `{"$": name, "of": …}`, read by `build_value`.
"""

import asyncio
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, NoReturn

from covet.exceptions import (
    ClientDisconnectedError,
    HTTPError,
    MethodNotAllowedError,
    NotFoundError,
    ResponseError,
    ValidationError,
)

# Any: the whole point is that a value may be anything.
Value = Any


class Hostile:
    """An object none of whose methods can be called without an error."""

    def fail(self, *args: object) -> NoReturn:
        """Fail."""
        raise ZeroDivisionError("hostile")

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __int__ = __index__ = fail
    __getitem__ = __lt__ = __le__ = __gt__ = __ge__ = __bytes__ = fail


class HostileText(str):
    """Text whose methods fail."""

    __slots__ = ()

    def fail(self, *args: object, **kwargs: object) -> NoReturn:
        """Fail."""
        raise ZeroDivisionError("hostile")

    encode = lower = strip = isascii = startswith = __repr__ = __str__ = fail


class LyingText(str):
    """Text that says it is harmless."""

    __slots__ = ()

    def isascii(self) -> bool:
        """Lie."""
        return True

    def isprintable(self) -> bool:
        """Lie."""
        return True


def _nest(depth: int) -> list[Value]:
    value: list[Value] = []
    for _ in range(depth):
        value = [value]
    return value


def _ring(_: object) -> list[Value]:
    value: list[Value] = []
    value.append(value)
    return value


def _yield_all(items: list[Value]) -> Iterator[Value]:
    yield from items


VALUES: dict[str, Callable[[Value], Value]] = {
    "bytes": bytes.fromhex,
    "bytearray": lambda text: bytearray.fromhex(text),
    "memoryview": lambda text: memoryview(bytes.fromhex(text)),
    "repeat": lambda of: of[0] * of[1],
    "float": float,
    "int": lambda digits: 10**digits,
    "enum": HTTPStatus,
    "set": lambda items: set(map(str, items)),
    "tuple": tuple,
    "pairs": lambda items: [tuple(item) for item in items],
    "object": lambda _: object(),
    "hostile": lambda _: Hostile(),
    "hostile text": HostileText,
    "lying text": LyingText,
    "nest": _nest,
    "ring": _ring,
    "generator": _yield_all,
    "class": lambda _: Hostile,
    "lambda": lambda _: lambda: None,
}


def build_value(described: Value) -> Value:
    """Make the value that JSON describes."""
    if isinstance(described, dict):
        if "$" in described:
            return VALUES[described["$"]](build_value(described["of"]))
        return {name: build_value(value) for name, value in described.items()}
    return [build_value(item) for item in described] if isinstance(described, list) else described


# ── Exceptions ───────────────────────────────────────────────────────────────


class Ending(BaseException):
    """An exception that no `except Exception` sees."""


class UnprintableError(Exception):
    """An exception that cannot be shown."""

    def fail(self) -> NoReturn:
        """Fail."""
        raise ZeroDivisionError("hostile")

    __str__ = __repr__ = fail


class UnprintableEnding(BaseException):
    """The same, where nobody catches it."""

    __str__ = __repr__ = UnprintableError.fail


class ExitingText(Exception):
    """An exception whose text ends the process."""

    def __str__(self) -> str:
        raise SystemExit(4)


class OddStatus(HTTPError):
    """An HTTP error of a status that its class made up."""

    def __init__(self, status: Value) -> None:
        super().__init__("odd")
        self.status_code = status


class HalfMade(HTTPError):
    """An HTTP error that never called its base."""

    def __init__(self) -> None:
        pass


class PropertyStatus(HTTPError):
    """An HTTP error whose status cannot be asked for."""

    @property
    def status_code(self) -> int:  # type: ignore[override]
        """Fail."""
        raise ZeroDivisionError("hostile")


def _recurse() -> NoReturn:
    _recurse()
    raise AssertionError


def _raise_chain(_: object) -> NoReturn:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    first.__context__, second.__context__ = second, first
    raise first


def _noted(note: Value) -> Exception:
    error = ValueError("noted")
    error.__notes__ = note
    return error


EXCEPTIONS: dict[str, Callable[[Value], BaseException]] = {
    "Exception": Exception,
    "KeyError": KeyError,
    "ZeroDivisionError": ZeroDivisionError,
    "MemoryError": MemoryError,
    "RecursionError": RecursionError,
    "StopIteration": StopIteration,
    "StopAsyncIteration": StopAsyncIteration,
    "GeneratorExit": GeneratorExit,
    "SystemExit": SystemExit,
    "KeyboardInterrupt": KeyboardInterrupt,
    "CancelledError": asyncio.CancelledError,
    "TimeoutError": TimeoutError,
    "BrokenPipeError": BrokenPipeError,
    "ConnectionResetError": ConnectionResetError,
    "OSError": OSError,
    "NotImplementedError": NotImplementedError,
    "AssertionError": AssertionError,
    "Ending": Ending,
    "Unprintable": lambda _: UnprintableError(),
    "UnprintableEnding": lambda _: UnprintableEnding(),
    "ExitingText": lambda _: ExitingText(),
    "UnicodeDecodeError": lambda _: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
    "SyntaxError": lambda of: SyntaxError("x", ("file", of, of, of)),
    "group": lambda of: ExceptionGroup("several", [ValueError("a"), UnprintableError(), KeyError(str(of))]),
    "group of one": lambda of: ExceptionGroup("one", [ExceptionGroup("one", [NotFoundError(str(of))])]),
    "base group": lambda _: BaseExceptionGroup("ending", [SystemExit(5), ValueError("a")]),
    "base group of exits": lambda _: BaseExceptionGroup("ending", [KeyboardInterrupt(), SystemExit(5)]),
    "HTTPError": lambda of: HTTPError(**of),
    "OddStatus": OddStatus,
    "HalfMade": lambda _: HalfMade(),
    "PropertyStatus": lambda _: PropertyStatus(),
    "MethodNotAllowed": lambda of: MethodNotAllowedError([of]),
    "ValidationError": ValidationError,
    "ResponseError": ResponseError,
    "ClientDisconnectedError": ClientDisconnectedError,
    "noted": _noted,
}


def raise_described(name: str, of: Value) -> NoReturn:
    """Raise what a test asks for."""
    if name == "recursion":
        _recurse()
    if name == "chain":
        _raise_chain(of)
    raise EXCEPTIONS[name](build_value(of))
