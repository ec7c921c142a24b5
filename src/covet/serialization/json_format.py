"""
JSON: `application/json`, by msgspec when it is installed and else by the standard library.

Both engines write the same bytes. Neither is loaded before it is needed, since `import covet` is on
the way of every command.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from covet._extras import find_extra
from covet.serialization.contract import RETRIED, Serializer

Encode = Callable[[object], bytes]


class JSONSerializer(Serializer):
    """
    Read and write JSON.

    Args:
        encoders: Functions that make something JSON can write of types it does not know, by class;
            subclasses are found too.

    Raises:
        ConfigurationError: If a function is given for a type whose form is fixed.

    Example:
        >>> serializer = JSONSerializer(encoders={complex: lambda value: [value.real, value.imag]})
        >>> serializer.serialize({"point": 1 + 2j})
        b'{"point":[1.0,2.0]}'
        >>> serializer.deserialize(b'{"point":[1.0,2.0]}')
        {'point': [1.0, 2.0]}
    """

    features = frozenset({"text"})

    # Any: each function takes the class it stands under.
    def __init__(self, *, encoders: Mapping[type, Callable[[Any], object]] | None = None) -> None:
        # Imported here, at start-up: these need the modules of all the types that they know.
        from covet.serialization.builtin_forms import Forms
        from covet.serialization.json_writer import JSONWriter
        from covet.validation.strict_json import load_json

        forms = Forms(encoders)
        writer = JSONWriter(forms)
        msgspec = find_extra("msgspec")
        self._engine = "standard library" if msgspec is None else "msgspec"
        self._encode: Encode = writer.encode if msgspec is None else msgspec.json.Encoder(enc_hook=forms.extend).encode
        self._write = writer.write
        self._load = load_json

    @property
    def media_type(self) -> str:
        """`application/json`."""
        return "application/json"

    @property
    def aliases(self) -> Sequence[str]:
        """Every structured syntax on top of JSON (RFC 6839 §3.1)."""
        return ("application/*+json",)

    @property
    def engine(self) -> str:
        """Which engine writes: `"msgspec"` or `"standard library"`."""
        return self._engine

    @property
    def encode(self) -> Encode:
        """
        The engine's bare function, for code that is called for every request.

        It may raise where `serialize` would write or explain: whoever uses it calls `serialize` with
        the same value when it raises anything.
        """
        return self._encode

    def serialize(self, data: object) -> bytes:
        """
        Write a value.

        NaN and the infinities become `null`, a lone surrogate becomes U+FFFD.

        Raises:
            SerializationError: If a value has no form in JSON; it says which, and where.
        """
        try:
            return self._encode(data)
        except RETRIED:
            return self._write(data)

    # Any: what comes back has the shape that the sender chose.
    def deserialize(self, data: bytes) -> Any:
        """
        Read a value, within the limits of every JSON body.

        Raises:
            BadRequestError: If it is malformed, too deep, has a key twice, or a number out of range.
        """
        return self._load(data)


def encode_json(value: object) -> bytes:
    """
    Write a value as JSON.

    Raises:
        SerializationError: If a value has no form in JSON; it says which, and where.

    Example:
        >>> encode_json({"id": 7, "tags": ("a", "b"), 1: float("nan")})
        b'{"id":7,"tags":["a","b"],"1":null}'
    """
    # The way through the engine costs this frame and nothing else; `load_json_encoder` saves
    # the frame as well, for code that can handle the exceptions itself.
    try:
        return _encode(value)
    except RETRIED:
        return get_json_serializer().serialize(value)


def get_json_serializer() -> JSONSerializer:
    """
    Return the serializer that `encode_json` uses; it is made when it is first asked for.

    Example:
        >>> get_json_serializer() is get_json_serializer()
        True
    """
    global _default
    if _default is None:
        _default = JSONSerializer()
    return _default


def load_json_encoder() -> Encode:
    """
    Load the engine and return its bare function, to be called at start-up.

    What it returns is one call into C when msgspec is installed. It may raise where `encode_json`
    would write or explain: call `encode_json` with the same value when it raises anything.

    Example:
        >>> encode = load_json_encoder()
        >>> encode([1, 2])
        b'[1,2]'
    """
    return get_json_serializer().encode


def _encode_at_first(value: object) -> bytes:
    global _encode
    _encode = load_json_encoder()
    return _encode(value)


_encode: Encode = _encode_at_first
_default: JSONSerializer | None = None
