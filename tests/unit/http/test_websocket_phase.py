"""
The table of phases is whole, and nothing follows the last one.
"""

import pytest

from covet.http.websocket_phase import WebSocketPhase, may_follow


@pytest.mark.parametrize("present", WebSocketPhase)
@pytest.mark.parametrize("phase", WebSocketPhase)
def test_phases_only_go_forward(phase: WebSocketPhase, present: WebSocketPhase) -> None:
    """
    None comes back, and from each there is a way to the end.
    """
    order = list(WebSocketPhase)
    is_skip = (present, phase) == (WebSocketPhase.CONNECTING, WebSocketPhase.CLOSING)

    assert may_follow(phase, present) is (order.index(phase) > order.index(present) and not is_skip)
