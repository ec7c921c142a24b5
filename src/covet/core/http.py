"""
The standards' import path of `Request` and `Response`.
"""

from covet.http.request import Request
from covet.http.response import Response

__all__ = ["Request", "Response"]
