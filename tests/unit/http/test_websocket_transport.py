"""
What fills the contract of a transport can carry a WebSocket.
"""

from covet.core.asgi_websocket import ASGITransport
from covet.core.rsgi_websocket import RSGITransport
from covet.http.websocket_transport import WebSocketTransport
from tests.unit.http.websocket_transports import MemoryTransport


def test_both_adapters_have_what_the_contract_names() -> None:
    """
    And so has the transport of the tests.
    """
    names = {name for name in vars(WebSocketTransport) if not name.startswith("_")}

    for cls in (ASGITransport, RSGITransport, MemoryTransport):
        assert names <= set(dir(cls))
