"""The request methods, once for the client that is awaited and once for the one that is not."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar, Unpack

from covet.testing.request import RequestOptions

Answer_co = TypeVar("Answer_co", covariant=True)


class RequestMethods(ABC, Generic[Answer_co]):
    """
    A method for each of HTTP's, all by way of `request`.

    `Answer_co` is a response, or a coroutine that returns one.
    """

    @abstractmethod
    def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a request."""

    def get(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a GET request."""
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a HEAD request."""
        return self.request("HEAD", path, **options)

    def post(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a POST request."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a PUT request."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a PATCH request."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send a DELETE request."""
        return self.request("DELETE", path, **options)

    def options(self, path: str, **options: Unpack[RequestOptions]) -> Answer_co:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", path, **options)
