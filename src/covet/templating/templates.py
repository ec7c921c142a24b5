"""
`Templates`: what renders pages.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Final

from covet.exceptions import ConfigurationError, suggest
from covet.http.request import Request
from covet.http.response import HTML, TEXT, HeaderSource, Response
from covet.options import refuse_unknown
from covet.templating.context import make_context
from covet.templating.environment import Environment, strip_mark
from covet.templating.errors import TemplateError, TemplateSyntaxError
from covet.templating.files import SUFFIXES, TemplateFile, TemplateFiles
from covet.threads import run_in_thread

Directory = str | PathLike[str]
# Any: values of templates have every type.
ContextProcessor = Callable[[Request], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]

_MEDIA_TYPES: Final = {".txt": TEXT, ".xml": "application/xml", ".svg": "image/svg+xml"}


class Templates:
    """
    Templates of some directories.

    They are read and compiled in a thread, before the first page. With `reload`, changed files are read again before
    each page; by default that is done while the application is in debug.

    Args:
        directory: Where they are; several are searched in order.
        strict: Whether a name that a template does not know is an error, rather than nothing.
        reload: Whether changed files are read again.
        context_processors: Functions of the request that give all pages further values; they may be coroutine
            functions, and must not block.
        filters: Further filters, by name.
        globals: What all templates know, by name.

    Raises:
        ConfigurationError: If no directory is named; whether it is there shows when it is read.
        MissingDependencyError: If Jinja2 is not installed.
    """

    # What the error of a handler says that takes them where there are none.
    registered_by: ClassVar[str] = "CovetPy(plugins=[TemplatesPlugin(directory=...)]), of covet.templating"

    @refuse_unknown
    def __init__(
        self,
        directory: Directory | Sequence[Directory],
        *,
        strict: bool = False,
        reload: bool | None = None,
        context_processors: Sequence[ContextProcessor] = (),
        filters: Mapping[str, Callable[..., Any]] | None = None,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - Jinja's word
    ) -> None:
        single = isinstance(directory, str | PathLike)
        directories = [directory] if single else list(directory)  # type: ignore[arg-type]
        if not directories:
            raise ConfigurationError("Templates need a directory.", hint='Write Templates("templates").')
        self._source = TemplateFiles([Path(item) for item in directories])  # type: ignore[arg-type]
        self._environment = Environment(self._find, strict=strict, filters=filters, globals=globals)
        self._reload = reload
        self._processors = list(context_processors)
        self._files: Mapping[str, TemplateFile] = {}
        self._is_read = False
        self._lock = Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the templates that were read, in order."""
        return tuple(sorted(self._files))

    def add_context_processor(self, processor: ContextProcessor) -> ContextProcessor:
        """Let a function of the request give all pages further values; works as a decorator, too."""
        self._processors.append(processor)
        return processor

    def check(self) -> None:
        """
        Read and compile every template; it blocks, so call it before the event loop runs, or in a thread.

        Raises:
            ConfigurationError: If a directory is not there.
            ExceptionGroup: Of `TemplateSyntaxError`, with everything that is wrong.
            TemplateSyntaxError: If only one thing is.
        """
        failures = self._read(anew=True)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExceptionGroup(f"{len(failures)} templates cannot be compiled.", failures)

    # Any: values of templates have every type.
    async def render(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        /,
        *,
        block: str | None = None,
        status_code: int = 200,
        headers: HeaderSource | None = None,
        media_type: str | None = None,
    ) -> Response:
        """
        Answer a request with a page.

        Args:
            request: The request; the template knows it as `request`.
            name: The template's name, such as `"users/list.html"`.
            context: What it shows.
            block: Render this block of it alone.
            status_code: The status.
            headers: Further headers.
            media_type: The media type; by default what the name says, else HTML.

        Raises:
            TemplateError: If there is no such template or block, or it cannot be rendered.
            Exception: What a function that it calls has raised; a note says where.
        """
        text = await self.render_text(name, context, block=block, request=request)
        chosen = media_type or _MEDIA_TYPES.get(Path(strip_mark(name)).suffix.lower(), HTML)
        return Response(text, status_code, headers, chosen)

    # Any: as above.
    async def render_text(
        self,
        name: str,
        context: Mapping[str, Any] | None = None,
        /,
        *,
        block: str | None = None,
        request: Request | None = None,
    ) -> str:
        """
        Render a template to a text, such as that of a mail.

        Args:
            name: The template's name.
            context: What it shows.
            block: Render this block of it alone.
            request: The request, if there is one: without it, nothing that depends on one is known.

        Raises:
            TemplateError: If there is no such template or block, or it cannot be rendered.
            Exception: What a function that it calls has raised; a note says where.
        """
        await self._prepare(request)
        if name not in self._files:
            raise self._refuse(str(name))
        values: dict[str, Any] = {}
        if request is not None:
            values.update(make_context(request))
            for processor in self._processors:
                given = processor(request)
                values.update(await given if isinstance(given, Awaitable) else given)
        values.update(context or {})
        return await self._environment.render(name, values, block)

    def _refuse(self, name: str) -> TemplateError:
        suffix = Path(name).suffix
        if suffix in SUFFIXES:
            return TemplateError(f"There is no template {name!r}.", hint=suggest(name, self.names))
        # Whether there is such a file is not said: only those that may be templates were looked at.
        ending = f"a file that ends with {suffix}" if suffix else "a file without an ending"
        return TemplateError(
            f"There is no template {name!r}: {ending} is none.",
            hint=f"Call it {name + '.j2'!r}, or use one of {', '.join(sorted(SUFFIXES))}.",
        )

    async def _prepare(self, request: Request | None) -> None:
        """Read the files if they were not, or may have changed."""
        is_reloading = self._reload
        if is_reloading is None:
            is_reloading = request is not None and getattr(request.app, "debug", False)
        if is_reloading or not self._is_read:
            await run_in_thread(self._read)

    def _read(self, *, anew: bool = False) -> list[TemplateSyntaxError]:
        """Read and compile what is new; return what cannot be compiled, which is an error for whoever renders it."""
        failures: list[TemplateSyntaxError] = []
        with self._lock:
            before = self._files
            self._files = files = self._source.read(before)
            for name, file in files.items():
                if before.get(name) is file and not anew:
                    continue
                try:
                    self._environment.compile(name)
                except TemplateSyntaxError as exc:
                    failures.append(exc)
            self._is_read = True
        return failures

    def _find(self, name: str) -> TemplateFile | None:
        return self._files.get(name)
