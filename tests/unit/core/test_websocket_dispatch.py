"""
What serves a WebSocket is found by its path; a route that changed is compiled again.
"""

from covet import CovetPy
from covet.core.websocket_dispatch import WebSocketDispatch
from covet.exceptions import PermissionDeniedError
from covet.http.response import Response
from covet.http.websocket import WebSocket
from covet.testing import TestClient, WebSocketRefusedError


async def test_a_route_that_changed_is_compiled_again() -> None:
    """
    An exception handler that is added while it runs holds for the next connection.
    """
    app, statuses = CovetPy(), []

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        raise PermissionDeniedError

    for _ in range(2):
        try:
            async with TestClient(app).websocket_connect("/x"):
                raise AssertionError
        except WebSocketRefusedError as exc:
            statuses.append(exc.status_code)
        if len(statuses) == 1:
            app.add_exception_handler(PermissionDeniedError, lambda request, exc: Response(None, 418))

    assert statuses == [403, 418]


async def test_an_application_knows_its_open_sockets() -> None:
    """
    A server asks for them when it stops.
    """
    app = CovetPy()

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        async for _ in websocket:
            pass

    async with TestClient(app) as client:
        before = app.has_connections
        async with client.websocket_connect("/x"):
            during = app.has_connections

        assert (before, during, app.has_connections) == (False, True, False)
    assert isinstance(app._websockets, WebSocketDispatch)
