"""
Tests of the files of templates.
"""

from pathlib import Path

import pytest

from covet.templating import TemplateSyntaxError
from covet.templating.files import TemplateFiles


def test_file_that_did_not_change_stays_the_same(directory: Path) -> None:
    """So that what was compiled of it stays, too."""
    files = TemplateFiles([directory])
    first = files.read({})
    (directory / "page.html").write_text("another text")

    second = files.read(first)

    assert second["items.html"] is first["items.html"]
    assert second["page.html"].source == "another text"


def test_file_that_is_gone_is_gone(directory: Path) -> None:
    """Its name is free again."""
    files = TemplateFiles([directory])
    first = files.read({})
    (directory / "page.html").unlink()

    assert "page.html" not in files.read(first)


def test_what_is_no_template_is_left_out(directory: Path) -> None:
    """Pictures, hidden files and what is in hidden directories."""
    hidden = directory / ".git"
    hidden.mkdir()
    (hidden / "config.txt").write_text("secret")

    names = TemplateFiles([directory]).read({})

    assert not {"image.png", ".hidden.html", ".git/config.txt", "page"} & names.keys()


def test_link_that_leads_out_is_no_template(directory: Path, tmp_path: Path) -> None:
    """One that leads to another template is."""
    secret = tmp_path / "secret.html"
    secret.write_text("secret")
    (directory / "out.html").symlink_to(secret)
    (directory / "in.html").symlink_to(directory / "page.html")

    names = TemplateFiles([directory]).read({})

    assert "out.html" not in names
    assert names["in.html"].source == names["page.html"].source


def test_link_to_a_directory_is_not_followed(directory: Path, tmp_path: Path) -> None:
    """It may lead anywhere, and into a circle."""
    (directory / "circle").symlink_to(directory)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.html").write_text("secret")
    (directory / "outside").symlink_to(outside)

    names = TemplateFiles([directory]).read({})

    assert not [name for name in names if name.startswith(("circle", "outside"))]


def test_directory_may_be_a_link_itself(directory: Path, tmp_path: Path) -> None:
    """Deployments switch between versions so."""
    link = tmp_path / "current"
    link.symlink_to(directory)

    assert "page.html" in TemplateFiles([link]).read({})


def test_file_that_is_no_text_is_an_error_with_its_name(directory: Path) -> None:
    """A page in another encoding would be rubbish."""
    path = directory / "latin.html"
    path.write_bytes("größe".encode("latin-1"))

    with pytest.raises(TemplateSyntaxError) as caught:
        TemplateFiles([directory]).read({})

    assert str(caught.value) == f"{path}: It is not in UTF-8.\n  Save it in UTF-8."
