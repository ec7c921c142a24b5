"""
Every test that asks for a protocol runs over both.
"""

import pytest

from tests.unit.testing.apps import PROTOCOLS, Protocol


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """
    Run the test over either protocol.
    """
    chosen: Protocol = request.param
    return chosen
