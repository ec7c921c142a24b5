"""
`StaticFiles`: the files of a directory, served below a prefix.

It must never send a byte from outside of its directory, nor list what is in it.
"""

import os
from collections.abc import Mapping
from typing import Final

from covet.exceptions import ConfigurationError, NotFoundError, suggest
from covet.http.content_codings import is_compressible, rank_codings
from covet.http.dates import format_http_date
from covet.http.file_handler import FileHandler
from covet.http.percent import encode_path
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.options import refuse_unknown
from covet.responses.file import FileResponse
from covet.responses.file_root import FileRoot
from covet.responses.redirect import RedirectResponse
from covet.responses.snapshot import FileSnapshot
from covet.staticfiles.hashed_names import make_hash_test
from covet.staticfiles.lookup import CODINGS, FileLookup, Found, Missing, Wanted, wants_page
from covet.staticfiles.queue import LookupQueue

_ASK_AGAIN: Final = "no-cache"
# RFC 9111 §5.2.2, RFC 8246, RFC 5861
_DIRECTIVES: Final = frozenset(
    {
        "immutable", "max-age", "must-revalidate", "must-understand", "no-cache", "no-store", "no-transform",
        "private", "proxy-revalidate", "public", "s-maxage", "stale-if-error", "stale-while-revalidate",
    }
)  # fmt: skip
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class StaticFiles(FileHandler):
    """
    The files of a directory.

    Only regular files inside it are found, by the very parts of the path that was asked for. What may change is sent
    with `Cache-Control: no-cache`: a client asks each time, and gets 304 if it has it. What a build tool has named by a
    hash of its content can be kept for ever: `immutable=True`.

    Args:
        directory: The directory.
        html: A path that ends with a slash is its `index.html`; a directory without the slash is redirected there.
        spa: The file that answers, to who takes HTML, where there is none: an application in the browser has the path.
        cache: `Cache-Control` of what may change: seconds, or the whole value; `None` is `no-cache`, which a page that
            stands for another path always has.
        immutable: Which names hold a hash of the content and are kept for ever: `True` for those that build tools
            write, where one has written the directory; a regular expression that is searched in them; none by default,
            since ordinary names may look the same.
        precompressed: Send `app.js.br`, `.zst` or `.gz` in place of `app.js` to clients that take them.
        follow_symlinks: Send what symbolic links point to, too, as long as that is inside of the directory.
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
        immutable: bool | str = False,
        precompressed: bool = True,
        follow_symlinks: bool = False,
        dotfiles: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        root = FileRoot(directory, follow_symlinks=follow_symlinks, dotfiles=dotfiles)
        self._lookup = FileLookup(root, html=html, spa=None if spa is None else _check_spa(root, spa))
        self._takes_pages = spa is not None
        self._codings = tuple(CODINGS) if precompressed else ()
        self._is_hashed = make_hash_test(immutable)
        self._cache_control = _make_cache_control(cache)
        self._headers = MutableHeaders(headers or {})
        self._queue = LookupQueue(self._find)

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
        path: str = request.path_values[0]
        codings = rank_codings(get("accept-encoding"), self._codings) if self._codings else ()
        takes_pages = self._takes_pages and wants_page(path, get("accept"))
        answer = await self._queue.ask(Wanted(path, codings, request.path.endswith("/"), takes_pages))
        if answer is Missing.SLASH:
            query = request.url.query
            target = f"{encode_path(request.root_path + request.path)}/{'?' if query else ''}{query}"
            return RedirectResponse(target, 308)
        if isinstance(answer, Missing):
            raise NotFoundError
        file, fixed = answer
        headers = MutableHeaders()
        headers.update(fixed)
        if file.content is None or request.method != "GET" or not _ASKING.isdisjoint(request.headers):
            return FileResponse.of(file, headers, request)
        # PERF: the usual request for a small file needs nothing of all that (benchmarks/static.py, small file).
        response = Response(file.content)
        response.headers = headers
        return response

    def _find(self, wanted: Wanted) -> tuple[FileSnapshot, MutableHeaders] | Missing:
        """Find a file and make the headers that it always has. It runs in a thread."""
        found = self._lookup.find(wanted)
        return found if isinstance(found, Missing) else (found.file, self._make_headers(found))

    def _make_headers(self, found: Found) -> MutableHeaders:
        file = found.file
        headers = MutableHeaders({"content-type": found.media_type, "x-content-type-options": "nosniff"})
        # Those that depend on the file come first, so that an application may have its own in their stead.
        headers["cache-control"] = self._choose_cache_control(found)
        headers.update(self._headers)
        if self._codings and is_compressible(found.media_type):
            headers.add_vary("Accept-Encoding")
        if file.coding is not None:
            headers["content-encoding"] = file.coding
        headers["etag"] = file.etag
        headers["last-modified"] = format_http_date(file.last_modified)
        headers["accept-ranges"] = "bytes"
        return headers

    def _choose_cache_control(self, found: Found) -> str:
        if found.is_page:
            return _ASK_AGAIN
        return _FOR_EVER if self._is_hashed(found.parts) else self._cache_control


# The headers that ask for anything but the whole file.
_ASKING: Final = frozenset(
    {"range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)


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


def _check_cache_control(value: str) -> str:
    for part in value.split(","):
        name = part.partition("=")[0].strip().lower()
        if name not in _DIRECTIVES:
            raise ConfigurationError(
                f"cache has {name!r}, which Cache-Control does not know.", hint=suggest(name, _DIRECTIVES)
            )
    return value


def _make_cache_control(cache: int | str | None) -> str:
    if cache is None:
        return _ASK_AGAIN
    if isinstance(cache, str) and cache:
        return _check_cache_control(cache)
    if isinstance(cache, int) and not isinstance(cache, bool) and cache >= 0:
        return f"public, max-age={cache}"
    raise ConfigurationError(
        f"cache must be a number of seconds, a Cache-Control or None, got {cache!r}.", hint="Write cache=3600."
    )
