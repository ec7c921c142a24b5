"""
Import paths: texts such as `"package.module:Name"`, by which settings, plugins and command lines name an object.

It must never import anything before somebody asks for the object.
"""

from importlib import import_module
from typing import Final

from covet.exceptions import ConfigurationError

_MACHINERY: Final = frozenset({__name__, "importlib", "importlib._bootstrap", "importlib._bootstrap_external"})


class ImportPathError(ConfigurationError):
    """
    A text names nothing that can be imported.

    Attributes:
        path: The text.
        reason: Why it leads nowhere, in words that follow it.

    Example:
        >>> print(ImportPathError("shop:App", "ImportError: no"))
        'shop:App' cannot be imported: ImportError: no.
          Write "package.module:Name".
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path!r} cannot be imported: {reason}.", hint='Write "package.module:Name".')
        self.path = path
        self.reason = reason


def split_import_path(path: str, *, default: str = "") -> tuple[str, str]:
    """
    Split an import path into the module and the name in it.

    Args:
        path: The text.
        default: The name that is meant if there is none.

    Raises:
        ImportPathError: If the module or the name is missing.

    Example:
        >>> split_import_path("shop.plugin:ShopPlugin")
        ('shop.plugin', 'ShopPlugin')
        >>> split_import_path("shop", default="app")
        ('shop', 'app')
    """
    module, _, name = path.partition(":")
    name = name or default
    if not module or not name:
        raise ImportPathError(path, f"it has no {'name' if module else 'module'}")
    return module, name


def find_attribute(owner: object, name: str) -> object:
    """
    Find what a name with dots leads to.

    Raises:
        AttributeError: If it leads nowhere.

    Example:
        >>> find_attribute("text", "upper.__name__")
        'upper'
    """
    for part in name.split("."):
        owner = getattr(owner, part)
    return owner


def import_path(path: str) -> object:
    """
    Import what a text names; the name may have dots.

    Args:
        path: The text, such as `"package.module:Name"`.

    Raises:
        ImportPathError: If it leads nowhere, or the module fails while it is imported: that error is the cause.

    Example:
        >>> import_path("covet.registry:Registry.register").__name__
        'register'
        >>> import_path("covet.registry:Missing")
        Traceback (most recent call last):
            ...
        covet.import_paths.ImportPathError: 'covet.registry:Missing' cannot be imported: AttributeError: module ...
          Write "package.module:Name".
    """
    module, name = split_import_path(path)
    try:
        return find_attribute(import_module(module), name)
    except Exception as exc:
        raise ImportPathError(path, f"{type(exc).__name__}: {exc}".rstrip(".") + _find_place(exc)) from exc


def _find_place(exc: Exception) -> str:
    """Name the line of somebody's module that an import failed in; nothing if it never got there."""
    place, trace = "", exc.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__") not in _MACHINERY:
            place = f", in {frame.f_code.co_filename.rpartition('/')[2]}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
