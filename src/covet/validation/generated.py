"""
Generated code, made so that a traceback can show it.
"""

import linecache
from collections.abc import Sequence
from itertools import count

_numbers = count(1)


def compile_lines(lines: Sequence[str], names: dict[str, object], *, title: str) -> None:
    """
    Run generated source in a namespace, and keep its lines for tracebacks.

    The lines may hold literals written by `repr` and identifiers that were checked, and nothing else of a type.

    Args:
        lines: The source.
        names: What it may use; gets what it defines.
        title: What it was made for.

    Example:
        >>> names = {"step": 2}
        >>> compile_lines(["def add(value):", "    return value + step"], names, title="the example")
        >>> names["add"](3)
        5
    """
    source = "\n".join(lines) + "\n"
    filename = f"<covet validation {next(_numbers)}: {title}>"
    exec(compile(source, filename, "exec"), names)  # noqa: S102 - see above: no input comes near it
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
