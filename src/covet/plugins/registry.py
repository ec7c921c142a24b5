"""
The registry of plugin classes: what settings may enable by name without a distribution that offers it.
"""

from typing import Final

from covet.plugins.base import Plugin
from covet.registry import Registry


def get_plugin_registry() -> Registry[type[Plugin]]:
    """
    Return the registry of plugin classes.

    A class stands in it under its own name. It makes no plugin by itself: settings choose what an application has.

    Example:
        >>> get_plugin_registry().register("nothing", int)
        Traceback (most recent call last):
            ...
        covet.registry.InvalidItemError: plugins refuses 'nothing': <class 'int'>.
          It must be a subclass of Plugin with a name.
    """
    return _REGISTRY


def _is_plugin_class(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, Plugin) and hasattr(item, "name")


_REGISTRY: Final[Registry[type[Plugin]]] = Registry(
    _is_plugin_class, name="plugins", expected="a subclass of Plugin with a name"
)
