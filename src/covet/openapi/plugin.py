"""
`OpenAPIPlugin`: the document and its pages as routes of an application.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Any, ClassVar, Final

from covet.app import CovetPy
from covet.core.compiled_route import CompiledRoute
from covet.core.route import Route
from covet.core.route_options import Handler
from covet.exceptions import ConfigurationError, NotFoundError, suggest
from covet.http.request import Request
from covet.http.response import Response
from covet.openapi.components import Object
from covet.openapi.configuration import OpenAPIConfig
from covet.openapi.declarations import check_servers
from covet.openapi.document import Outline, Webhooks, check_declarations, make_document
from covet.openapi.entities import Entity
from covet.openapi.pages import START_SCRIPTS, START_STYLE, make_headers, write_missing_page, write_page
from covet.openapi.ui_files import UI, UIS, list_missing, read_file
from covet.options import UnknownOptionError
from covet.plugins import Plugin
from covet.plugins.base import check_plugin_name
from covet.responses import HTMLResponse
from covet.serialization import SerializerTable, encode_json
from covet.threads import run_in_thread

logger = logging.getLogger("covet.openapi")

_OPTIONS: Final = tuple(item.name for item in fields(OpenAPIConfig))
# How many mount points of one application have their document kept.
_MAX_ROOTS: Final = 8


@dataclass(frozen=True, slots=True)
class _Made:
    """A document, the routes that it is of, and its bytes by the prefix that it was asked for below."""

    routes: Sequence[CompiledRoute]
    document: Object
    entities: dict[str, Entity] = field(default_factory=dict)

    def is_of(self, routes: Sequence[CompiledRoute]) -> bool:
        """Tell whether it is the document of these routes, as they are now."""
        same_number = len(self.routes) == len(routes)
        return same_number and all(one is other for one, other in zip(self.routes, routes, strict=True))

    def write(self, root: str) -> Entity:
        """Write it, with a prefix for its server."""
        served = {**self.document, "servers": [{"url": root}]} if root else self.document
        return Entity(encode_json(served), "application/json")


class OpenAPIPlugin(Plugin):
    """
    Describe an application as OpenAPI 3.1, and show the description.

    The document is made when it is first asked for, from the same plans that answer the requests; it is kept until a
    route changes.

    Args:
        config: The settings as a mapping or an `OpenAPIConfig`; they win over `[plugins.openapi]`.
        name: The plugin's name, for a further document of one application.
        include: Whether a route is in the document; all are, but for those with `include_in_schema=False`.
        webhooks: What the API sends by itself: functions by name, whose signatures are described.
        **options: See `OpenAPIConfig`.

    Raises:
        UnknownOptionError: If there is no such option.
        PluginDefinitionError: If the name cannot be a plugin's.

    Example:
        >>> app = CovetPy(plugins=[OpenAPIPlugin(title="Users", version="2.0")])
        >>> @app.get("/users/{user_id}")
        ... async def show_user(user_id: int) -> dict[str, int]:
        ...     return {"user_id": user_id}
        >>> from covet.testing import TestClient
        >>> async with TestClient(app) as client:
        ...     document = (await client.get("/openapi.json")).json()
        >>> document["info"], list(document["paths"])
        ({'title': 'Users', 'version': '2.0'}, ['/users/{user_id}'])
    """

    name = "openapi"
    version = "1.0.0"
    description = "Describes the application as OpenAPI 3.1, with pages that show it."
    Config: ClassVar[type[Any] | None] = OpenAPIConfig
    config: OpenAPIConfig

    # Any: the options of OpenAPIConfig, which checks them.
    def __init__(
        self,
        config: Mapping[str, object] | OpenAPIConfig | None = None,
        *,
        name: str | None = None,
        include: Callable[[Route], bool] | None = None,
        webhooks: Webhooks | None = None,
        **options: Any,
    ) -> None:
        for option in options:
            if option not in _OPTIONS:
                known = ("name", "include", "webhooks", *_OPTIONS)
                raise UnknownOptionError(
                    f"{type(self).__name__}() has no option {option!r}.", hint=suggest(option, known)
                )
        if isinstance(config, OpenAPIConfig) and options:
            raise ConfigurationError(
                f"{type(self).__name__} has a config as a whole, and {', '.join(map(repr, options))} besides.",
                hint="Say everything in one of the two.",
            )
        super().__init__({**config, **options} if isinstance(config, Mapping) else config or options)
        if name is not None:
            check_plugin_name(type(self), name)
            # Each document of an application is a plugin of its own.
            self.__dict__["name"] = name
        self._include = include
        self._webhooks = dict(webhooks or {})
        self._files: dict[str, Entity] = {}
        self._made: _Made | None = None
        self._lock = Lock()

    # ── The plugin's life ────────────────────────────────────────────────────

    def validate_config(self) -> None:
        """
        Refuse paths that cannot be, and servers that are none.

        Raises:
            ConfigurationError: If one is no path, or two are the same, or something is no server.
        """
        config = self.config
        check_servers(config.servers)
        paths = {name: getattr(config, name) for name in ("path", "docs_path", "redoc_path")}
        for option, path in paths.items():
            if path is not None and not path.startswith("/"):
                raise ConfigurationError(f"{option} must start with a slash, got {path!r}.", hint=f"Write '/{path}'.")
        given = [path for path in paths.values() if path is not None]
        if len(set(given)) != len(given):
            raise ConfigurationError(
                f"The document and its pages need paths of their own, got {', '.join(map(repr, given))}.",
                hint="docs_path=None leaves a page out.",
            )

    def init_app(self, app: CovetPy) -> None:
        """Add the routes of the document and of its pages."""
        config = self.config

        async def serve_document(request: Request) -> Response:
            return await self._serve_document(request)

        self._add(app, config.path, serve_document, "path=... puts the document elsewhere")
        for option, path, kind in self._list_pages():
            self._add_page(app, option, path, kind)

    async def on_startup(self) -> None:
        """
        Check what was declared for the document, which is not made before somebody asks for it.

        Raises:
            OpenAPIError: If something cannot stand in it; names the route.
        """
        check_declarations(self._make_outline(), self._get_app().list_compiled())
        if await run_in_thread(list_missing, [UIS[kind] for _, _, kind in self._list_pages()]):
            logger.warning(
                "The pages of %r cannot be shown, their files are missing. They come with the wheel of covetpy; "
                "in a checkout of its repository, make ui fetches them.",
                self.config.path,
            )

    # ── The document ─────────────────────────────────────────────────────────

    def make_document(self) -> Object:
        """
        Make the document anew, as it is now; the application need not have started.

        Raises:
            ConfigurationError: If a route is wrong, or something declared for the document is.
        """
        app = self._get_app()
        return make_document(self._make_outline(), app.list_compiled(), SerializerTable(app.serializers))

    async def get_document(self) -> Object:
        """Return the document: the one that was made, unless a route has changed since."""
        return (await self._get_made()).document

    async def _get_made(self) -> "_Made":
        compiled = self._get_app().list_compiled()
        if self._made is not None and self._made.is_of(compiled):
            return self._made
        # In a thread: a large document takes time, and the other requests must not wait for it.
        return await run_in_thread(self._make_once, compiled)

    def _make_once(self, compiled: list[CompiledRoute]) -> "_Made":
        """Make the document of some routes, unless somebody else has done so in the meantime."""
        with self._lock:
            if self._made is None or not self._made.is_of(compiled):
                serializers = SerializerTable(self._get_app().serializers)
                self._made = _Made(compiled, make_document(self._make_outline(), compiled, serializers))
            return self._made

    def _make_outline(self) -> Outline:
        settings = self._get_app().settings.app
        return Outline(
            title=self.config.title or settings.name,
            version=self.config.version or settings.version,
            config=self.config,
            webhooks=self._webhooks,
            include=self._include,
        )

    async def _serve_document(self, request: Request) -> Response:
        """Answer the document."""
        made = await self._get_made()
        # Below a mount point the paths have a prefix, which only the request knows.
        root = "" if self.config.servers else request.root_path
        entity = made.entities.get(root)
        if entity is None:
            if len(made.entities) >= _MAX_ROOTS:
                made.entities.clear()
            entity = made.entities[root] = await run_in_thread(made.write, root)
        return entity.answer(request)

    # ── The pages ────────────────────────────────────────────────────────────

    def _list_pages(self) -> list[tuple[str, str, str]]:
        """List the pages: the option of its path, the path, and what shows it."""
        config = self.config
        if config.ui == "none":
            return []
        pages = [("docs_path", config.docs_path, config.ui), ("redoc_path", config.redoc_path, "redoc")]
        return [(option, path, kind) for option, path, kind in pages if path is not None]

    def _add_page(self, app: CovetPy, option: str, path: str, kind: str) -> None:
        ui = UIS[kind]
        own = {
            "start.css": Entity(START_STYLE.encode(), "text/css"),
            "start.js": Entity(START_SCRIPTS[kind].encode(), "text/javascript"),
        }

        async def show_page() -> Response:
            return await self._show(ui, path, own)

        elsewhere = f"{option}=... puts the page elsewhere, {option}=None leaves it out"
        self._add(app, path, show_page, elsewhere)
        for name, entity in own.items():
            self._add(app, _below(path, name), _make_handler(entity), elsewhere)
        for name, media_type in ui.files.items():
            self._add(app, _below(path, name), self._make_file_handler(name, media_type), elsewhere)

    def _make_file_handler(self, name: str, media_type: str) -> Handler:
        async def serve_file(request: Request) -> Response:
            try:
                entity = await self._load(name, media_type)
            except FileNotFoundError as exc:
                raise NotFoundError from exc
            return entity.answer(request)

        return serve_file

    async def _show(self, ui: UI, path: str, own: Mapping[str, Entity]) -> Response:
        title, document = self._make_outline().title, self.config.path
        headers = {**make_headers(ui, self.config.servers), "cache-control": "no-cache"}
        try:
            entities = {name: await self._load(name, media_type) for name, media_type in ui.files.items()} | dict(own)
        except FileNotFoundError:
            return HTMLResponse(write_missing_page(ui, title=title, page=path, document=document), 503, headers)
        files = {name: f"{_below(path, name)}?v={entity.digest}" for name, entity in entities.items()}
        return HTMLResponse(write_page(ui, title=title, page=path, document=document, files=files), 200, headers)

    async def _load(self, name: str, media_type: str) -> Entity:
        if name not in self._files:
            self._files[name] = Entity(await run_in_thread(read_file, name), media_type)
        return self._files[name]

    # ── Inside ───────────────────────────────────────────────────────────────

    def _get_app(self) -> CovetPy:
        if self.app is None:
            raise ConfigurationError(
                f"The plugin {self.name!r} belongs to no application.", hint="Give it to CovetPy(plugins=[...])."
            )
        return self.app

    def _add(self, app: CovetPy, path: str, handler: Handler, elsewhere: str) -> None:
        # What an error says if somebody else wants the path.
        handler.conflict_hint = f"{type(self).__name__}: {elsewhere}."  # type: ignore[attr-defined]
        app.add_route(path, handler, ["GET"], include_in_schema=False)


def find_documents(app: CovetPy) -> dict[str, OpenAPIPlugin]:
    """
    Find the plugins of an application that describe it, by name.

    Example:
        >>> list(find_documents(CovetPy(plugins=[OpenAPIPlugin()])))
        ['openapi']
    """
    return {plugin.name: plugin for plugin in app.plugin_manager.list_plugins() if isinstance(plugin, OpenAPIPlugin)}


def _make_handler(entity: Entity) -> Handler:
    async def serve(request: Request) -> Response:
        return entity.answer(request)

    return serve


def _below(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"
