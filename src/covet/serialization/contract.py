"""
What a format has to do to be spoken here, and the error when a value cannot be written.

It must never name a format: those are the modules beside this one.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from covet.exceptions import ResponseError

# What quick engines raise for a value that a slower one either writes or explains.
RETRIED = (TypeError, ValueError, RecursionError, BufferError)


class Serializer(ABC):
    r"""
    Turn values into the bytes of one media type, and back.

    One instance serves every request and every thread: it keeps no state between calls.

    Attributes:
        contract_version: The version of this contract that a class was written for.
        features: What a format can do beyond the contract; ask `supports_feature`. The words in use:
            `"text"` (the bytes are UTF-8 text) and `"binary"` (bytes come back as bytes).

    Example:
        >>> class Lines(Serializer):
        ...     features = frozenset({"text"})
        ...
        ...     @property
        ...     def media_type(self) -> str:
        ...         return "text/x-lines"
        ...
        ...     def serialize(self, data):
        ...         return "\n".join(data).encode()
        ...
        ...     def deserialize(self, data):
        ...         return data.decode().split("\n")
        >>> Lines().deserialize(Lines().serialize(["one", "two"]))
        ['one', 'two']
        >>> Lines().supports_feature("binary")
        False
    """

    contract_version: ClassVar[int] = 1
    features: ClassVar[frozenset[str]] = frozenset()

    @property
    @abstractmethod
    def media_type(self) -> str:
        """The media type it writes, such as `"application/json"`."""

    @property
    def aliases(self) -> Sequence[str]:
        """
        Further media types it reads: exact ones, or a suffix as in `"application/*+json"`.

        They choose a serializer for a request's body and are never offered in an answer.
        """
        return ()

    @abstractmethod
    def serialize(self, data: object) -> bytes:
        """
        Write a value.

        Raises:
            SerializationError: If a value has no form in this format.
        """

    @abstractmethod
    # Any: what comes back has the shape that the sender chose.
    def deserialize(self, data: bytes) -> Any:
        """
        Read a value.

        Raises:
            BadRequestError: If the bytes are malformed.
        """

    def supports_feature(self, feature: str) -> bool:
        """Answer whether the format can do what a word of `features` names."""
        return feature in self.features


class SerializationError(ResponseError, TypeError):
    """
    A value has no form in the format it should be written in.

    Example:
        >>> error = SerializationError("object has no form in JSON.", hint="Return a dict.")
        >>> error.inside("items").inside(0).inside("a/b").pointer
        '/a~1b/0/items'
        >>> print(error)
        At /a~1b/0/items: object has no form in JSON.
          Return a dict.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self._steps: list[str] = []

    @property
    def pointer(self) -> str:
        """Where the value lies, as a JSON pointer (RFC 6901); `""` is the whole."""
        return "".join(f"/{step}" for step in reversed(self._steps))

    def inside(self, step: object) -> "SerializationError":
        """Note, on the way out, under which key or index the value lies."""
        self._steps.append(str(step).replace("~", "~0").replace("/", "~1"))
        return self

    def __str__(self) -> str:
        return f"At {self.pointer}: {super().__str__()}" if self._steps else super().__str__()
