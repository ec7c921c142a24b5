"""
The public surface is what surface.txt records, and holds what the documentation promises.
"""

import importlib
import re

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
    "covet.core.CovetPyASGI",
    "covet.core.CovetRouter",
    "covet.core.http.Request",
    "covet.core.http.Response",
    "covet.core.routing.CovetRouter",
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
    "covet.middleware.CORSMiddleware",
    "covet.middleware.Middleware",
    "covet.middleware.MiddlewareBuilder",
    "covet.middleware.MiddlewarePipeline",
    "covet.middleware.get_middleware_registry",
    "covet.plugins.Plugin",
    "covet.plugins.PluginManager",
    "covet.plugins.discover_plugins",
    "covet.plugins.get_plugin_registry",
    "covet.registry.Registry",
    "covet.responses.HTMLResponse",
    "covet.responses.JSONResponse",
    "covet.responses.PlainTextResponse",
    "covet.responses.RedirectResponse",
    "covet.responses.StreamingResponse",
    "covet.serialization.Serializer",
    "covet.serialization.register_serializer",
    "covet.tasks.BackgroundTasks",
    "covet.testing.TestClient",
]


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
