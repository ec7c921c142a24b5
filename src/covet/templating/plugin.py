"""
`TemplatesPlugin`: templates as a service of an application.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from covet.app import CovetPy
from covet.config import section
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.plugins import Plugin
from covet.templating.templates import ContextProcessor, Directory, Templates
from covet.threads import run_in_thread


@section
class TemplatesConfig:
    """
    What there is to say about templates: `[plugins.templates]`.

    Attributes:
        directory: Where they are.
        strict: Whether a name that a template does not know is an error.
        reload: Whether changed files are read again; by default while the application is in debug.
    """

    directory: str = "templates"
    strict: bool = False
    reload: bool | None = None


class TemplatesPlugin(Plugin):
    """
    Offer the templates of a directory to the handlers of an application, which take a `Templates`.

    All of them are compiled at the start, so that a mistake in one is found there and by `covet check`.

    Args:
        config: Its configuration.
        directory: Where they are, in place of what the configuration says; several are searched in order.
        strict: Whether a name that a template does not know is an error.
        reload: Whether changed files are read again.
        context_processors: Functions of the request that give all pages further values.
        filters: Further filters, by name.
        globals: What all templates know, by name.
    """

    name: ClassVar[str] = "templates"
    version: ClassVar[str] = "1.0.0"
    description: ClassVar[str] = "Pages out of templates, by Jinja2."
    Config = TemplatesConfig
    config: TemplatesConfig

    # Any: filters and globals are what templates make of them.
    @refuse_unknown
    def __init__(
        self,
        config: Mapping[str, object] | TemplatesConfig | None = None,
        *,
        directory: Directory | Sequence[Directory] | None = None,
        strict: bool | None = None,
        reload: bool | None = None,
        context_processors: Sequence[ContextProcessor] = (),
        filters: Mapping[str, Callable[..., Any]] | None = None,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - Jinja's word
    ) -> None:
        super().__init__(config)
        self._directory = directory
        self._strict = strict
        self._reload = reload
        self._options: dict[str, Any] = {
            "context_processors": context_processors,
            "filters": filters,
            "globals": globals,
        }
        self._templates: Templates | None = None
        self._is_checked = False

    @property
    def templates(self) -> Templates:
        """
        The templates, once the plugin belongs to an application.

        Raises:
            ConfigurationError: If it does not yet.
        """
        if self._templates is None:
            raise ConfigurationError("The plugin has no templates yet.", hint="Give it to an application first.")
        return self._templates

    def init_app(self, app: CovetPy) -> None:
        """
        Register `Templates`, and compile all of them unless an event loop waits meanwhile.

        Raises:
            ConfigurationError: If the directory is not there.
            TemplateSyntaxError: If a template is none.
        """
        config = self.config
        self._templates = templates = Templates(
            config.directory if self._directory is None else self._directory,
            strict=config.strict if self._strict is None else self._strict,
            reload=config.reload if self._reload is None else self._reload,
            **self._options,
        )
        app.container.register_instance(Templates, templates)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            templates.check()
            self._is_checked = True

    async def on_startup(self) -> None:
        """
        Compile all templates, if that was not done.

        Raises:
            TemplateSyntaxError: If a template is none.
        """
        if not self._is_checked:
            await run_in_thread(self.templates.check)
            self._is_checked = True
