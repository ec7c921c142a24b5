"""
Providers without tokens.
"""

import pytest

from covet.auth import BasicAuthProvider, MemoryUsers, Principal
from covet.exceptions import ConfigurationError


async def test_no_token_is_good_and_none_is_made() -> None:
    """The error says what to do instead."""
    provider = BasicAuthProvider(MemoryUsers())
    await provider.revoke_token("x")

    assert await provider.validate_token("x") is None
    with pytest.raises(ConfigurationError, match=r"BasicAuthProvider makes no tokens\.\n  With HTTP Basic the name"):
        await provider.create_token(Principal("7"))
