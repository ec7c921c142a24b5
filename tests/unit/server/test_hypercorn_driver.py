"""
What Hypercorn is told, without starting it. That it works is tested in tests/e2e.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from covet.exceptions import ConfigurationError
from covet.server import hypercorn_driver
from covet.server.options import HTTPVersion, RunOptions, make_options
from covet.server.worker import Job

hypercorn_asyncio = pytest.importorskip("hypercorn.asyncio")
hypercorn_utils = pytest.importorskip("hypercorn.utils")


async def app(scope: object, receive: object, send: object) -> None:
    """Speak ASGI, and say nothing."""


def drive(monkeypatch: pytest.MonkeyPatch, options: RunOptions | None = None, *, fails: bool = False) -> Any:
    """Serve with a fake; returns the configuration."""
    seen: list[Any] = []

    # Any: Hypercorn's configuration has some sixty attributes.
    async def serve(served: object, config: Any, *, shutdown_trigger: Callable[[], Awaitable[None]], mode: str) -> None:
        assert (served, mode) == (app, "asgi")
        seen.append(config)
        if fails:
            raise hypercorn_utils.LifespanFailureError("startup", "out of tea")

    monkeypatch.setattr(hypercorn_asyncio, "serve", serve)
    job = Job(app=app, target=None, interface="asgi", drain_timeout=30.0, listening_on=1, log_level="info")
    hypercorn_driver.serve(job, make_options(options or {}), start_method="spawn")
    return seen[0]


def test_the_settings_are_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits as with Granian, HTTP/1 only, and no server header."""
    config = drive(monkeypatch, {"drain_timeout": 7})

    assert config.bind == ["127.0.0.1:8000"]
    assert config.h11_max_incomplete_size == 64 * 1024
    assert config.h2_max_header_list_size == 64 * 1024
    assert config.keep_alive_timeout == 30
    assert config.graceful_timeout == 7 + hypercorn_driver.ANSWER_SECONDS
    assert config.alpn_protocols == ["http/1.1"]
    assert config.websocket_max_message_size == 16 * 1024 * 1024
    assert config.include_server_header is False
    assert config.accesslog is None


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({"host": "::1", "port": 9000}, "bind", ["[::1]:9000"]),
        ({"uds": "/run/app.sock"}, "bind", ["unix:/run/app.sock"]),
        ({"http": "auto"}, "alpn_protocols", ["h2", "http/1.1"]),
        ({"keep_alive": 3}, "keep_alive_timeout", 3),
        ({"access_log": True}, "accesslog", "-"),
        ({"log_level": "debug"}, "loglevel", "DEBUG"),
        ({"tls_certificate": "c.pem", "tls_key": "k.pem"}, "keyfile", "k.pem"),
    ],
)
def test_options_reach_hypercorn(
    monkeypatch: pytest.MonkeyPatch, options: RunOptions, name: str, value: object
) -> None:
    """What was chosen is what Hypercorn is told."""
    assert getattr(drive(monkeypatch, options), name) == value


@pytest.mark.parametrize(("version", "stays"), [("1", True), ("auto", False)])
def test_http_1_is_left_for_nobody(monkeypatch: pytest.MonkeyPatch, version: HTTPVersion, *, stays: bool) -> None:
    """While HTTP/1 alone is served, Hypercorn does not go over to HTTP/2; afterwards it is what it was."""
    protocol = pytest.importorskip("hypercorn.protocol.h11").H11Protocol
    before = protocol._check_protocol
    seen: list[bool] = []

    async def serve(*_arguments: object, **_options: object) -> None:
        seen.append(protocol._check_protocol is not before)

    monkeypatch.setattr(hypercorn_asyncio, "serve", serve)
    job = Job(app=app, target=None, interface="asgi", drain_timeout=30.0, listening_on=1, log_level="info")
    hypercorn_driver.serve(job, make_options({"http": version}), start_method="spawn")

    assert seen == [stays]
    assert protocol._check_protocol is before


