"""
Answer the four cases by hand against RSGI (Granian's own protocol), with msgspec.
"""

from typing import Any

import msgspec

from benchmarks.apps.models import Item
from benchmarks.cases import GREETING

encode = msgspec.json.encode
decode_item = msgspec.json.Decoder(Item).decode

TEXT = [("content-type", "text/plain; charset=utf-8")]
JSON = [("content-type", "application/json")]


class RawApplication:
    """
    Serve the four cases.
    """

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        method = scope.method
        path = scope.path
        if method == "GET" and path == "/":
            protocol.response_str(200, TEXT, GREETING)
        elif method == "GET" and path == "/json":
            protocol.response_bytes(200, JSON, encode({"message": GREETING}))
        elif method == "GET" and path.startswith("/users/"):
            try:
                user_id = int(path[7:])
            except ValueError:
                protocol.response_bytes(422, JSON, b'{"error":"id is not an integer"}')
                return
            protocol.response_bytes(200, JSON, encode({"user_id": user_id}))
        elif method == "POST" and path == "/items":
            try:
                item = decode_item(await protocol())
            except msgspec.DecodeError:
                protocol.response_bytes(422, JSON, b'{"error":"the body is not an item"}')
                return
            protocol.response_bytes(200, JSON, encode(item))
        else:
            protocol.response_bytes(404, JSON, b'{"error":"not found"}')


app = RawApplication()
