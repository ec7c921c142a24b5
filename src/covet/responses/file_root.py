"""
A directory that paths of clients are looked up in, and never left.

A path is judged by its parts before the file system hears of it; what is found is judged by where it really is.
"""

import os
import stat
from pathlib import Path
from typing import Final

from covet.exceptions import ConfigurationError
from covet.http.file_names import is_usable_part
from covet.responses.open_file import NO_FOLLOW, OpenFile

_MAX_PARTS: Final = 64


class FileRoot:
    """
    A directory with files to send.

    Args:
        directory: The directory; a link to one will do.
        follow_symlinks: Also send what a symbolic link points to, as long as that is inside as well.
        dotfiles: Also send what a part of whose path begins with a dot.

    Attributes:
        path: The directory, absolute and without links.

    Raises:
        ConfigurationError: If there is no such directory, or it is the root of the file system.

    Example:
        >>> FileRoot("/nowhere")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: '/nowhere' is no directory: there are no files to send.
          Create it, or mend the path. A relative path starts in the working directory, here ...
        >>> root = FileRoot(".")
        >>> root.split("css/site.css"), root.split("../config.py"), root.split(".git/config")
        (['css', 'site.css'], None, None)
    """

    __slots__ = ("_dotfiles", "_follow", "_prefix", "path")

    def __init__(
        self, directory: str | os.PathLike[str], *, follow_symlinks: bool = False, dotfiles: bool = False
    ) -> None:
        if not isinstance(directory, str | os.PathLike):
            raise ConfigurationError(f"A directory is a path, got {directory!r}.")
        shown = os.fspath(directory)
        if not shown or not Path(shown).is_dir():
            raise ConfigurationError(
                f"{shown!r} is no directory: there are no files to send.",
                hint="Create it, or mend the path. "
                f"A relative path starts in the working directory, here {str(Path.cwd())!r}.",
            )
        self.path = os.path.realpath(shown)
        # APPSEC: the keys of the machine are below it, and the program itself.
        if self.path == os.path.dirname(self.path):  # noqa: PTH120 - of a text
            raise ConfigurationError(
                f"{shown!r} is the root of the file system: every file of the machine would be sent.",
                hint="Name the directory that holds what is meant for others.",
            )
        self._prefix = self.path.rstrip(os.sep) + os.sep
        self._follow = follow_symlinks
        self._dotfiles = dotfiles

    def split(self, path: str) -> list[str] | None:
        """
        Split a path of a client, decoded, into its parts; `None` if it is none that a file may have here.

        Nothing in here asks the file system.

        Args:
            path: The path below the directory, without a slash at its beginning or end.
        """
        parts = path.split("/")
        if len(parts) > _MAX_PARTS:
            return None
        for part in parts:
            if not is_usable_part(part) or (part[0] == "." and not self._dotfiles):
                return None
        return parts

    def open(self, parts: list[str], *, ending: str = "", coding: str | None = None) -> OpenFile:
        """
        Open a file. It blocks: call it in a thread.

        Args:
            parts: What `split()` gave.
            ending: What is added to the last part.
            coding: The coding that such a file has.

        Raises:
            FileNotFoundError: If there is no such file, or it is not to be sent.
            IsADirectoryError: If it is a directory.
        """
        try:
            return self._open(parts, ending, coding)
        except (FileNotFoundError, IsADirectoryError):
            raise
        # A part is no directory, too long, not to be read, or cannot be written in the file system's encoding.
        except (OSError, ValueError) as exc:
            raise FileNotFoundError("/".join(parts)) from exc

    def _open(self, parts: list[str], ending: str, coding: str | None) -> OpenFile:
        path = self._prefix[:-1]
        last = len(parts) - 1
        for number, part in enumerate(parts):
            path = f"{path}{os.sep}{part}{ending if number == last else ''}"
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                if not self._follow:
                    raise FileNotFoundError(path)
                return self._open_link(parts, ending, coding)
            if number < last and not stat.S_ISDIR(mode):
                raise FileNotFoundError(path)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(path)
        # What was no link may be one by now.
        return OpenFile(path, flags=NO_FOLLOW, coding=coding)

    def _open_link(self, parts: list[str], ending: str, coding: str | None) -> OpenFile:
        path = os.path.realpath(f"{self.path}{os.sep}{os.sep.join(parts)}{ending}", strict=True)  # noqa: PTH118
        # APPSEC: docs/security.md, row 39: a link is followed inside, and nowhere else.
        if not path.startswith(self._prefix):
            raise FileNotFoundError(path)
        return OpenFile(path, flags=NO_FOLLOW, coding=coding)
