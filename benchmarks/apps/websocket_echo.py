"""
Echo over a WebSocket: by hand against RSGI and against ASGI, and with CovetPy.
"""

from typing import Any

from covet import CovetPy
from covet.http.websocket import WebSocket

covet_app = CovetPy()


@covet_app.websocket("/")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text(await websocket.receive_text())


class RawRSGI:
    """
    Echo texts, as a careful hand writes it.
    """

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.proto != "ws":
            protocol.response_str(404, [], "")
            return
        socket = await protocol.accept()
        while True:
            message = await socket.receive()
            if message.kind == 0:
                break
            await socket.send_str(message.data)
        protocol.close()


async def raw_asgi(scope: Any, receive: Any, send: Any) -> None:
    """
    Echo texts, as a careful hand writes it.
    """
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] != "websocket.receive":
            break
        await send({"type": "websocket.send", "text": message["text"]})


raw_rsgi = RawRSGI()
