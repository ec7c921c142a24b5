"""
One event of a stream that a browser's `EventSource` reads (HTML Living Standard, §9.2 Server-sent events).

What would begin another field, or end the event, is refused where it cannot be meant and split where it can: nothing
that a value holds becomes a field of its own.
"""

import re
from typing import Final

from covet.exceptions import ResponseError
from covet.serialization import encode_json

# §9.2.5: a line ends with CRLF, LF or CR, and with nothing else that Python takes for an end of lines.
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_FORBIDDEN: Final = re.compile(r"[\r\n\0]")
# The greatest number of milliseconds that a browser's timer takes.
_MAX_RETRY: Final = 2**31 - 1


class ServerSentEvent:
    r"""
    An event of an `EventStream`.

    An event with `data` is dispatched by the browser; without it, `id`, `retry` and `comment` still have their effect.
    It is written once, so that one event may go to many streams; its fields cannot be changed.

    Args:
        data: What happened: text as it is, which may have several lines, and everything else as JSON.
        event: Its type, for `addEventListener`; a browser calls it `"message"` if there is none.
        id: What the browser sends as `Last-Event-ID` when it comes back.
        retry: Milliseconds after which the browser comes back.
        comment: Text that the browser ignores.

    Raises:
        ResponseError: If `event` or `id` holds a line break or NUL, `retry` is no number of milliseconds, there is
            nothing in it, or the data has no form in JSON.

    Example:
        >>> ServerSentEvent("two\nlines", event="note", id="7").encode()
        b'event: note\nid: 7\ndata: two\ndata: lines\n\n'
        >>> ServerSentEvent({"done": 3}).encode()
        b'data: {"done":3}\n\n'
    """

    __slots__ = ("_comment", "_data", "_encoded", "_event", "_id", "_retry")

    def __init__(
        self,
        data: object = None,
        *,
        event: str | None = None,
        id: str | None = None,  # noqa: A002 - the field's name
        retry: int | None = None,
        comment: str | None = None,
    ) -> None:
        self._data = data
        self._event = None if event is None else _check_line("event", event)
        self._id = None if id is None else _check_line("id", id)
        self._retry = None if retry is None else check_retry(retry)
        self._comment = comment
        if comment is not None and not isinstance(comment, str):
            raise ResponseError(f"A comment must be a text, got {comment!r}.")
        if all(field is None for field in (data, event, id, retry, comment)):
            raise ResponseError("An event has at least one field.", hint="Write ServerSentEvent(None, comment='ping').")
        self._encoded: bytes | None = None

    @property
    def data(self) -> object:
        """What happened."""
        return self._data

    @property
    def event(self) -> str | None:
        """Its type."""
        return self._event

    @property
    def id(self) -> str | None:
        """What a browser sends as `Last-Event-ID` when it comes back."""
        return self._id

    @property
    def retry(self) -> int | None:
        """Milliseconds after which a browser comes back."""
        return self._retry

    @property
    def comment(self) -> str | None:
        """Text that a browser ignores."""
        return self._comment

    def encode(self) -> bytes:
        """
        Write the event as it goes to the wire.

        Raises:
            SerializationError: If the data has no form in JSON.
        """
        encoded = self._encoded
        if encoded is None:
            encoded = self._encoded = self._write()
        return encoded

    def _write(self) -> bytes:
        head = ""
        if self.comment is not None:
            head = "".join(f": {line}\n" for line in _LINE_END.split(self.comment))
        if self.event is not None:
            head += f"event: {self.event}\n"
        if self.id is not None:
            head += f"id: {self.id}\n"
        if self.retry is not None:
            head += f"retry: {self.retry}\n"
        return encode_data(self.data, head)

    def __repr__(self) -> str:
        fields = [
            f"{name}={value!r}"
            for name in ("event", "id", "retry", "comment")
            if (value := getattr(self, name)) is not None
        ]
        return f"ServerSentEvent({', '.join([repr(self.data), *fields])})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServerSentEvent) and self.encode() == other.encode()

    def __hash__(self) -> int:
        return hash(self.encode())


def encode_data(data: object, head: str = "") -> bytes:
    r"""
    Write an event of some data behind its other fields.

    Args:
        data: Text, or what becomes JSON; `None` is no data.
        head: The other fields, written.

    Raises:
        ResponseError: If it is bytes, which an event cannot carry.
        SerializationError: If it has no form in JSON.

    Example:
        >>> encode_data([1, 2])
        b'data: [1,2]\n\n'
    """
    if isinstance(data, str):
        # PERF: nearly every text is one line, and is not split (benchmarks/event_streams.py).
        if "\n" not in data and "\r" not in data:
            return f"{head}data: {data}\n\n".encode("utf-8", "replace")
        lines = "".join(f"data: {line}\n" for line in _LINE_END.split(data))
        return f"{head}{lines}\n".encode("utf-8", "replace")
    if data is None:
        return f"{head}\n".encode("utf-8", "replace")
    if isinstance(data, (bytes, bytearray, memoryview)):
        raise ResponseError(
            f"An event's data is text, got {type(data).__name__}.",
            hint="Decode it, or encode what is no text in base64.",
        )
    # JSON has no line breaks but escaped ones.
    return b"%sdata: %s\n\n" % (head.encode("utf-8", "replace"), encode_json(data))


def check_retry(retry: int) -> int:
    """
    Return a number of milliseconds, or refuse it.

    Raises:
        ResponseError: If a browser would not read it.

    Example:
        >>> check_retry(3000)
        3000
    """
    if type(retry) is not int or not 0 <= retry <= _MAX_RETRY:
        raise ResponseError(f"retry must be milliseconds from 0 to {_MAX_RETRY}, got {retry!r}.")
    return retry


def _check_line(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise ResponseError(f"The {name} of an event must be a text, got {value!r}.")
    # APPSEC: docs/security.md, row 49: a line break would begin a field of the value's own.
    if _FORBIDDEN.search(value):
        raise ResponseError(f"The {name} of an event has a line break or NUL: {value!r}.", hint="Leave it out.")
    return value
