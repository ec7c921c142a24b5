"""
Answer the four cases by hand against ASGI, with msgspec: the floor that every framework is compared to.
"""

from typing import Any

import msgspec

from benchmarks.apps.models import Item
from benchmarks.cases import GREETING

encode = msgspec.json.encode
decode_item = msgspec.json.Decoder(Item).decode


async def read_body(receive: Any) -> bytes:
    """
    Read the whole body, in one piece when the server sends one.
    """
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def app(scope: Any, receive: Any, send: Any) -> None:
    """
    Serve the four cases.
    """
    if scope["type"] == "lifespan":
        await run_lifespan(receive, send)
        return
    method = scope["method"]
    path = scope["path"]
    status = 200
    content_type = b"application/json"
    if method == "GET" and path == "/":
        content_type = b"text/plain; charset=utf-8"
        body = GREETING.encode()
    elif method == "GET" and path == "/json":
        body = encode({"message": GREETING})
    elif method == "GET" and path.startswith("/users/"):
        try:
            body = encode({"user_id": int(path[7:])})
        except ValueError:
            status, body = 422, b'{"error":"id is not an integer"}'
    elif method == "POST" and path == "/items":
        try:
            body = encode(decode_item(await read_body(receive)))
        except msgspec.DecodeError:
            status, body = 422, b'{"error":"the body is not an item"}'
    else:
        status, body = 404, b'{"error":"not found"}'
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def run_lifespan(receive: Any, send: Any) -> None:
    """
    Answer the lifespan messages.
    """
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
