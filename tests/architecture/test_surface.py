"""
The public surface is what surface.txt records, and holds what the documentation promises.
"""

import importlib
import inspect
import re
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.architecture.surface import RECORD, list_public_modules, list_public_names

_IMPORT = re.compile(r"^ *(?:>>> )?from (covet(?:\.\w+)*) import (\([^)]*\)|[^\n(]*)", re.MULTILINE)

PROMISED = [
    *(f"covet.{name}" for name in ("Body", "Cookie", "Form", "Header", "Path", "Query", "State")),
    "covet.CovetPy",
    "covet.Request",
    "covet.Response",
    "covet.__version__",
    "covet.create_app",
    "covet.auth.AuthProvider",
    "covet.auth.JWTAuthProvider",
    "covet.auth.OAuth2Provider",
    "covet.cache.Cache",
    "covet.cache.CacheBackend",
    "covet.config.ConfigurationError",
    "covet.config.DatabaseSettings",
    "covet.config.Environment",
    "covet.config.SecuritySettings",
    "covet.config.ServerSettings",
    "covet.config.Settings",
    "covet.core.CovetPyASGI",
    "covet.core.CovetRouter",
    "covet.core.http.Request",
    "covet.core.http.Response",
    "covet.core.routing.CovetRouter",
    "covet.database.DatabaseAdapter",
    "covet.database.DatabasePlugin",
    "covet.database.DatabasePool",
    "covet.database.get_adapter_registry",
    "covet.database.transaction",
    "covet.di.DependencyContainer",
    "covet.di.Lifetime",
    "covet.di.Registration",
    "covet.events.DatabaseQueryEvent",
    "covet.events.Event",
    "covet.events.EventBus",
    "covet.events.RequestCompletedEvent",
    "covet.events.RequestStartedEvent",
    "covet.events.UserAuthenticatedEvent",
    "covet.events.get_event_bus",
    "covet.exceptions.AuthenticationError",
    "covet.exceptions.ConfigurationError",
    "covet.exceptions.CovetError",
    "covet.exceptions.DatabaseError",
    "covet.exceptions.NotFoundError",
    "covet.exceptions.ValidationError",
    "covet.metrics.MetricsPlugin",
    "covet.middleware.AuthenticationMiddleware",
    "covet.middleware.CORSMiddleware",
    "covet.middleware.CSRFMiddleware",
    "covet.middleware.DIMiddleware",
    "covet.middleware.GZipMiddleware",
    "covet.middleware.Middleware",
    "covet.middleware.MiddlewareBuilder",
    "covet.middleware.MiddlewarePipeline",
    "covet.middleware.RateLimitMiddleware",
    "covet.middleware.RequestLoggingMiddleware",
    "covet.middleware.SecurityHeadersMiddleware",
    "covet.middleware.SessionMiddleware",
    "covet.middleware.get_middleware_registry",
    "covet.middleware.auth.AuthenticationMiddleware",
    "covet.middleware.cors.CORSMiddleware",
    "covet.middleware.debug.DebugToolbarMiddleware",
    "covet.middleware.rate_limit.RateLimitMiddleware",
    "covet.openapi.OpenAPIPlugin",
    "covet.plugins.Plugin",
    "covet.plugins.PluginManager",
    "covet.plugins.discover_plugins",
    "covet.plugins.get_plugin_registry",
    "covet.profiling.ProfileMiddleware",
    "covet.registry.Registry",
    "covet.responses.EventStream",
    "covet.responses.FileResponse",
    "covet.responses.HTMLResponse",
    "covet.responses.JSONResponse",
    "covet.responses.PlainTextResponse",
    "covet.responses.RedirectResponse",
    "covet.responses.StreamingResponse",
    "covet.serialization.Serializer",
    "covet.serialization.register_serializer",
    "covet.tasks.BackgroundTasks",
    "covet.testing.TestClient",
    "covet.testing.create_test_database",
]

