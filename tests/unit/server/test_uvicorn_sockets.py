"""
Tests of the choice of uvicorn's WebSockets; that long handshakes are answered is tested in tests/e2e.
"""

from typing import Any

import pytest

from covet.server import uvicorn_sockets
from covet.server.uvicorn_sockets import MAKE_SOCKET, choose_sockets, make_socket

config = pytest.importorskip("uvicorn.config")
server = pytest.importorskip("uvicorn.server")


@pytest.mark.parametrize(
    ("is_wanted", "is_installed", "expected"),
    [(True, True, MAKE_SOCKET), (True, False, "auto"), (False, True, "none")],
)
def test_choice_depends_on_the_library(
    is_wanted: bool, is_installed: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, uvicorn takes the other one, or says that there is none."""
    monkeypatch.setattr(uvicorn_sockets, "find_spec", lambda _: "found" if is_installed else None)

    assert choose_sockets(is_wanted=is_wanted) == expected


def test_name_leads_to_it_in_every_process() -> None:
    """Uvicorn's own way from a text to what it means."""
    loaded: Any = config.Config("no:app", ws=MAKE_SOCKET)
    loaded.app = lambda: None
    loaded.load()

    assert loaded.ws_protocol_class is make_socket


class Transport:
    """A connection; notes what is written and whether it was closed."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def get_extra_info(self, name: str) -> None:
        """Know nothing."""

    def write(self, data: bytes) -> None:
        """Note it."""
        self.written += data

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


@pytest.mark.parametrize("piece", [100_000, 4096])
async def test_line_that_is_too_long_is_answered_once(piece: int) -> None:
    """However it comes."""
    loaded: Any = config.Config("no:app", ws=MAKE_SOCKET, log_config=None)
    loaded.app = lambda: None
    loaded.load()
    socket = make_socket(config=loaded, server_state=server.ServerState(), app_state={})
    transport = Transport()
    socket.connection_made(transport)
    head = b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 9000)

    for start in range(0, len(head), piece):
        socket.data_received(head[start : start + piece])

    assert transport.written == b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    assert transport.is_closed
