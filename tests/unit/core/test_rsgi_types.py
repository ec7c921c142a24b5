"""
Tests that what RSGI is expected to give is what Granian gives.
"""

import pytest

from covet.core import rsgi_types
from covet.testing import rsgi_fakes

granian = pytest.importorskip("granian.rsgi", reason="Granian is not installed")

PAIRS = [
    (rsgi_types.RSGIHeaders, granian.Headers, rsgi_fakes.RSGIHeaders),
    (rsgi_types.RSGIProtocol, granian.HTTPProtocol, rsgi_fakes.RSGIHTTPProtocol),
]


@pytest.mark.parametrize(("expected", "real", "fake"), PAIRS)
def test_every_expected_member_is_there(expected: type, real: type, fake: type) -> None:
    """What the adapter calls exists on Granian's own class and on the test client's stand-in."""
    members = {name for name in vars(expected) if not name.startswith("_")}

    assert members
    assert members <= set(dir(real))
    assert members <= set(dir(fake))
