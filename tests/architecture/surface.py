"""
The public surface: every name that a user may import, one per line.

`python -m tests.architecture.surface` writes surface.txt anew, for a change that means it.
"""

import importlib
from pathlib import Path

from tests.architecture.source import read_source

RECORD = Path(__file__).with_name("surface.txt")


def list_public_modules() -> list[str]:
    """
    List the modules that promise names: every public package, and every public module with `__all__`.
    """
    files = [file for file in read_source() if not any(part.startswith("_") for part in file.module.split("."))]
    return [file.module for file in files if file.is_package or "__all__" in file.path.read_text("utf-8")]


def list_public_names() -> list[str]:
    """
    List what the public modules export, as sorted dotted names.
    """
    return sorted(
        f"{module}.{name}"
        for module in list_public_modules()
        for name in getattr(importlib.import_module(module), "__all__", ())
    )


if __name__ == "__main__":
    RECORD.write_text("\n".join(list_public_names()) + "\n", "utf-8")
