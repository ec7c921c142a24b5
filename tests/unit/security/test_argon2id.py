"""
The adapter of argon2-cffi: when the library is not there. What it does stands in test_hashing.py.
"""

import sys

import pytest

from covet.exceptions import MissingDependencyError
from covet.security.argon2id import Argon2id


def test_library_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the scheme is made."""
    assert Argon2id.is_installed()
    monkeypatch.setitem(sys.modules, "argon2.low_level", None)

    assert not Argon2id.is_installed()
    with pytest.raises(MissingDependencyError) as caught:
        Argon2id()
    assert str(caught.value) == (
        'argon2-cffi is needed for covet.security.Argon2id.\n  Install it with: pip install "covetpy[auth]"'
    )
