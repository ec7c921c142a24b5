"""
What the tests of logins with another service share: the provider, a real process.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, serve
from tests.unit.auth.oauth.browser import forget_calls

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def idp_process() -> Iterator[ServerProcess]:
    """Run the OpenID Connect provider of the tests."""
    with serve("tests.e2e.oidc_provider:app", directory=ROOT) as server:
        yield server


@pytest.fixture
def idp(idp_process: ServerProcess) -> str:
    """The address of the provider; `f"{idp}/good"` is an issuer that does nothing wrong."""
    forget_calls(idp_process.url)
    return idp_process.url
