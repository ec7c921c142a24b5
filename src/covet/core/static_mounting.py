"""
`static()`: directories of files among the routes, written once for routers and for the application.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from os import PathLike
from typing import Any

from covet.http.file_handler import FileHandler
from covet.types import ASGIApp


class StaticMounting(ABC):
    """`static()`, for whatever has `mount()`."""

    @abstractmethod
    def mount(
        self, prefix: str, app: ASGIApp | FileHandler, /, *, name: str | None = None, middleware: Sequence[object] = ()
    ) -> None:
        """Let something answer what no route below a prefix answers."""

    # Any: the options of `StaticFiles`, checked there.
    def static(
        self,
        prefix: str,
        directory: str | PathLike[str],
        *,
        name: str | None = None,
        middleware: Sequence[object] = (),
        **options: Any,
    ) -> None:
        """
        Serve the files of a directory below a prefix, where no route answers.

        Args:
            prefix: Such as `"/static"`; `"/"` for everything.
            directory: The directory.
            name: What `url_for()` knows it by: `url_for(name, path="css/site.css")`.
            middleware: Middleware around the files, inside the application's.
            **options: See `covet.staticfiles.StaticFiles`.

        Raises:
            ConfigurationError: If there is no such directory, or an option is wrong.
            RouteError: If the prefix is wrong or taken.
        """
        # Loaded here: many applications serve no files.
        from covet.staticfiles import StaticFiles

        self.mount(prefix, StaticFiles(directory, **options), name=name, middleware=middleware)
