"""
A plugin that greets: a route, a header on every response, a health check and a command.
"""

from covet_greeting.plugin import GreetingConfig, GreetingPlugin

__all__ = ["GreetingConfig", "GreetingPlugin"]
