"""
The ways into an application.
"""

import pytest

from tests.unit.middleware.cors_client import Protocol


@pytest.fixture(params=["asgi", "rsgi"])
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """The way in."""
    protocol: Protocol = request.param
    return protocol
