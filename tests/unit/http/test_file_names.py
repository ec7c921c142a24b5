"""
File names of clients are for people to read, and never a path; what is made of one for storing is one part of it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.http.file_names import MAX_FILE_NAME, clean_file_name, is_usable_part, make_storable_name
from tests.linearity import assert_linear


@pytest.mark.row(17)
@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("tea.png", "tea.png"),
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        ("a\\..\\b", "b"),
        ("C:\\photos\\ada\\tea.png", "tea.png"),
        ("x\0.png", "x.png"),
        ("tea\r\nset-cookie: a=1", "teaset-cookie: a=1"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("CON", "CON"),
        ("..", ""),
        ("dir/", ""),
        ("\0", ""),
        ("  tea.png ", "tea.png"),
        (".gitignore", ".gitignore"),
        ("チャ.png", "チャ.png"),
    ],
)
def test_a_name_is_a_last_part_without_controls(given_name: str, kept: str) -> None:
    """No directory, no control character and no mark of direction is left."""
    assert clean_file_name(given_name) == kept


@pytest.mark.row(17)
@pytest.mark.parametrize(
    ("given_name", "ending"),
    [("x" * 5000 + ".tar", ".tar"), ("é" * 300, "é"), ("a." + "b" * 400, "b"), ("." * 9 + "a" * 300, "a")],
)
def test_a_long_name_is_cut_and_keeps_its_ending(given_name: str, ending: str) -> None:
    """At most 255 bytes are left, and what tells the type of the file is among them."""
    name = clean_file_name(given_name)

    assert len(name.encode()) <= MAX_FILE_NAME
    assert name.endswith(ending)


@given(st.text(max_size=400))
def test_any_name_is_harmless(text: str) -> None:
    """Whatever a client sends, what is left is one part of a path at most, and cleaning it again changes nothing."""
    name = clean_file_name(text)

    assert not {"/", "\\", "\0", "\r", "\n"} & set(name)
    assert name not in {".", ".."}
    assert len(name.encode("utf-8", "replace")) <= MAX_FILE_NAME


def test_cleaning_is_linear() -> None:
    """A long name takes as long as it is."""
    assert_linear(clean_file_name, lambda size: "a\\" * size, size=500)


@pytest.mark.row(17)
@pytest.mark.parametrize(
    ("given_name", "made"),
    [
        ("tea.png", "tea.png"),
        ("チャ & more (2).png", "チャ & more (2).png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\tea.png", "tea.png"),
        (".gitignore", "gitignore"),
        ("...a...", "a"),
        ("What? 1:2.txt", "What_ 1_2.txt"),
        ("9.41\u202fPM.png", "9.41 PM.png"),
        ("a\xa0", "a"),
        ("a\ud800", "a_"),
        ("CON", "_CON"),
        ("com1 .tar.gz", "_com1 .tar.gz"),
        ("console", "console"),
        ("..", "file"),
        ("", "file"),
        ("nul." + "b" * 400, "_nul." + "b" * 250),
        ("b" * 254 + " c", "b" * 254),
    ],
)
def test_a_name_is_made_storable(given_name: str, made: str) -> None:
    """What some system does not take is replaced, what hides a file is left out, and the rest stays."""
    assert make_storable_name(given_name) == made


def test_a_file_of_whose_name_nothing_is_left_is_called_by_the_default() -> None:
    """The application says how."""
    assert make_storable_name("..", default="upload") == "upload"


@given(st.text(max_size=400))
def test_any_name_is_made_storable(text: str) -> None:
    """It is a visible name that files are served by, of at most 255 bytes, and makes itself again."""
    name = make_storable_name(text)

    assert is_usable_part(name)
    assert name[0] != "."
    assert len(name.encode()) <= MAX_FILE_NAME
    assert make_storable_name(name) == name


def test_making_storable_is_linear() -> None:
    """A long name takes as long as it is."""
    assert_linear(make_storable_name, lambda size: ". " * size, size=500)
