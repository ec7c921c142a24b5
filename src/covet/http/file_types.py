"""
Media types by the endings of file names, never by what is in the file.

The machine's own tables are not asked: what a file is must not depend on where it is served.
"""

from typing import Final

from covet.http.response import BYTES

_TYPES: Final = {
    "aac": "audio/aac",
    "apng": "image/apng",
    "atom": "application/atom+xml",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "ics": "text/calendar; charset=utf-8",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "jxl": "image/jxl",
    "m4a": "audio/mp4",
    "map": "application/json",
    "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "rss": "application/rss+xml",
    "rtf": "application/rtf",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
    "zst": "application/zstd",
}


def guess_media_type(name: str) -> str:
    """
    Tell the media type of a file by its name; `application/octet-stream` if the ending says nothing.

    Example:
        >>> guess_media_type("app.JS"), guess_media_type("notes.unknown")
        ('text/javascript; charset=utf-8', 'application/octet-stream')
    """
    _, dot, ending = name.rpartition(".")
    if not dot:
        return BYTES
    ending = ending.lower()
    known = _TYPES.get(ending)
    return known if known is not None else _look_up(ending)


def _look_up(ending: str) -> str:
    """Look an ending up that is not among the usual ones, in the table of the standard library."""
    # Loaded here: hardly any file needs it. A table of one's own holds nothing of the machine's.
    from mimetypes import MimeTypes

    return MimeTypes().types_map[True].get(f".{ending}", BYTES)


__all__ = ["guess_media_type"]
