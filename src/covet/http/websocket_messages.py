"""
Messages of a WebSocket: how large one is, and what it says as JSON.
"""

from functools import lru_cache
from typing import Any

from covet.exceptions import HTTPError, ValidationError
from covet.http.websocket_codes import INVALID, POLICY
from covet.http.websocket_errors import WebSocketMessageError
from covet.introspection import Annotation
from covet.serialization import get_json_serializer
from covet.validation import Validator, compile_validator


def is_larger(message: str | bytes, size: int) -> bool:
    """
    Tell whether a message has more bytes than are allowed.

    Example:
        >>> is_larger("caf\u00e9", 4), is_larger(b"1234", 4)
        (True, False)
    """
    # A character has at most four bytes.
    if len(message) * 4 <= size:
        return False
    return len(message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message) > size


# Any: the type is known to the caller alone.
def read_json(message: str | bytes, model: Annotation) -> Any:
    """
    Read a message as JSON.

    Args:
        message: The message.
        model: The type that it must have; `None` takes any.

    Raises:
        WebSocketMessageError: If it does not fit.

    Example:
        >>> read_json('{"room": 7}', dict[str, int])
        {'room': 7}
    """
    data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    try:
        if model is None:
            return get_json_serializer().deserialize(data)
        return _find_validator(model).decode_json(data)
    except ValidationError as exc:
        errors = [type(item)("message", item.pointer, item.message, item.type) for item in exc.errors]
        raise WebSocketMessageError("A message does not fit its type.", code=POLICY, errors=errors) from None
    except HTTPError:
        raise WebSocketMessageError("A message is no JSON.", code=INVALID) from None


# Any: the type is known to the caller alone.
def _find_validator(model: Annotation) -> Validator[Any]:
    try:
        return _compile_once(model)
    except TypeError:
        # Such as Literal[...] with something in it that cannot be hashed.
        return compile_validator(model)


# Any: as above.
@lru_cache(maxsize=512)
def _compile_once(model: Annotation) -> Validator[Any]:
    return compile_validator(model)
