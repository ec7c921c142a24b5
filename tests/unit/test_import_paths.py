"""
Import paths: what a text names, and why it leads nowhere.
"""

from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError
from covet.import_paths import ImportPathError, find_attribute, import_path, split_import_path


@pytest.fixture
def shop(importable: Path) -> Path:
    """A module to import from, and two that fail."""
    (importable / "import_path_shop.py").write_text("class Till:\n    open = 'now'\n")
    (importable / "import_path_broken.py").write_text("\n\nraise OSError('no till')\n")
    (importable / "import_path_needy.py").write_text("import import_path_missing\n")
    return importable


def test_an_object_is_imported(shop: Path) -> None:
    """What is within another is found, too."""
    assert import_path("import_path_shop:Till.open") == "now"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("import_path_shop", "it has no name"),
        ("import_path_shop:", "it has no name"),
        (":Till", "it has no module"),
        ("import_path_shop:Tilt", "AttributeError: module 'import_path_shop' has no attribute 'Tilt'"),
        ("import_path_shop:Till.shut", "AttributeError: type object 'Till' has no attribute 'shut'"),
        ("import_path_missing:Till", "ModuleNotFoundError: No module named 'import_path_missing'"),
        ("import_path_broken:Till", "OSError: no till, in import_path_broken.py, line 3"),
        (
            "import_path_needy:Till",
            "ModuleNotFoundError: No module named 'import_path_missing', in import_path_needy.py, line 1",
        ),
    ],
)
def test_what_leads_nowhere_says_why(shop: Path, path: str, reason: str) -> None:
    """With the line of the module that failed, if one did."""
    with pytest.raises(ImportPathError) as caught:
        import_path(path)

    assert str(caught.value) == f'{path!r} cannot be imported: {reason}.\n  Write "package.module:Name".'
    assert (caught.value.path, caught.value.reason) == (path, reason)
    assert isinstance(caught.value, ConfigurationError)


def test_the_error_of_the_module_is_the_cause(shop: Path) -> None:
    """Whoever has to mend it sees where it was raised."""
    with pytest.raises(ImportPathError) as caught:
        import_path("import_path_broken:Till")

    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("path", "parts"), [("a.b:C.d", ("a.b", "C.d")), ("a.b", ("a.b", "app")), ("a.b:", ("a.b", "app"))]
)
def test_a_path_is_split(path: str, parts: tuple[str, str]) -> None:
    """The name may have a default."""
    assert split_import_path(path, default="app") == parts


def test_a_name_without_dots_is_an_attribute() -> None:
    """The error is Python's own."""
    assert find_attribute(Path, "home") == Path.home

    with pytest.raises(AttributeError, match="hoome"):
        find_attribute(Path, "hoome")
