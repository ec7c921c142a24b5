"""
Generated source that stays debuggable: indentation by blocks, names checked, tracebacks that show it.
"""

import linecache
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, Final

# The source has no value of any route or service in it, only names, so that those of one shape share their code: 5,000
# routes compile a handful of times. It needs no bound: a shape comes from the signatures that the program has, and from
# nothing that a request brings; what is declared again, or overridden in a test, has a shape that is here already.
_COMPILED: Final[dict[str, CodeType]] = {}


def get_source(function: Callable[..., object]) -> str:
    r"""
    Return the source that a compiled function came from, as tracebacks show it.

    Example:
        >>> writer = CodeWriter()
        >>> with writer.block("def answer():"):
        ...     writer.line("return 42")
        >>> get_source(writer.compile("answer"))
        'def answer():\n    return 42\n'
    """
    return "".join(linecache.getlines(getattr(function, "__code__").co_filename))  # noqa: B009 - of functions only


class CodeWriter:
    """
    Write the source of one function and the namespace it runs in.

    Example:
        >>> writer = CodeWriter()
        >>> with writer.block("def double(number):"):
        ...     writer.line(f"return number * {writer.bind('factor', 2)}")
        >>> writer.compile("double")(21)
        42
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indent = ""
        self._begun: list[int] = []
        # Any: whatever the source names.
        self.namespace: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """Write a line at the present depth."""
        self._lines.append(self._indent + text)

    def block(self, text: str) -> "CodeWriter":
        """Write a line; what is written in a `with` of the result stands below it, or a `pass` if nothing is."""
        self._lines.append(self._indent + text)
        return self

    def __enter__(self) -> None:
        self._indent += "    "
        self._begun.append(len(self._lines))

    def __exit__(self, *exc_info: object) -> None:
        if self._begun.pop() == len(self._lines):
            self.line("pass")
        self._indent = self._indent[:-4]

    def bind(self, name: str, value: object) -> str:
        """
        Put a value into the namespace and return the name to write.

        A name that is taken by another value gets a number.
        """
        free = name
        number = 2
        while free in self.namespace and self.namespace[free] is not value:
            free = f"{name}_{number}"
            number += 1
        self.namespace[free] = value
        return free

    @property
    def source(self) -> str:
        """What was written."""
        return "\n".join(self._lines) + "\n"

    def compile(self, name: str) -> Callable[..., Any]:
        """
        Compile what was written and return the function of that name.

        Args:
            name: The function's name in the source.
        """
        source = self.source
        code = _COMPILED.get(source)
        if code is None:
            filename = f"<covet {len(_COMPILED) + 1}: {name}>"
            linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
            code = _COMPILED[source] = compile(source, filename, "exec")
        # Only text written by this package gets here: names are generated, values go through the namespace.
        exec(code, self.namespace)  # noqa: S102
        function: FunctionType = self.namespace[name]
        return function