def test_compression_is_left_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it serves, Hypercorn agrees on no extension; afterwards it is what it was."""
    module = pytest.importorskip("hypercorn.protocol.ws_stream")
    before = module.PerMessageDeflate
    seen: list[object] = []

    async def serve(*_arguments: object, **_options: object) -> None:
        seen.append(module.server_extensions_handshake(["permessage-deflate"], [module.PerMessageDeflate()]))

    monkeypatch.setattr(hypercorn_asyncio, "serve", serve)
    job = Job(app=app, target=None, interface="asgi", drain_timeout=30.0, listening_on=1, log_level="info")
    hypercorn_driver.serve(job, make_options({}), start_method="spawn")

    assert seen == [None]
    assert module.PerMessageDeflate is before


def test_http_2_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn answers HTTP/1 whatever it is told, so nobody is promised otherwise."""
    with pytest.raises(ConfigurationError, match=r"Hypercorn is not driven with http='2'\."):
        drive(monkeypatch, {"http": "2"})


def test_a_failed_start_is_an_exit_with_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The application's message is written without Hypercorn's trace."""
    with pytest.raises(SystemExit) as caught:
        drive(monkeypatch, fails=True)

    assert caught.value.code == 1
    assert capsys.readouterr().err == (
        "Lifespan failure in startup. 'out of tea'.\ncovet: The application could not be started.\n"
    )


@pytest.mark.row(70)
async def test_row_070_a_message_that_is_too_large_is_kept_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the pieces that came nor those that come behind it; then the connection is closed."""
    module = pytest.importorskip("hypercorn.protocol.ws_stream")
    events = pytest.importorskip("wsproto.events")
    monkeypatch.setattr(hypercorn_driver, "LINGER_SECONDS", 0)
    piece = events.BytesMessage(data=b"x" * 8, message_finished=False)
    sent: list[Any] = []

    async def send(event: object) -> None:
        sent.append(event)

    with hypercorn_driver._end_of_large_messages():
        buffer = module.WebsocketBuffer(10)
        buffer.extend(piece)
        for _ in range(2):
            with pytest.raises(module.FrameTooLargeError):
                buffer.extend(events.BytesMessage(data=b"x" * 11))
        # Any: what it needs of a stream.
        stream = SimpleNamespace(
            connection=SimpleNamespace(events=list), buffer=buffer, closed=False, send=send, stream_id=1
        )
        await module.WSStream._handle_events(stream)
        stream.closed = True
        await module.WSStream._handle_events(stream)

    assert (buffer.value, buffer.length) == (None, 0)
    assert sent == [module.StreamClosed(stream_id=1)]


@pytest.mark.row(70)
async def test_row_070_messages_that_nobody_receives_are_dropped() -> None:
    """Whoever waits to hand one on goes on as soon as the application has ended, and so do those behind it."""
    module = pytest.importorskip("hypercorn.protocol.ws_stream")
    queue: asyncio.Queue[Any] = asyncio.Queue(1)
    await queue.put({})
    # Any: what it needs of a stream; the connection is closed already.
    stream: Any = SimpleNamespace(closed=True, app_put=queue.put)

    with hypercorn_driver._end_of_unread_messages():
        waiting = asyncio.ensure_future(stream.app_put({}))
        await asyncio.sleep(0)
        await module.WSStream.app_send(stream, {"type": "websocket.close"})
        was_full = queue.full() and not waiting.done()
        for _ in range(2):
            await module.WSStream.app_send(stream, None)
    async with asyncio.timeout(1):
        await waiting
        for _ in range(5):
            await stream.app_put({})

    assert was_full


def test_afterwards_messages_are_as_before() -> None:
    """Whoever else uses Hypercorn in this process has it as it is."""
    module = pytest.importorskip("hypercorn.protocol.ws_stream")

    def list_methods() -> list[object]:
        stream = module.WSStream
        return [module.WebsocketBuffer.extend, stream._handle_events, stream.app_send]

    before = list_methods()

    with hypercorn_driver._end_of_large_messages(), hypercorn_driver._end_of_unread_messages():
        assert all(now is not method for now, method in zip(list_methods(), before, strict=True))

    assert list_methods() == before
