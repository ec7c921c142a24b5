"""
Bodies of `multipart/form-data`, fed in pieces to the parser of the `multipart` library.

It must never do anything but parse: no reading, no storing. The module is loaded with the first form of this kind.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from covet._extras import require_extra
from covet.exceptions import BadRequestError, MissingDependencyError
from covet.http.form_limits import FormLimits
from covet.http.part_headers import PartHead, read_part_head

_NEEDED_FOR: Final = "forms of multipart/form-data"

_LIBRARY: Final = require_extra("multipart", extra="standard", needed_for=_NEEDED_FOR)
if not hasattr(_LIBRARY, "PushMultipartParser"):
    # Another library, python-multipart, once had the same name for its module.
    raise MissingDependencyError("multipart", extra="standard", needed_for=_NEEDED_FOR)

# RFC 2046 §5.1.1: what a boundary may be; it does not end with a space.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")

# What a body is made of: the head of each part, then its bytes in pieces, then None for its end.
Event = PartHead | bytes | None


_NO_LINE: Final = "The form has something beside a boundary, which stands alone on its line."
# What the library says, as far as a word of it tells; whatever else it says is a form that is malformed.
_REASONS: Final = {
    "boundary": _NO_LINE,
    "continuation": "A header of a part of the form goes on in a second line.",
    "decode": "A header of a part of the form is not in UTF-8.",
    "line break": "A line of the form ends without a carriage return.",
    "Content-Length": "A part of the form has a Content-Length that is not its length.",
    "header": "A header of a part of the form is malformed.",
}


def _explain(said: str) -> str:
    return next((reason for word, reason in _REASONS.items() if word in said), "The form is malformed.")


class _Segment:
    """What the library keeps of a part while it parses it, and what its headers say."""

    __slots__ = ("bytes_received", "complete", "head")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.head = read_part_head(pairs)
        self.bytes_received = 0
        self.complete = False


class MultipartParser:
    r"""
    Make the parts of a body out of the pieces in which it comes.

    Args:
        boundary: What parts them, as the `Content-Type` says.
        limits: How many headers a part may have, and how large.

    Raises:
        BadRequestError: If the boundary is missing or malformed.

    Example:
        >>> parser = MultipartParser("b", FormLimits())
        >>> body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
        >>> head, value, end = parser.feed(body)
        >>> head.name, value, end, parser.is_complete
        ('a', b'1', None, True)
    """

    def __init__(self, boundary: str | None, limits: FormLimits) -> None:
        if boundary is None or not _BOUNDARY.fullmatch(boundary):
            raise BadRequestError("The boundary of the form is missing, malformed or longer than 70 characters.")
        self._limits = limits
        self._first = b"--" + boundary.encode()
        # What may hold the first boundary; None once it was found.
        self._preamble: bytes | None = b""
        # Any: the library has no types that a checker could see through the late import.
        self._library: Any = _LIBRARY
        self._parser: Any = self._library.PushMultipartParser(
            boundary,
            max_header_size=limits.max_part_header_size,
            max_header_count=limits.max_part_headers,
            strict=True,
        )
        # APPSEC: docs/security.md, row 11: the library would read every name once more, an escape at a time.
        self._parser._create_segment = _Segment  # noqa: SLF001 - made to be overridden

    @property
    def is_complete(self) -> bool:
        """Whether the last boundary has come; nothing behind it counts."""
        return self._preamble is None and self._parser._state is self._library._COMPLETE  # noqa: SLF001

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """
        Parse the next piece.

        Raises:
            BadRequestError: If the body is malformed, or a part's headers are too many or too large.
        """
        if self._preamble is not None:
            chunk = self._skip_preamble(self._preamble + chunk)
        if not chunk or self.is_complete:
            return
        try:
            for event in self._parser.parse(chunk):
                yield event.head if isinstance(event, _Segment) else event
        except self._library.ParserLimitReached as exc:
            limits = self._limits
            raise BadRequestError(
                f"A part of the form has more than {limits.max_part_headers} headers, or one of more than "
                f"{limits.max_part_header_size} bytes."
            ) from exc
        except self._library.MultipartError as exc:
            raise BadRequestError(_explain(str(exc.args[0] if exc.args else ""))) from exc

    def finish(self) -> None:
        """
        Say that the body is at its end.

        Raises:
            BadRequestError: If it ends before its last boundary.
        """
        if not self.is_complete:
            raise BadRequestError("The form ends before its last boundary.")

    def _skip_preamble(self, text: bytes) -> bytes:
        """Return what begins with the first boundary: the library would refuse, or not, by how the pieces are cut."""
        first = self._first
        start = text.find(first)
        if start < 0:
            # Two more bytes than a boundary cut short has: the line break in front of it.
            self._preamble = text[-(len(first) + 1) :]
            return b""
        if start and text[start - 2 : start] != b"\r\n":
            raise BadRequestError(_NO_LINE)
        self._preamble = None
        return text[start:]


__all__ = ["Event", "MultipartParser"]
