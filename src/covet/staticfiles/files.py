"""
`StaticFiles`: the files of a directory, served below a prefix.

It must never send a byte from outside of its directory, nor list what is in it.
"""

import os
import re
from collections.abc import Mapping
from typing import Final

from covet.exceptions import ConfigurationError
from covet.http.content_codings import rank_codings
from covet.http.file_handler import FileHandler
from covet.http.percent import encode_path
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.options import refuse_unknown
from covet.responses.file_root import FileRoot
from covet.responses.redirect import RedirectResponse
from covet.staticfiles.lookup import CODINGS, FileLookup, SlashMissing
from covet.staticfiles.response import StaticFileResponse

# What build tools put into names: eight or more hexadecimal digits, with a letter and a digit among them, so that no
# date is taken for one; or eight characters of base64 with both cases and a digit (Vite).
HASHED: Final = (
    r"[.\-_](?:(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}"
    r"|(?=[A-Za-z0-9_-]{0,7}[0-9])(?=[A-Za-z0-9_-]{0,7}[a-z])(?=[A-Za-z0-9_-]{0,7}[A-Z])[A-Za-z0-9_-]{8})\.[a-z0-9.]+$"
)
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class StaticFiles(FileHandler):
    """
    The files of a directory.

    Only regular files inside it are found, by the very parts of the path that was asked for. What may change is sent
    with `Cache-Control: no-cache`: a client asks each time, and gets 304 if it has it. A name that holds a hash of its
    content is kept for ever.

    Args:
        directory: The directory.
        html: A path that ends with a slash is its `index.html`; a directory without the slash is redirected there.
        spa: The file that answers, to who takes HTML, where there is none: an application in the browser has the path.
        cache: `Cache-Control` of what may change: seconds, or the whole value; `None` is `no-cache`.
        immutable: Which names hold a hash: a regular expression that is searched in them, `True` for what build tools
            write, `False` for none.
        precompressed: Send `app.js.br`, `.zst` or `.gz` in place of `app.js` to clients that take them.
        follow_symlinks: Send what symbolic links point to outside of the directory, too.
        dotfiles: Send what a part of whose path begins with a dot, too.
        headers: Headers of every file.

    Raises:
        ConfigurationError: If there is no such directory or no such `spa`, or an option is wrong.

    Example:
        >>> from covet import CovetPy
        >>> StaticFiles("/nowhere")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: '/nowhere' is no directory: there are no files to send.
          Create it, or mend the path. A relative path starts in the working directory, here ...
    """

    @refuse_unknown
    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        html: bool = False,
        spa: str | None = None,
        cache: int | str | None = None,
        immutable: bool | str = True,
        precompressed: bool = True,
        follow_symlinks: bool = False,
        dotfiles: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        root = FileRoot(directory, follow_symlinks=follow_symlinks, dotfiles=dotfiles)
        self._lookup = FileLookup(root, html=html, spa=None if spa is None else _check_spa(root, spa))
        self._codings = tuple(CODINGS) if precompressed else ()
        self._hashed = _compile_hashed(immutable)
        self._headers = MutableHeaders({**(headers or {}), "x-content-type-options": "nosniff"})
        self._changing = MutableHeaders({"cache-control": _make_cache_control(cache)})
        self._kept = MutableHeaders({"cache-control": _FOR_EVER})

    @property
    def directory(self) -> str:
        """The directory, absolute and without links."""
        return self._lookup.root.path

    async def answer(self, request: Request) -> Response:
        """
        Answer with the file that a path leads to.

        Raises:
            NotFoundError: If it leads to none.
        """
        get = request.headers.get
        codings = rank_codings(get("accept-encoding"), self._codings) if self._codings else ()
        path = request.path_values[0] if request.path_values else request.path[1:]
        response = StaticFileResponse(self, path, codings, get("accept"), is_directory=request.path.endswith("/"))
        try:
            await response.prepare(request)
        except SlashMissing:
            query = request.url.query
            target = f"{encode_path(request.root_path + request.path)}/{'?' if query else ''}{query}"
            return RedirectResponse(target, 308)
        return response.as_plain()

    @property
    def lookup(self) -> FileLookup:
        """What finds the files."""
        return self._lookup

    def set_headers(self, headers: MutableHeaders, name: str, *, is_page: bool) -> None:
        """
        Set the headers of a file that was found.

        Args:
            headers: Where to set them.
            name: The name that was asked for.
            is_page: It stands for another path, as `index.html` does: nothing about it is for ever.
        """
        headers.update(self._headers)
        if "cache-control" not in self._headers:
            is_hashed = not is_page and self._hashed is not None and self._hashed.search(name) is not None
            headers.update(self._kept if is_hashed else self._changing)

    @property
    def varies(self) -> bool:
        """Whether a client has a choice of codings."""
        return bool(self._codings)


def _check_spa(root: FileRoot, spa: str) -> list[str]:
    parts = root.split(spa) if isinstance(spa, str) else None
    if parts is not None:
        try:
            root.open(parts).close()
        except OSError:
            pass
        else:
            return parts
    raise ConfigurationError(
        f"spa={spa!r} is no file below {root.path!r}.", hint="Build the pages first, or mend the name: 'index.html'."
    )


def _compile_hashed(immutable: bool | str) -> re.Pattern[str] | None:
    if isinstance(immutable, bool):
        return re.compile(HASHED) if immutable else None
    try:
        return re.compile(immutable)
    except (re.error, TypeError) as exc:
        raise ConfigurationError(
            f"immutable must be True, False or a regular expression, got {immutable!r}.",
            hint=r"Write immutable=r'\.[0-9a-f]{8}\.' for names such as app.1a2b3c4d.js.",
        ) from exc


def _make_cache_control(cache: int | str | None) -> str:
    if cache is None:
        return "no-cache"
    if isinstance(cache, str) and cache:
        return cache
    if isinstance(cache, int) and not isinstance(cache, bool) and cache >= 0:
        return f"public, max-age={cache}"
    raise ConfigurationError(
        f"cache must be a number of seconds, a Cache-Control or None, got {cache!r}.", hint="Write cache=3600."
    )
