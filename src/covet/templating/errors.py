"""
The errors of templates: each names the file and the line, for the log and never for a client.
"""

from covet.exceptions import ConfigurationError, CovetError


class TemplateError(CovetError):
    """
    A template cannot be found, read or rendered.

    Args:
        message: What is wrong.
        file: The template's file, if it is known.
        line: The line in it.
        hint: What to do next.

    Example:
        >>> print(TemplateError("'user' is undefined.", file="pages/home.html", line=7))
        pages/home.html, line 7: 'user' is undefined.
    """

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.line and f"line {self.line}") if part)
        return f"{place}: {super().__str__()}" if place else super().__str__()


class TemplateSyntaxError(TemplateError, ConfigurationError):
    """A template is no template: found at the start, and by `covet check`."""
