"""
What serves files where an application might be mounted.
"""

from abc import ABC, abstractmethod

from covet.http.request import Request
from covet.http.response import Response


class FileHandler(ABC):
    """
    The base of `covet.staticfiles.StaticFiles`: a router that gets one mounted makes a route of it.

    The value of that route's only path parameter, `path`, is what follows the prefix.
    """

    @abstractmethod
    async def answer(self, request: Request) -> Response:
        """Answer a `GET` or a `HEAD`."""
