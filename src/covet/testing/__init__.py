"""
Test an application without a server.

::

    client.py           TestClient, what a test uses; sync_client.py is its face for code that is not async
    request.py          what is sent, with multipart.py; response.py what comes back; cookies.py in between
    exchange.py         one request and its response, the application on one end, the client on the other
    asgi_transport.py   turns an exchange into ASGI; rsgi_transport.py into RSGI, with rsgi_fakes.py
    wire.py             what HTTP allows; errors.py what is raised when the application goes beyond
    portal.py tasks.py  a loop in a thread; the tasks that the application started
    websocket.py        the client's end of a WebSocket; sync_websocket.py, socket_exchange.py, asgi_socket.py and
                        rsgi_socket.py are for it what their sisters are for a request
    event_store.py      the promises of an event store, for those who write one; broadcaster.py, rate_limit_store.py,
                        session_store.py, cache_backend.py, auth_provider.py, revocation_store.py, api_key_store.py,
                        user_store.py and database_adapter.py those of theirs
    new_database.py     a database of the test's own: temporary_database.py, made in one of database_servers.py, undone
                        by rolled_back.py; factory.py fills it, and fixtures.py are for pytest
"""

from covet.testing.client import TestClient
from covet.testing.errors import (
    IncompleteResponseError,
    ProtocolViolation,
    StatusError,
    TooManyRedirectsError,
    WebSocketRefusedError,
)
from covet.testing.factory import Factory
from covet.testing.new_database import create_test_database
from covet.testing.response import ClientResponse, StreamedResponse
from covet.testing.sync_client import SyncStreamedResponse, SyncTestClient
from covet.testing.sync_websocket import SyncClientWebSocket
from covet.testing.websocket import ClientWebSocket

__all__ = [
    "ClientResponse",
    "ClientWebSocket",
    "Factory",
    "IncompleteResponseError",
    "ProtocolViolation",
    "StatusError",
    "StreamedResponse",
    "SyncClientWebSocket",
    "SyncStreamedResponse",
    "SyncTestClient",
    "TestClient",
    "TooManyRedirectsError",
    "WebSocketRefusedError",
    "create_test_database",
]