PROMISED_MODULES = [
    "covet.cli.commands",
    "covet.core.asgi",
    "covet.core.middleware",
    "covet.core.validation",
    "covet.database.adapters",
    "covet.database.migrations",
    "covet.database.orm",
    "covet.security.csrf",
    "covet.security.hashing",
    "covet.security.jwt",
    "covet.testing.client",
    "covet.testing.fixtures",
]

PROMISED_OPTIONS = {
    "covet.CovetPy": "debug middleware lifespan plugins settings",
    "covet.CovetPy.run": "host port workers reload",
    "covet.CovetPy.route": "path methods",
    "covet.CovetPy.include_router": "router prefix middleware tags",
    "covet.create_app": "settings middleware plugins",
    "covet.database.DatabasePlugin": "adapter",
    "covet.database.DatabasePool": "url min_size max_size timeout",
    "covet.di.DependencyContainer.register": "interface implementation factory lifetime",
    "covet.di.DependencyContainer.resolve": "interface scope_id",
    "covet.di.Registration": "interface implementation factory lifetime kwargs",
    "covet.events.EventBus": "enable_history",
    "covet.events.EventBus.subscribe": "event_type handler priority",
    "covet.events.RequestStartedEvent": "event_id timestamp metadata method path client_ip",
    "covet.events.RequestCompletedEvent": "method path status_code duration_ms",
    "covet.events.DatabaseQueryEvent": "query duration_ms rows_affected",
    "covet.events.UserAuthenticatedEvent": "user_id method",
    "covet.middleware.AuthenticationMiddleware": "provider",
    "covet.middleware.CORSMiddleware": "allow_origins allow_methods allow_headers allow_credentials",
    "covet.middleware.DIMiddleware": "container",
    "covet.middleware.GZipMiddleware": "minimum_size compression_level",
    "covet.middleware.MiddlewareBuilder.rate_limit": "calls period identifier",
    "covet.middleware.MiddlewareBuilder.compression": "minimum_size level",
    "covet.middleware.MiddlewareBuilder.security_headers": "hsts_enabled csp_policy",
    "covet.middleware.MiddlewarePipeline.add": "middleware priority",
    "covet.middleware.MiddlewarePipeline.execute": "request handler",
    "covet.middleware.RateLimitMiddleware": "calls period identifier",
    "covet.middleware.RequestLoggingMiddleware": "log_headers log_body log_response",
    "covet.middleware.SecurityHeadersMiddleware": "hsts_enabled csp_policy",
    "covet.middleware.SessionMiddleware": "secret_key",
    "covet.plugins.Plugin": "config",
    "covet.plugins.Plugin.get_config_value": "key default",
    "covet.profiling.ProfileMiddleware": "output_file sort_by",
    "covet.registry.Registry": "validator",
    "covet.registry.Registry.register": "name item priority metadata",
    "covet.registry.Registry.list_all": "sort_by_priority",
    "covet.registry.Registry.discover_entry_points": "group",
    "covet.config.Settings": "env_prefix",
    "covet.config.Settings.from_file": "path",
    "covet.config.SecuritySettings": (
        "jwt_secret_key cors_allow_origins rate_limit_enabled rate_limit_requests rate_limit_window"
    ),
    "covet.config.ServerSettings": "host port workers",
    "covet.config.DatabaseSettings": "url pool_size",
    "covet.responses.StreamingResponse": "content media_type",
    "covet.Response": "content status_code headers media_type",
    "covet.Request": "method url",
    "covet.testing.TestClient": "app protocol raise_app_exceptions base_url",
}

