"""
The `covet` command.

Commands are imported when they are called, so that `covet --help` stays quick.
"""

import sys
from importlib import import_module

from covet._extras import find_extra
from covet.exceptions import MissingDependencyError

__all__ = ["main"]


def main() -> None:
    """
    Run the `covet` command with the process's arguments.

    Raises:
        SystemExit: With the command's status; 1 if click is not installed.
    """
    if find_extra("click") is None:
        sys.stderr.write(f"{MissingDependencyError('click', extra='standard', needed_for='the covet command')}\n")
        raise SystemExit(1)
    import_module("covet.cli.commands").covet(prog_name="covet")
