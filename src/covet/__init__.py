"""
CovetPy, an async-first web framework.
"""

from covet._version import __version__

__all__ = ["__version__"]
