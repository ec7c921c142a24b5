"""
The part of WebSockets that RSGI cannot carry.
"""

from covet import CovetPy
from covet.http.websocket import WebSocket

app = CovetPy()


@app.websocket("/", subprotocols=["chat.v2", "chat.v1"])
async def echo(websocket: WebSocket) -> None:
    """Send back what comes."""
    await websocket.accept()
    await websocket.send_json(websocket.subprotocol)
    async for message in websocket:
        await websocket.send(message)


if __name__ == "__main__":
    import os

    app.run(port=int(os.environ["PORT"]))
