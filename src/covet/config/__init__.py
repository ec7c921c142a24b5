"""
Configuration: what an application is told from outside, read from layers, checked, frozen.

- `settings`: the front; `sections` has the built-in ones, `binding` makes those of plugins.
- `sources`, `collection`, `layers`: who says what.
- `files`, `dotenv`, `lines`, `references`, `names`: how it is written.
- `loading`, `parsers`, `units`, `fields`: texts to typed values; `profiles`: what an environment means.
- `errors`, `fixes`, `explanation`, `masking`, `secret`, `json_schema`: what is shown of it.
- `key_ring`: the keys that its secrets give; imported by whoever needs keys.
- `watcher`: values that change while the application runs.

Nothing here reads the environment or a file when it is imported.
"""

from covet.config.binding import bind_section
from covet.config.environment import Environment
from covet.config.errors import (
    ConfigurationWarning,
    FrozenSettingsError,
    InvalidSettingsError,
    Origin,
    SettingProblem,
)
from covet.config.explanation import ExplainedValue, Explanation
from covet.config.fields import Reloadable
from covet.config.secret import Secret
from covet.config.sections import (
    AppSettings,
    CacheSettings,
    DatabaseSettings,
    LimitSettings,
    LoggingSettings,
    SecuritySettings,
    ServerSettings,
    section,
)
from covet.config.settings import Settings
from covet.config.sources import Sources
from covet.config.units import ByteSize, Duration
from covet.config.watcher import ChangedValue, SettingsChange, SettingsWatcher
from covet.exceptions import ConfigurationError

__all__ = [
    "AppSettings",
    "ByteSize",
    "CacheSettings",
    "ChangedValue",
    "ConfigurationError",
    "ConfigurationWarning",
    "DatabaseSettings",
    "Duration",
    "Environment",
    "ExplainedValue",
    "Explanation",
    "FrozenSettingsError",
    "InvalidSettingsError",
    "LimitSettings",
    "LoggingSettings",
    "Origin",
    "Reloadable",
    "Secret",
    "SecuritySettings",
    "ServerSettings",
    "SettingProblem",
    "Settings",
    "SettingsChange",
    "SettingsWatcher",
    "Sources",
    "bind_section",
    "section",
]
