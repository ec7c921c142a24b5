"""
Tests of ASGI applications behind RSGI.
"""

from typing import Any

import pytest

from covet import CovetPy
from covet.testing import TestClient
from covet.types import Receive, Scope, Send


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the body, in two pieces if the path says so."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    text = f"{scope['method']} {scope['root_path']} {scope['path']} ".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text + body))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    if scope["path"].endswith("pieces"):
        await send({"type": "http.response.body", "body": text, "more_body": True})
        await send({"type": "http.response.body", "body": body})
    else:
        await send({"type": "http.response.body", "body": text + body})


@pytest.mark.parametrize("path", ["/sub/whole", "/sub/pieces"])
@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_an_asgi_application_answers_over_both_protocols(protocol: Any, path: str) -> None:
    """Head, body and answer arrive; an application that knows no lifespan is left alone."""
    app = CovetPy()
    app.mount("/sub", echo)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.post(path, content=b"body")

    assert (response.status_code, response.text) == (201, f"POST /sub {path} body")
    assert response.headers["content-type"] == "text/plain"


async def test_an_application_that_never_answers_is_answered_for() -> None:
    """Granian would wait."""

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        return

    app = CovetPy()
    app.mount("/sub", silent)

    async with TestClient(app, protocol="rsgi") as client:
        response = await client.get("/sub/x")

    assert response.status_code == 500
