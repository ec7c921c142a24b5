"""
Known defects of plugins, the factory and the builder that must not come back: a test names each.
"""

import ast
from importlib.metadata import EntryPoints
from pathlib import Path
from typing import Any

import pytest

import covet.entry_points
from covet import CovetPy, Request, create_app
from covet.config import Settings, Sources
from covet.middleware import MiddlewareBuilder, get_middleware_registry
from covet.plugins import Plugin, PluginLoadError, PluginManager, discover_plugins, get_plugin_registry
from covet.testing import TestClient
from tests.architecture.source import read_source
from tests.integration.wire import WireProtocol, on_both_protocols

SETTINGS = Settings(sources=Sources.none())


class Counting(Plugin):
    """Counts its hooks."""

    name = "counting"
    version = "1.0"

    def __init__(self, config: object | None = None) -> None:
        super().__init__(config)
        self.calls: list[str] = []

    def init_app(self, app: CovetPy) -> None:
        """Count, and add a route."""
        self.calls.append("init_app")

        @app.get(f"/{self.name}")
        async def count(request: Request) -> list[str]:
            return self.calls

    async def on_startup(self) -> None:
        """Count."""
        self.calls.append("on_startup")

    async def on_shutdown(self) -> None:
        """Count."""
        self.calls.append("on_shutdown")


class Failing(Counting):
    """Cannot start."""

    name = "failing"

    async def on_startup(self) -> None:
        """Count, and fail."""
        await super().on_startup()
        raise ConnectionError("refused")


@on_both_protocols
@pytest.mark.parametrize("way", ["factory", "constructor", "manager"])
async def test_init_app_is_not_called_twice(way: str, protocol: WireProtocol) -> None:
    """Defect: the manager called it, and the factory once more."""
    plugin = Counting()
    if way == "factory":
        app = create_app(SETTINGS, plugins=[plugin])
    elif way == "constructor":
        app = CovetPy(plugins=[plugin])
    else:
        app = CovetPy()
        app.plugin_manager.register_plugin(plugin)

    for _ in range(2):
        async with TestClient(app, protocol=protocol) as client:
            await client.get("/counting")

    assert plugin.calls == ["init_app", *["on_startup", "on_shutdown"] * 2]


def test_entry_points_are_not_read_as_a_dictionary() -> None:
    """Defect: `entry_points().get(group)`, which Python 3.12 does not have any more."""
    assert not hasattr(EntryPoints, "get")

    calls = [
        ast.unparse(node)
        for file in read_source()
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "entry_points()"
    ]

    assert calls == []
    assert covet.entry_points.find_entry_points("nobody.offers.this") == []


def test_plugin_that_fails_to_load_is_no_mere_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defect: an enabled plugin that could not be imported was warned about, and the application ran without it."""
    information = tmp_path / "covet_gone-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: covet-gone\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[covet.plugins]\ngone = no_such_module:Gone\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(PluginLoadError, match=r"The plugin 'gone' of covet-gone 1\.0 failed to load"):
        create_app(SETTINGS, discover_plugins=["gone"])
    with pytest.raises(PluginLoadError):
        discover_plugins()
    assert create_app(SETTINGS).plugin_manager.list_plugins() == []


def test_dependencies_of_one_class_are_not_those_of_all() -> None:
    """Defect: `dependencies = []` on the base was one list for every plugin."""
    shared = ["database"]

    class Shop(Counting):
        name = "shop"
        dependencies = shared

    shared.append("cache")

    assert isinstance(Plugin.dependencies, tuple)
    assert [tuple(cls.dependencies) for cls in (Shop, Counting)] == [("database",), ()]


async def test_plugin_whose_start_failed_is_not_served() -> None:
    """Defect: the failure was logged, and its routes answered."""
    app = create_app(SETTINGS, plugins=[Failing])

    with pytest.raises(ConnectionError):
        await app.startup()

    assert not app.is_ready


@on_both_protocols
async def test_optional_plugin_whose_start_failed_is_not_served(protocol: WireProtocol) -> None:
    """Defect: as above; the application runs without it, and its routes say so."""
    app = create_app(SETTINGS, plugins=[type("Optional", (Failing,), {"name": "optional", "required": False})])

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/optional")

    assert response.status_code == 503
    assert list(app.plugin_manager.degraded) == ["optional"]


async def test_plugin_that_never_started_is_not_stopped() -> None:
    """Defect: `on_shutdown` ran for every plugin, whether `on_startup` had or not."""
    good, failing = Counting(), Failing()
    later = type("Later", (Counting,), {"name": "later"})()
    app = CovetPy(plugins=[good, failing, later])

    with pytest.raises(ConnectionError):
        await app.startup()
    await app.shutdown()

    assert good.calls == ["init_app", "on_startup", "on_shutdown"]
    assert failing.calls == ["init_app", "on_startup"]
    assert later.calls == ["init_app"]


async def test_failure_of_the_start_is_not_swallowed_by_the_manager() -> None:
    """Defect: `startup_all` logged what was raised, and went on."""
    manager = PluginManager(CovetPy())
    manager.register(Failing)

    with pytest.raises(ConnectionError):
        await manager.startup_all()


@on_both_protocols
@pytest.mark.parametrize("origins", [None, [], ()], ids=["none", "list", "tuple"])
async def test_no_origins_are_not_all_origins(origins: Any, protocol: WireProtocol) -> None:
    """Defect: `allow_origins or ["*"]`."""
    app = CovetPy()
    app.add_middleware_stack(MiddlewareBuilder().cors(allow_origins=origins).build())

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/", headers={"origin": "https://evil.example"})

    assert "access-control-allow-origin" not in response.headers


def test_builder_is_not_shared() -> None:
    """Defect: a builder changed itself, and everything that had begun with it."""
    base = MiddlewareBuilder()

    base.cors(allow_origins=["https://example.com"])

    assert base.build() == []


def test_settings_are_not_changed_by_the_factory() -> None:
    """Defect: overrides were set on the settings that were given."""
    settings = Settings(sources=Sources.none())

    create_app(settings, debug=True)

    assert settings.debug is False


def test_factory_does_not_read_the_environment() -> None:
    """Defect: options that came from nowhere. It is the settings that read it, and say where each value is from."""
    file = next(file for file in read_source() if file.module == "covet.factory")

    imported = {name for _, name in file.walk_imports()}

    assert "os" not in imported


def test_registries_stay_as_they_are() -> None:
    """Defect: what one application used was registered for all."""
    before = (list(get_middleware_registry()), list(get_plugin_registry()))

    create_app(SETTINGS, MiddlewareBuilder().cors(), plugins=[Counting])

    assert (list(get_middleware_registry()), list(get_plugin_registry())) == before
