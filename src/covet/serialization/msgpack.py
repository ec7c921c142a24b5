"""
MessagePack: `application/msgpack`, by msgspec.

It needs `covetpy[standard]`, and says so when a serializer is made.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from covet._extras import require_extra
from covet.exceptions import BadRequestError
from covet.serialization.contract import SerializationError, Serializer

# The same depth that a JSON body may have.
MAX_DEPTH = 100


class MessagePackSerializer(Serializer):
    """
    Read and write MessagePack.

    Args:
        encoders: Functions that make something writable of types it does not know, by class;
            subclasses are found too.

    Raises:
        MissingDependencyError: If msgspec is not installed.
        ConfigurationError: If a function is given for a type whose form is fixed.

    Example:
        >>> serializer = MessagePackSerializer()
        >>> serializer.deserialize(serializer.serialize({"id": 7, "raw": b"bytes"}))
        {'id': 7, 'raw': b'bytes'}
    """

    features = frozenset({"binary"})

    # Any: each function takes the class it stands under.
    def __init__(self, *, encoders: Mapping[type, Callable[[Any], object]] | None = None) -> None:
        msgspec = require_extra("msgspec", extra="standard", needed_for="MessagePackSerializer")
        # Imported here, at start-up: it needs the modules of all the types that it knows.
        from covet.serialization.builtin_forms import Forms

        hook = Forms(encoders, language="MessagePack").extend
        self._encode: Callable[[object], bytes] = msgspec.msgpack.Encoder(enc_hook=hook).encode
        self._decode: Callable[[bytes], object] = msgspec.msgpack.Decoder(ext_hook=_refuse_extension).decode
        self._to_builtins: Callable[..., object] = msgspec.to_builtins
        self._hook = hook

    @property
    def media_type(self) -> str:
        """`application/msgpack`."""
        return "application/msgpack"

    @property
    def aliases(self) -> Sequence[str]:
        """The name that is registered, and the one that was used before."""
        return ("application/vnd.msgpack", "application/x-msgpack")

    def serialize(self, data: object) -> bytes:
        """
        Write a value; a lone surrogate becomes U+FFFD.

        Raises:
            SerializationError: If a value has no form in MessagePack.
        """
        try:
            return self._encode(data)
        except UnicodeEncodeError:
            # Bytes stay bytes; everything else that is not text already becomes a builtin type.
            plain = self._to_builtins(data, builtin_types=(bytes, bytearray), enc_hook=self._hook)
            return self._encode(_repair(plain))
        except OverflowError as exc:
            raise SerializationError(
                "an integer has more than the 64 bits that MessagePack has for it.", hint="Return it as text."
            ) from exc
        except BufferError as exc:
            raise SerializationError("a memoryview has gaps.", hint="Return bytes(view) instead.") from exc
        except RecursionError:
            raise SerializationError(
                "the value contains itself, or is nested too deeply.", hint="Return a tree that ends."
            ) from None

    # Any: what comes back has the shape that the sender chose.
    def deserialize(self, data: bytes) -> Any:
        """
        Read a value.

        Raises:
            BadRequestError: If it is malformed, deeper than 100 levels, or holds NaN, an infinity, an
                extension type, or a key that is a container.
        """
        try:
            value = self._decode(data)
        except RecursionError:
            raise BadRequestError(f"The MessagePack is nested deeper than {MAX_DEPTH} levels.") from None
        except ValueError:
            raise BadRequestError("The MessagePack is malformed.") from None
        _check_limits(value)
        return value


def _refuse_extension(_code: int, _data: memoryview) -> NoReturn:
    raise ValueError("extension types are not read")


def _check_limits(value: object) -> None:
    """Go through a value level by level, so that no depth can exhaust the stack."""
    level = [value]
    depth = 0
    while level:
        below: list[object] = []
        containers = False
        for item in level:
            if isinstance(item, float) and not math.isfinite(item):
                raise BadRequestError("The MessagePack holds a number that is not finite.")
            if isinstance(item, dict):
                if any(isinstance(key, tuple) for key in item):
                    raise BadRequestError("The MessagePack has a key that is a container.")
                below.extend(item)
                below.extend(item.values())
                containers = True
            elif isinstance(item, list):
                below.extend(item)
                containers = True
        depth += containers
        if depth > MAX_DEPTH:
            raise BadRequestError(f"The MessagePack is nested deeper than {MAX_DEPTH} levels.")
        level = below


def _repair(value: object) -> object:
    from covet.serialization.json_writer import repair_text

    if isinstance(value, str):
        return repair_text(value)
    if isinstance(value, dict):
        return {_repair(key): _repair(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_repair(item) for item in value)
    return value
