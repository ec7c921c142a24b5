"""
Tests of the names that `covet` itself offers.
"""

import subprocess
import sys

import pytest

import covet
from covet.http import websocket, websocket_errors


def test_websockets_are_offered_with_everything_else() -> None:
    """
    They are the classes of their modules, found by a star import, too.
    """
    namespace: dict[str, object] = {}

    exec("from covet import *", namespace)

    assert covet.WebSocket is namespace["WebSocket"] is websocket.WebSocket
    assert covet.WebSocketDisconnect is namespace["WebSocketDisconnect"] is websocket_errors.WebSocketDisconnect


def test_websockets_are_loaded_when_they_are_asked_for() -> None:
    """
    An application without any does not pay for them, and one asks once; `dir()` lists them before.
    """
    code = (
        "import covet, sys\n"
        "before = 'covet.http.websocket' in sys.modules, {'WebSocket', 'WebSocketDisconnect'} <= set(dir(covet))\n"
        "from covet import WebSocket\n"
        "print(before, 'covet.http.websocket' in sys.modules, 'WebSocket' in vars(covet))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout == "(False, True) True True\n"


def test_other_names_are_not_there() -> None:
    """
    The error is that of any module.
    """
    with pytest.raises(AttributeError, match=r"^module 'covet' has no attribute 'Websocket'$"):
        _ = covet.Websocket  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'WebSockets' from 'covet'"):
        exec("from covet import WebSockets")
