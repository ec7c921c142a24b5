"""
`DebugPlugin`: the pages, their paths, and the questions that come before each of them.
"""

from collections.abc import Sequence
from typing import ClassVar, Final, NoReturn

from covet.app import CovetPy
from covet.checks import Check
from covet.config import section
from covet.core.route import METHODS
from covet.debug.concealment import conceal_page, find_secrets
from covet.debug.pages import PAGES, PageMaker, show_index
from covet.debug.rendering import render
from covet.exceptions import ConfigurationError, NotFoundError
from covet.http.locality import may_look
from covet.http.request import Request
from covet.http.response import Response
from covet.plugins import Plugin, PluginError

# Every one: a 405, or an answer to OPTIONS, would say that something is there.
_METHODS: Final = sorted(METHODS - {"HEAD"})
_LINKS: Final = [(name, title) for name, (title, _) in PAGES.items()]


@section
class DebugConfig:
    """
    What there is to say about the debug pages: `[plugins.debug]`.

    Attributes:
        prefix: What their paths begin with.
    """

    prefix: str = "/_debug"


class DebugPlugin(Plugin):
    """
    Pages that show an application to its developer: routes, configuration, services, plugins, events.

    They answer while `app.debug` is on, and only programs on this machine; for everybody else nothing is there. No
    secret that the settings or the plugins know is on them. An application in production does not start with it.

    Example:
        >>> from covet.testing import TestClient
        >>> app = CovetPy(debug=True, plugins=[DebugPlugin])
        >>> async with TestClient(app, base_url="http://localhost") as client:
        ...     response = await client.get("/_debug/plugins")
        >>> response.json()["plugins"][0]["name"]
        'debug'
    """

    name: ClassVar[str] = "debug"
    version: ClassVar[str] = "1.0.0"
    description: ClassVar[str] = "Pages that show an application to its developer."
    Config = DebugConfig
    config: DebugConfig

    def validate_config(self) -> None:
        """
        Refuse a prefix that could not be served.

        Raises:
            ConfigurationError: If so.
        """
        prefix = self.config.prefix
        if not prefix.startswith("/") or prefix.endswith("/") or any(mark in prefix for mark in "{}?#"):
            raise ConfigurationError(
                f"plugins.debug.prefix must be the beginning of a path, got {prefix!r}.",
                hint='Write a slash before it, none behind it, and no parameters: "/_debug".',
            )

    def init_app(self, app: CovetPy) -> None:
        """
        Add the pages.

        Args:
            app: The application.

        Raises:
            PluginError: If it runs in production.
        """
        if app.settings.is_production:
            raise PluginError(
                "The debug pages show what an application is made of, which production refuses.",
                plugin=self.name,
                hint="Take the plugin 'debug' out of discover_plugins, and out of plugins=, for production.",
            )
        prefix = self.config.prefix
        self._add(app, prefix, "debug", show_index)
        for name, (_, make_page) in PAGES.items():
            self._add(app, f"{prefix}/{name}", f"debug_{name}", make_page)
        # What is below the prefix and no page: a redirect to one would say that it is there.
        app.add_route(f"{prefix}/", _refuse, _METHODS, name="debug_slash", include_in_schema=False)
        app.add_route(f"{prefix}/{{rest:path}}", _refuse, _METHODS, name="debug_rest", include_in_schema=False)

    def checks(self) -> Sequence[Check]:
        """Say that it is there, to whoever deploys."""
        message = "The plugin 'debug' is there: its pages show how the application is made."
        fix = "Leave the plugin out of the deployed application."
        return [Check("D102", "error", "DebugPlugin", fix, lambda: message, is_deployment=True)]

    def _add(self, app: CovetPy, path: str, name: str, make_page: PageMaker) -> None:
        async def show_page(request: Request) -> Response:
            # Asked anew for each request: the switch may have been turned since the start.
            if not app.debug or request.method not in {"GET", "HEAD"} or not may_look(request):
                raise NotFoundError
            page = conceal_page(await make_page(app), find_secrets(app))
            return render(request, page, prefix=self.config.prefix, links=_LINKS)

        app.add_route(path, show_page, _METHODS, name=name, include_in_schema=False)


async def _refuse() -> NoReturn:
    raise NotFoundError
