"""
Test an application without a server.

::

    client.py           TestClient, what a test uses; sync_client.py is its face for code that is not async
    request.py          what is sent, with multipart.py; response.py what comes back; cookies.py in between
    exchange.py         one request and its response, the application on one end, the client on the other
    asgi_transport.py   turns an exchange into ASGI; rsgi_transport.py into RSGI, with rsgi_fakes.py
    wire.py             what HTTP allows; errors.py what is raised when the application goes beyond
    portal.py tasks.py  a loop in a thread; the tasks that the application started
    event_store.py      the promises of an event store, for those who write one
"""

from covet.testing.client import TestClient
from covet.testing.errors import IncompleteResponseError, ProtocolViolation, StatusError, TooManyRedirectsError
from covet.testing.response import ClientResponse, StreamedResponse
from covet.testing.sync_client import SyncStreamedResponse, SyncTestClient

__all__ = [
    "ClientResponse",
    "IncompleteResponseError",
    "ProtocolViolation",
    "StatusError",
    "StreamedResponse",
    "SyncStreamedResponse",
    "SyncTestClient",
    "TestClient",
    "TooManyRedirectsError",
]