PROMISED_MEMBERS = {
    "covet.CovetPy": (
        "add_middleware_stack container events middleware mount on_event "
        "plugin_manager plugins scope settings static websocket wrap"
    ),
    "covet.core.CovetRouter": "add_route match_route routes",
    "covet.database.DatabaseAdapter": (
        "connect disconnect execute fetch_all fetch_one is_connected supports_feature transaction"
    ),
    "covet.database.DatabasePool": "acquire connect disconnect fetch_one",
    "covet.database.SQLAdapter": "acquire cursor",
    "covet.di.DependencyContainer": "clear_scope override scope",
    "covet.events.EventBus": "clear_history get_history publish",
    "covet.auth.AuthProvider": "authenticate create_token revoke_token validate_token",
    "covet.config.Settings": "dict explain is_development is_production replace watch",
    "covet.middleware.Middleware": "handle_exception on_finish process_request process_response",
    "covet.middleware.MiddlewareBuilder": "build cors custom",
    "covet.middleware.MiddlewarePipeline": "compile",
    "covet.plugins.Plugin": "author dependencies description init_app on_shutdown on_startup validate_config",
    "covet.plugins.PluginManager": "get_plugin list_plugins register register_plugin shutdown_all startup_all",
    "covet.registry.Registry": "get get_or_fail unregister",
    "covet.cache.CacheBackend": "clear delete get set",
    "covet.cache.Cache": "get lock set",
    "covet.serialization.Serializer": "deserialize media_type serialize",
    "covet.tasks.BackgroundTasks": "add_task",
}


def test_surface_is_the_recorded_one() -> None:
    """
    A public name that is added or lost changes surface.txt in the same commit.
    """
    recorded = RECORD.read_text("utf-8").splitlines()
    current = list_public_names()

    changes = {
        "added": sorted(set(current) - set(recorded)),
        "lost": sorted(set(recorded) - set(current)),
    }

    assert changes == {"added": [], "lost": []}, "if it is meant: python -m tests.architecture.surface"
    assert recorded == current


@pytest.mark.parametrize("name", PROMISED)
def test_promised_name_is_importable(name: str) -> None:
    """
    The import paths of the documentation exist.
    """
    module, _, attribute = name.rpartition(".")

    assert hasattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("module", PROMISED_MODULES)
def test_promised_module_is_importable(module: str) -> None:
    """
    So does the layout of the package.
    """
    assert importlib.import_module(module).__doc__


def find(path: str) -> Any:
    """
    Import what a dotted path names: something in a module, or a member of a class there.
    """
    module, _, name = path.rpartition(".")
    return getattr(
        find(module) if name and module.rpartition(".")[2][0].isupper() else importlib.import_module(module), name
    )


@pytest.mark.parametrize("path", PROMISED_OPTIONS)
def test_promised_options_are_taken(path: str) -> None:
    """
    By these names; what is not promised may be there, too.
    """
    taken = inspect.signature(find(path)).parameters

    assert [name for name in PROMISED_OPTIONS[path].split() if name not in taken] == []


@pytest.mark.parametrize("path", PROMISED_MEMBERS)
def test_promised_members_are_there(path: str) -> None:
    """
    Methods, properties and attributes.
    """
    cls = find(path)

    assert [name for name in PROMISED_MEMBERS[path].split() if not hasattr(cls, name)] == []


def list_documented_imports() -> dict[str, str]:
    """
    List the names that the documents and the examples import from the framework, each with a file that does.
    """
    found: dict[str, str] = {}
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.py")]:
        for module, names in _IMPORT.findall(path.read_text("utf-8")):
            for name in re.findall(r"[A-Za-z_]\w*", names):
                found.setdefault(f"{module}.{name}", path.name)
    return found


def test_documents_import_recorded_names_only() -> None:
    """
    What a reader is shown is part of the public surface.
    """
    documented = list_documented_imports()

    strangers = sorted(set(documented.items()) - {(name, documented.get(name)) for name in list_public_names()})

    assert len(documented) > 20
    assert strangers == []


@pytest.mark.parametrize("module", list_public_modules())
def test_exports_exist(module: str) -> None:
    """
    `__all__` is there, names nothing twice and nothing that is not there.
    """
    imported = importlib.import_module(module)

    exported = list(imported.__all__)

    assert len(set(exported)) == len(exported)
    assert [name for name in exported if not hasattr(imported, name)] == []
