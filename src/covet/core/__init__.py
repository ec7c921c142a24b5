"""
Dispatch: what matches a request, what runs for it, and the two adapters that carry it.
"""

from covet.core.application import CovetPyASGI
from covet.core.routing import CovetRouter

__all__ = ["CovetPyASGI", "CovetRouter"]
