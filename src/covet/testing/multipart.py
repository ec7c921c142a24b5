"""Bodies of HTML forms, as a browser writes them."""

import mimetypes
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

FileContent = bytes | str | IO[bytes]
# The content; or filename and content; or filename, content and media type.
FileValue = FileContent | tuple[str, FileContent] | tuple[str, FileContent, str]
FormValue = str | int | float | bool | None
FormData = Mapping[str, FormValue | Sequence[FormValue]] | Sequence[tuple[str, FormValue]]
Files = Mapping[str, FileValue] | Sequence[tuple[str, FileValue]]

# The standard library's own table, without the files of the machine: it answers alike everywhere, and reading
# them at the first upload would block the event loop.
_MEDIA_TYPES = mimetypes.MimeTypes()


def flatten_pairs(data: FormData) -> list[tuple[str, str]]:
    """
    Write a mapping's or a sequence's values as text, one pair for each.

    Example:
        >>> flatten_pairs({"page": 2, "tag": ["a", "b"], "all": True})
        [('page', '2'), ('tag', 'a'), ('tag', 'b'), ('all', 'true')]
    """
    pairs: list[tuple[str, str]] = []
    items: Iterable[tuple[str, FormValue | Sequence[FormValue]]] = data.items() if isinstance(data, Mapping) else data
    for name, value in items:
        if isinstance(value, str) or not isinstance(value, Sequence):
            pairs.append((name, _to_text(value)))
            continue
        pairs.extend((name, _to_text(item)) for item in value)
    return pairs


def _to_text(value: FormValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encode_multipart(data: FormData, files: Files, *, boundary: str | None = None) -> tuple[bytes, str]:
    r"""
    Write fields and files as multipart/form-data (RFC 7578).

    Returns:
        The body and its content type.

    Example:
        >>> body, content_type = encode_multipart({"a": "1"}, {"f": ("x.txt", b"hi")}, boundary="b")
        >>> content_type
        'multipart/form-data; boundary=b'
        >>> body.split(b"\r\n")[1]
        b'Content-Disposition: form-data; name="a"'
    """
    boundary = boundary or secrets.token_hex(16)
    delimiter = f"--{boundary}\r\n".encode()
    parts: list[bytes] = []
    for name, value in flatten_pairs(data):
        head = f'Content-Disposition: form-data; name="{_escape(name)}"\r\n\r\n'
        parts += (delimiter, head.encode(), value.encode(), b"\r\n")
    for name, file in files.items() if isinstance(files, Mapping) else files:
        filename, content, media_type = _read_file(name, file)
        head = (
            f'Content-Disposition: form-data; name="{_escape(name)}"; filename="{_escape(filename)}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        )
        parts += (delimiter, head.encode(), content, b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _escape(text: str) -> str:
    # As browsers do (HTML, "multipart form data"): nothing in a name can end its line.
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _read_file(field: str, file: FileValue) -> tuple[str, bytes, str]:
    filename: str | None = None
    media_type: str | None = None
    if isinstance(file, tuple):
        filename, content = file[0], file[1]
        media_type = file[2] if len(file) == 3 else None
    else:
        content = file
        name = getattr(file, "name", None)
        filename = name.replace("\\", "/").rpartition("/")[2] if isinstance(name, str) else "upload"
    if media_type is None:
        media_type = _MEDIA_TYPES.guess_type(filename)[0] or "application/octet-stream"
    if any(character in media_type for character in "\r\n\0"):
        raise ValueError(f"The media type of the file {field!r} must not have CR, LF or NUL, got {media_type!r}.")
    if isinstance(content, str):
        return filename, content.encode(), media_type
    return filename, content if isinstance(content, bytes) else content.read(), media_type
