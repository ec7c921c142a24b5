"""
A database adapter that keeps documents in a file.
"""

from covet_drawer.adapter import DrawerAdapter

__all__ = ["DrawerAdapter"]
