"""
Bodies of multipart forms for tests, written by hand so that they can be wrong.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from covet.http.form_limits import FormLimits
from covet.http.form_parts import FormParts
from covet.http.multipart import Event, MultipartParser
from covet.http.part_headers import PartHead

BOUNDARY = "frontier"


def make_part(
    name: str = "a", content: bytes = b"1", *, filename: str | None = None, headers: Iterable[str] = ()
) -> bytes:
    """Write one part, with the boundary in front of it."""
    file = "" if filename is None else f'; filename="{filename}"'
    lines = [f'Content-Disposition: form-data; name="{name}"{file}', *headers]
    return b"--frontier\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n"


def make_body(*parts: bytes) -> bytes:
    """Write a whole body."""
    return b"".join(parts) + b"--frontier--\r\n"


def cut(body: bytes, size: int) -> list[bytes]:
    """Cut a body into pieces."""
    return [body[start : start + size] for start in range(0, len(body), size)]


def parse(body: bytes, size: int = 1_000_000, limits: FormLimits | None = None) -> list[Event]:
    """Feed a body in pieces to a parser, and return all that it makes."""
    parser = MultipartParser(BOUNDARY, limits or FormLimits())
    events = [event for piece in cut(body, size) for event in parser.feed(piece)]
    parser.finish()
    return events


def join(events: Iterable[Event]) -> list[tuple[str, str | None, bytes]]:
    """Put the events of a parser together: name, filename and content of each part."""
    parts: list[tuple[str, str | None, bytes]] = []
    for event in events:
        if isinstance(event, PartHead):
            parts.append((event.name, event.filename, b""))
        elif event is not None:
            name, filename, content = parts[-1]
            parts[-1] = (name, filename, content + event)
    return parts


def reader_of(chunks: Iterable[bytes]) -> Callable[[], Awaitable[bytes | None]]:
    """Make what gives the pieces of a body one by one."""
    iterator = iter(chunks)

    async def read() -> bytes | None:
        return next(iterator, None)

    return read


def make_parts(body: bytes, limits: FormLimits | None = None, size: int = 1_000_000) -> FormParts:
    """Make what iterates over the parts of a body."""
    return FormParts(reader_of(cut(body, size)), BOUNDARY, limits or FormLimits())


async def stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Send pieces without saying how many there are."""
    for chunk in chunks:
        yield chunk
