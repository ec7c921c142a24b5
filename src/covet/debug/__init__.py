"""
The debug pages: what an application is made of, shown to its developer, in debug and on this machine only.

- `plugin`: `DebugPlugin`, which adds the pages; `access` says who may look.
- `pages`: what they show; `page` is the form that all of them have; `concealment` takes every known secret out.
- `rendering`: JSON, text, Mermaid; `document`: HTML.

A battery: it uses the public surface of the application, and nothing knows it.
"""

from covet.debug.plugin import DebugConfig, DebugPlugin

__all__ = ["DebugConfig", "DebugPlugin"]
