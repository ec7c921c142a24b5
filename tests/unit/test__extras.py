"""
Optional libraries: imported when they are there, named when they are not.
"""

import json
import sys
from pathlib import Path

import pytest

from covet._extras import find_extra, require_extra
from covet.exceptions import ConfigurationError, MissingDependencyError


@pytest.fixture
def broken_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install a library that imports another one that is not there."""
    (tmp_path / "half_installed.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "half_installed"


def test_an_installed_library_is_imported() -> None:
    """Both functions return the module itself."""
    assert require_extra("json", extra="standard", needed_for="the test") is json
    assert find_extra("json") is json


def test_a_submodule_is_imported() -> None:
    """A dotted name gives the submodule, not its package."""
    module = require_extra("json.decoder", extra="standard", needed_for="the test")

    assert module is sys.modules["json.decoder"]


def test_a_missing_library_says_how_to_install_it() -> None:
    """The error names the library, the feature and the command; it is an ImportError."""
    with pytest.raises(MissingDependencyError) as caught:
        require_extra("nowhere.asyncio", extra="orm", needed_for="covet.database.orm", library="Nowhere")

    assert str(caught.value) == (
        'Nowhere is needed for covet.database.orm.\n  Install it with: pip install "covetpy[orm]"'
    )
    assert (caught.value.library, caught.value.extra, caught.value.needed_for) == (
        "Nowhere",
        "orm",
        "covet.database.orm",
    )
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, ConfigurationError)


def test_a_missing_library_is_called_by_its_module_by_default() -> None:
    """Without a name for it, the top-level module stands in the error."""
    with pytest.raises(MissingDependencyError, match=r"^nowhere is needed for x"):
        require_extra("nowhere.asyncio", extra="orm", needed_for="x")


def test_a_missing_library_may_be_looked_for() -> None:
    """Looking for a library that is not there is no error."""
    assert find_extra("nowhere_to_be_found") is None


def test_a_required_library_that_is_broken_is_not_called_missing(broken_library: str) -> None:
    """What is installed and cannot be imported raises its own error, not advice to install it."""
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found") as caught:
        require_extra(broken_library, extra="standard", needed_for="the test")

    assert not isinstance(caught.value, MissingDependencyError)


def test_a_found_library_that_is_broken_is_not_called_missing(broken_library: str) -> None:
    """A broken library is not silently taken for an absent one."""
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        find_extra(broken_library)
