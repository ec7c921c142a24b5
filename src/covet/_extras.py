"""
Optional libraries, imported where they are adapted and nowhere else.

It must never import a library by itself: only the caller knows what it needs.
"""

from importlib import import_module
from types import ModuleType

from covet.exceptions import MissingDependencyError


def require_extra(module: str, *, extra: str, needed_for: str, library: str | None = None) -> ModuleType:
    """
    Import an optional library, or say how to install it.

    Args:
        module: The module to import, such as `"sqlalchemy.ext.asyncio"`.
        extra: The extra of `covetpy` that brings the library.
        needed_for: The module or feature that needs it, named in the error.
        library: The library's name as its users know it; the top-level module by default.

    Raises:
        MissingDependencyError: If the library is not installed. A library that is installed but
            fails while it is imported raises its own error.

    Example:
        >>> require_extra("json", extra="standard", needed_for="the example").__name__
        'json'
        >>> require_extra("nowhere_to_be_found", extra="orm", needed_for="covet.database.orm", library="Nowhere")
        Traceback (most recent call last):
            ...
        covet.exceptions.MissingDependencyError: Nowhere is needed for covet.database.orm.
          Install it with: pip install "covetpy[orm]"
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        root = module.partition(".")[0]
        if exc.name is None or exc.name.partition(".")[0] != root:
            raise
        raise MissingDependencyError(library or root, extra=extra, needed_for=needed_for) from exc


def find_extra(module: str) -> ModuleType | None:
    """
    Import an optional library if it is installed.

    Example:
        >>> find_extra("nowhere_to_be_found") is None
        True
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.partition(".")[0] != module.partition(".")[0]:
            raise
        return None
