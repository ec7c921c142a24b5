"""
Static files: a directory that is served as it is.

`app.static(prefix, directory)` is the usual way in.
"""

from covet.staticfiles.files import StaticFiles

__all__ = ["StaticFiles"]
