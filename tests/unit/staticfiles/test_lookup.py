"""Which file a path leads to."""

import gzip
from pathlib import Path

import pytest

from covet.responses.file_root import FileRoot
from covet.staticfiles.lookup import FileLookup, Found, Missing, Wanted, wants_page


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A page, a directory with one, one without, and a script in several codings."""
    for name in ("docs", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "index.html").write_text("home")
    (tmp_path / "docs" / "index.html").write_text("docs")
    (tmp_path / "app.js").write_text("script")
    (tmp_path / "app.js.gz").write_bytes(gzip.compress(b"script"))
    (tmp_path / "app.js.br").write_bytes(b"br")
    (tmp_path / "photo.png").write_bytes(b"png")
    (tmp_path / "photo.png.gz").write_bytes(b"gz")
    return tmp_path


def find(directory: Path, wanted: Wanted, *, html: bool = True, spa: list[str] | None = None) -> str | Missing:
    """Give the content of what is found."""
    found = FileLookup(FileRoot(directory), html=html, spa=spa).find(wanted)
    if isinstance(found, Missing):
        return found
    assert found.file.content is not None
    return f"{found.file.coding}:" if found.file.coding else found.file.content.decode()


@pytest.mark.parametrize(
    ("path", "is_directory", "expected"),
    [
        ("app.js", False, "script"),
        ("", True, "home"),
        ("docs/", True, "docs"),
        ("docs", False, Missing.SLASH),
        ("", False, Missing.SLASH),
        ("empty", False, Missing.FILE),
        ("empty/", True, Missing.FILE),
        ("app.js/", True, Missing.FILE),
        ("nothing", False, Missing.FILE),
        ("../x", False, Missing.FILE),
    ],
)
def test_path_leads_to_a_file_or_a_page(
    directory: Path, path: str, is_directory: bool, expected: str | Missing
) -> None:
    """A directory is its page, with the slash at its end."""
    assert find(directory, Wanted(path, is_directory=is_directory)) == expected


@pytest.mark.parametrize(("path", "is_directory"), [("", True), ("docs", False), ("docs/", True), ("", False)])
def test_directory_has_no_page_unless_it_is_asked_for(directory: Path, path: str, is_directory: bool) -> None:
    """And never a listing."""
    assert find(directory, Wanted(path, is_directory=is_directory), html=False) is Missing.FILE


@pytest.mark.parametrize(
    ("path", "codings", "expected"),
    [
        ("app.js", ("gzip",), "gzip:"),
        ("app.js", ("zstd", "br", "gzip"), "br:"),
        ("app.js", ("zstd",), "script"),
        ("app.js", (), "script"),
        ("photo.png", ("gzip",), "png"),
    ],
)
def test_neighbour_in_a_coding_goes_first(directory: Path, path: str, codings: tuple[str, ...], expected: str) -> None:
    """In the order of the client; not for types that do not become smaller."""
    assert find(directory, Wanted(path, codings)) == expected


def test_row_039_neighbour_that_leads_outside_is_not_sent(directory: Path, tmp_path: Path) -> None:
    """What it stands for is sent in its stead."""
    root = directory / "docs"
    (root / "x.css").write_text("css")
    (root / "x.css.gz").symlink_to(directory / "app.js.gz")

    assert find(root, Wanted("x.css", ("gzip",))) == "css"


def test_page_answers_where_there_is_no_file(directory: Path) -> None:
    """If the client takes pages, and asks in good faith."""
    spa = ["index.html"]

    assert find(directory, Wanted("users/7", takes_pages=True), spa=spa) == "home"
    assert find(directory, Wanted("empty/", is_directory=True, takes_pages=True), spa=spa) == "home"
    assert find(directory, Wanted("users/7"), spa=spa) is Missing.FILE
    assert find(directory, Wanted("../x", takes_pages=True), spa=spa) is Missing.FILE


def test_page_that_is_gone_is_no_error(directory: Path) -> None:
    """A build may take it away for a moment."""
    lookup = FileLookup(FileRoot(directory), html=False, spa=["gone.html"])

    assert lookup.find(Wanted("users", takes_pages=True)) is Missing.FILE


def test_page_is_known_as_one(directory: Path) -> None:
    """It stands for another path, and must not be kept for ever."""
    lookup = FileLookup(FileRoot(directory), html=True, spa=["index.html"])

    pages = [lookup.find(Wanted("", is_directory=True)), lookup.find(Wanted("x", takes_pages=True))]
    plain = lookup.find(Wanted("index.html"))

    assert [isinstance(page, Found) and page.is_page for page in pages] == [True, True]
    assert isinstance(plain, Found)
    assert not plain.is_page


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("users/7", None, True),
        ("users/7", "*/*", True),
        ("users/7", "text/html,*/*;q=0.8", True),
        ("users/7", "application/json", False),
        ("app.js", "*/*", False),
        ("v1.2", "text/html", True),
        ("picture", "image/*", False),
    ],
)
def test_client_takes_a_page_where_it_would_show_one(path: str, accept: str | None, expected: bool) -> None:
    """Not in place of a script or a picture."""
    assert wants_page(path, accept) is expected
