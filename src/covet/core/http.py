"""
`Request` and `Response`, where those look for them who know the application by `covet.core`.
"""

from covet.http.request import Request
from covet.http.response import Response

__all__ = ["Request", "Response"]
