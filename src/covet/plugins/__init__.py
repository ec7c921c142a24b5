"""
Plugins: what extends an application, on its public surface and nothing else.

It must never be imported by an application that has none.
"""

from covet.plugins.base import HealthCheck, Plugin
from covet.plugins.discovery import PLUGIN_GROUP, discover_plugins
from covet.plugins.errors import (
    PluginConflictError,
    PluginDefinitionError,
    PluginDependencyError,
    PluginError,
    PluginLoadError,
    PluginProblem,
    PluginStateError,
    PluginTimeoutError,
)
from covet.plugins.health import HealthReport
from covet.plugins.manager import PluginManager
from covet.plugins.record import PluginOrigin, PluginRecord, PluginState
from covet.plugins.registry import get_plugin_registry
from covet.plugins.versions import Requirement, Version, VersionError, parse_version

__all__ = [
    "PLUGIN_GROUP",
    "HealthCheck",
    "HealthReport",
    "Plugin",
    "PluginConflictError",
    "PluginDefinitionError",
    "PluginDependencyError",
    "PluginError",
    "PluginLoadError",
    "PluginManager",
    "PluginOrigin",
    "PluginProblem",
    "PluginRecord",
    "PluginState",
    "PluginStateError",
    "PluginTimeoutError",
    "Requirement",
    "Version",
    "VersionError",
    "discover_plugins",
    "get_plugin_registry",
    "parse_version",
]
