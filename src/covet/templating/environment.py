"""
The adapter of Jinja2: an environment that escapes, awaits, and looks templates up where somebody has read them already.
"""

from collections.abc import Callable, Mapping
from traceback import walk_tb
from typing import Any, Final

from covet._extras import require_extra
from covet.templating.errors import TemplateError, TemplateSyntaxError
from covet.templating.files import TemplateFile

_MARKS: Final = (".j2", ".jinja", ".jinja2")


class Environment:
    """
    The templates of some files, ready to be rendered.

    Args:
        find: Finds the file of a name; it must not block.
        strict: Whether a name that is not there is an error, rather than nothing.
        filters: Further filters, by name.
        globals: What all templates know, by name.

    Raises:
        MissingDependencyError: If Jinja2 is not installed.
    """

    # Any: filters and globals are what templates make of them.
    def __init__(
        self,
        find: Callable[[str], TemplateFile | None],
        *,
        strict: bool = False,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - Jinja's word
    ) -> None:
        self._jinja = jinja = require_extra(
            "jinja2", extra="templates", needed_for="covet.templating", library="Jinja2"
        )
        self._find = find
        # APPSEC: docs/security.md, row 99: everything is escaped but what is plain text by its name.
        self._environment = jinja.Environment(
            loader=jinja.FunctionLoader(self._load),
            autoescape=is_escaped,
            undefined=jinja.StrictUndefined if strict else jinja.Undefined,
            enable_async=True,
            # What is up to date is asked of what was read: no file is looked at.
            auto_reload=True,
            cache_size=-1,
        )
        self._environment.filters.update(filters or {})
        self._environment.globals.update(globals or {})

    def compile(self, name: str) -> None:
        """
        Compile a template, unless it was already.

        Raises:
            TemplateSyntaxError: If it is none.
        """
        self._get(name)

    # Any: values of templates have every type.
    async def render(self, name: str, values: Mapping[str, Any], block: str | None = None) -> str:
        """
        Render a template, or one block of it.

        Args:
            name: Its name.
            values: What it knows.
            block: The block.

        Raises:
            TemplateError: If it cannot be rendered, or has no such block.
            Exception: What a function that it calls has raised; a note says where.
        """
        template = self._get(name)
        if block is not None and block not in template.blocks:
            names = ", ".join(sorted(template.blocks)) or "none"
            raise TemplateError(
                f"The template {name!r} has no block {block!r}.",
                file=template.filename,
                hint=f"Its blocks are: {names}.",
            )
        try:
            if block is None:
                return str(await template.render_async(values))
            return await self._render_block(template, values, block)
        except self._jinja.TemplateSyntaxError as exc:
            # A template that this one includes.
            raise self._explain(exc) from exc
        except self._jinja.TemplateError as exc:
            file, line = self._locate(exc, template.filename)
            message = str(exc.message or exc).rstrip(".")
            raise TemplateError(f"{message}.", file=file, line=line) from exc
        except Exception as exc:
            file, line = self._locate(exc, template.filename)
            exc.add_note(f"While {file}, line {line}, was rendered.")
            raise

    # Any: a template of Jinja's.
    async def _render_block(self, template: Any, values: Mapping[str, Any], block: str) -> str:
        context = template.new_context(dict(values))
        try:
            return "".join([piece async for piece in template.blocks[block](context)])
        except Exception:  # noqa: BLE001 - it is raised again, with a trace that shows the template's lines
            return str(self._environment.handle_exception())

    def _get(self, name: str) -> Any:
        try:
            return self._environment.get_template(name)
        except self._jinja.TemplateSyntaxError as exc:
            raise self._explain(exc) from exc
        except self._jinja.TemplateNotFound as exc:
            raise TemplateError(f"There is no template {name!r}.") from exc

    def _load(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        file = self._find(name)
        if file is None:
            return None
        return file.source, file.path, lambda: self._find(name) is file

    # Any: as above.
    def _explain(self, exc: Any) -> TemplateSyntaxError:
        return TemplateSyntaxError(f"{str(exc.message).rstrip('.')}.", file=exc.filename or exc.name, line=exc.lineno)

    def _locate(self, exc: BaseException, file: str) -> tuple[str, int | None]:
        """Find the innermost line of a template that an error came through."""
        found: tuple[str, int | None] = (file, None)
        for frame, line in walk_tb(exc.__traceback__):
            # What Jinja writes into the frames that it puts in the place of its generated code.
            if "__jinja_exception__" in frame.f_globals:
                found = (frame.f_code.co_filename, line)
        return found


def is_escaped(name: str | None) -> bool:
    """
    Tell whether what a template shows is escaped: always, unless its name says that it is plain text.

    Example:
        >>> is_escaped("mail.txt.j2"), is_escaped("page.html"), is_escaped("page"), is_escaped(None)
        (False, True, True, True)
    """
    return name is None or not strip_mark(name).lower().endswith(".txt")


def strip_mark(name: str) -> str:
    """
    Take off the end of a name that only says that it is a template.

    Example:
        >>> strip_mark("page.html.j2"), strip_mark("page.html")
        ('page.html', 'page.html')
    """
    for mark in _MARKS:
        if name.endswith(mark):
            return name.removesuffix(mark)
    return name
