"""
Small applications for the server's tests: ASGI and RSGI by hand, nothing of the framework.

What happens is appended to the file that the environment variable `RECORD` names, one line each.
"""

import asyncio
import os
import time
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

# Scopes, protocols and messages are whatever the servers make them.
Message = MutableMapping[str, Any]


def record(line: str) -> None:
    """Append a line to the record, in one write, so that workers do not mix theirs."""
    path = os.environ.get("RECORD")
    if path is None:
        return
    number = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    try:
        os.write(number, f"{line}\n".encode())
    finally:
        os.close(number)


class Application:
    """
    Answers `/`, `/slow?<seconds>`, `/stubborn?<seconds>`, `/stream`, `/large` and `/pid`.

    Args:
        fail: Whether the start fails.
        slow_start: Seconds that the start takes.
        deaf: Whether streams ignore that the server stops.
    """

    def __init__(self, *, fail: bool = False, slow_start: float = 0.0, deaf: bool = False) -> None:
        self.fail = fail
        self.slow_start = slow_start
        self.deaf = deaf
        self.draining = asyncio.Event()

    # ── Life ─────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Start, slowly or in vain if so asked."""
        record(f"starting {os.getpid()}")
        try:
            await asyncio.sleep(self.slow_start)
        except asyncio.CancelledError:
            record("start cancelled")
            raise
        if self.fail:
            raise RuntimeError("the kettle is empty")
        record(f"started {os.getpid()}")

    async def stop(self) -> None:
        """Note that the shutdown hooks run."""
        record(f"stopped {os.getpid()}")

    def begin_drain(self) -> None:
        """Note that the server stops, and end the streams."""
        record(f"draining {os.getpid()}")
        if not self.deaf:
            self.draining.set()

    # ── RSGI ─────────────────────────────────────────────────────────────────

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self.start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self.stop())

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.path == "/stream":
            transport = protocol.response_stream(200, [("content-type", "text/plain")])
            await transport.send_bytes(b"first ")
            await self.draining.wait()
            await transport.send_bytes(b"last")
            return
        headers = [("content-type", "text/plain"), ("x-interface", "rsgi")]
        protocol.response_bytes(200, headers, await self.answer(scope.path, scope.query_string))

    # ── ASGI ─────────────────────────────────────────────────────────────────

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Speak ASGI."""
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"x-interface", b"asgi")]
        if scope["path"] == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"first ", "more_body": True})
            await self.draining.wait()
            await send({"type": "http.response.body", "body": b"last"})
            return
        body = await self.answer(scope["path"], scope["query_string"].decode())
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def lifespan(self, receive: Any, send: Any) -> None:
        """Speak the lifespan part of ASGI."""
        await receive()
        try:
            await self.start()
        except RuntimeError as exc:
            await send({"type": "lifespan.startup.failed", "message": str(exc)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    # ── Both ─────────────────────────────────────────────────────────────────

    async def answer(self, path: str, query: str) -> bytes:
        """Make the body that a path asks for."""
        if path == "/pid":
            return str(os.getpid()).encode()
        if path == "/large":
            return b"x" * 50_000_000
        if path == "/exit":
            os._exit(7)
        if path == "/load":
            record(f"request {unquote(query)}")
            # Some requests at once, some over several turns of the loop: both must survive the stop.
            await asyncio.sleep((0, 0, 0.002, 0.02)[hash(query) % 4])
            return b"ok" * 500
        if path in {"/slow", "/stubborn"}:
            record(f"request {path}")
            until = time.monotonic() + float(query)
            while time.monotonic() < until:
                try:
                    await asyncio.sleep(until - time.monotonic())
                except asyncio.CancelledError:
                    record(f"cancelled {path}")
                    if path == "/slow":
                        raise
        return b"ok"


app = Application()
failing = Application(fail=True)
failing_slowly = Application(fail=True, slow_start=1.0)
hesitant = Application(slow_start=30.0)
deaf = Application(deaf=True)


def create_app() -> Application:
    """Make an application."""
    return Application()
