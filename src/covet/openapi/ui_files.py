"""
The files of Swagger UI and Redoc: other people's work, which a build step fetches and the wheel includes.

They are never part of the repository: `scripts/fetch_ui.py` puts them into the folder `ui` beside this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "ui"


_EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_SCROLL_BARS: Final = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"


@dataclass(frozen=True, slots=True)
class UI:
    """
    A page that shows documents.

    Attributes:
        name: What its users call it.
        files: Its files, each with its media type.
        licences: The files with its licences.
        policy: What it needs of a page's Content-Security-Policy beyond the files.
    """

    name: str
    files: dict[str, str]
    licences: tuple[str, ...]
    policy: tuple[str, ...] = ("style-src 'self'",)

    @property
    def is_there(self) -> bool:
        """Whether all its files are."""
        return all((FOLDER / name).is_file() for name in self.files)


SWAGGER: Final = UI(
    "Swagger UI",
    {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "swagger-ui-favicon.png": "image/png"},
    ("swagger-ui.LICENSE", "swagger-ui.NOTICE", "swagger-ui-bundle.LICENSE"),
)
REDOC: Final = UI(
    "Redoc",
    {"redoc.standalone.js": "text/javascript"},
    ("redoc.LICENSE", "redoc.standalone.LICENSE"),
    # It adds two style elements: an empty one, whose rules are added by script, and one for its scroll bars. Its search
    # runs in a worker whose source stands in the file itself.
    (
        f"style-src 'self' {_EMPTY_STYLE} {_SCROLL_BARS}",
        "worker-src blob:",
    ),
)
UIS: Final = {"swagger": SWAGGER, "redoc": REDOC}


def list_missing(uis: Iterable[UI] = UIS.values()) -> list[str]:
    """
    List the files that are not there.

    Example:
        >>> list_missing([UI("Nothing", {}, ())])
        []
    """
    return [name for ui in uis for name in (*ui.files, *ui.licences) if not (FOLDER / name).is_file()]


def read_file(name: str) -> bytes:
    """
    Read one of the files.

    Raises:
        KeyError: If it is none of them: nothing else in the folder is for anybody.
        FileNotFoundError: If it is not there.
    """
    if not any(name in ui.files for ui in UIS.values()):
        raise KeyError(name)
    return (FOLDER / name).read_bytes()
