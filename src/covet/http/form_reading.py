"""
Reading a whole form, of either content type: fields into memory, files into memory or onto the disk.

Whatever ends the reading early leaves no file behind.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Final

from covet.exceptions import BadRequestError, HTTPError, MissingDependencyError, UnsupportedMediaTypeError
from covet.http.forms import FormData
from covet.http.part_headers import find_codec
from covet.http.uploads import UploadFile, close_uploads

if TYPE_CHECKING:
    # Urlencoded forms need no library.
    from covet.http.form_parts import FormPart, FormParts

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"


_logger = logging.getLogger("covet.http.forms")


def reads_multipart() -> bool:
    """Tell whether the library that reads forms of `multipart/form-data` is installed."""
    try:
        import_module("covet.http.multipart")
    except MissingDependencyError:
        return False
    return True


async def read_multipart(parts: "FormParts", *, charset: str = "utf-8") -> FormData:
    """
    Read the parts of a form, each into a field or a file.

    Args:
        parts: The parts.
        charset: The charset of the fields that name none.

    Raises:
        BadRequestError: If the body is malformed, or a field is not text in its charset.
        ContentTooLargeError: If a limit is passed.
        UnsupportedMediaTypeError: If a charset is none that forms are understood in.
    """
    codec = find_codec(charset)
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, UploadFile]] = []
    try:
        room = parts.limits.memory
        async for part in parts:
            if part.filename is None:
                fields.append((part.name, await _read_text(part, codec)))
                continue
            upload = UploadFile(part.filename, part.headers)
            files.append((part.name, upload))
            room = await _receive(part, upload, room)
            if not (upload.size or part.filename or _has_name(part)):
                # So browsers send a file input in which nobody chose a file.
                files.pop()
    except GeneratorExit:
        # Nothing can be awaited while a coroutine is closed.
        for _, upload in files:
            upload.close_at_once()
        raise
    except BaseException:
        await close_uploads([upload for _, upload in files])
        raise
    return FormData(fields, files)


async def _receive(part: "FormPart", upload: UploadFile, room: int) -> int:
    """Receive a file, and return how many bytes of further ones may stay in memory."""
    async for chunk in part:
        await upload.append(chunk, keeps_in_memory=upload.size + len(chunk) <= room)
    await upload.rewind()
    return room - upload.size if upload.is_in_memory else room


async def _read_text(part: "FormPart", codec: str) -> str:
    data = await part.read()
    try:
        return data.decode(part.charset or codec)
    except UnicodeError as exc:
        raise BadRequestError("A field of the form is not text in its charset.") from exc


def _has_name(part: "FormPart") -> bool:
    """Tell whether the client gave a name of which nothing was left."""
    return 'filename=""' not in (part.headers.get("content-disposition") or "")


def refuse_media_type(content_type: str | None) -> HTTPError:
    """
    Make the error of a body that is no form.

    Example:
        >>> refuse_media_type(None).detail
        'The body has no Content-Type.'
    """
    return UnsupportedMediaTypeError(
        [URLENCODED, MULTIPART], "The body has no Content-Type." if content_type is None else None
    )


def refuse_multipart() -> HTTPError:
    """
    Make the error of a form that only a library can read, which is not there: the log says what to install.

    Example:
        >>> refuse_multipart().detail
        'Only forms of application/x-www-form-urlencoded are understood here.'
    """
    _logger.warning(
        "A form of multipart/form-data was refused: the library for it is not installed. "
        'Install it with: pip install "covetpy[standard]"'
    )
    return UnsupportedMediaTypeError([URLENCODED], f"Only forms of {URLENCODED} are understood here.")


__all__ = [
    "MULTIPART",
    "URLENCODED",
    "read_multipart",
    "reads_multipart",
    "refuse_media_type",
    "refuse_multipart",
]
