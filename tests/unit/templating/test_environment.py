"""
Tests of the adapter of Jinja2.
"""

import sys

import pytest

from covet.exceptions import MissingDependencyError
from covet.templating import TemplateError, TemplateSyntaxError
from covet.templating.environment import Environment, is_escaped, strip_mark
from covet.templating.files import TemplateFile


def make_environment(**sources: str) -> Environment:
    """Make an environment of some sources."""
    files = {f"{name}.html": TemplateFile(f"/t/{name}.html", source, (0, 0)) for name, source in sources.items()}
    return Environment(files.get)


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("page.html", True),
        ("page.HTML", True),
        ("page.htm.j2", True),
        ("page.xml", True),
        ("page.txt.html", True),
        ("page", True),
        (None, True),
        ("mail.txt", False),
        ("mail.TXT.jinja", False),
    ],
)
def test_everything_is_escaped_but_plain_text(name: str | None, escaped: bool) -> None:
    """A name that says nothing is no reason to trust anybody."""
    assert is_escaped(name) is escaped


def test_one_mark_is_taken_off_a_name() -> None:
    """Only at its end."""
    assert [strip_mark(name) for name in ("a.html.jinja2", "a.j2.html", "a")] == ["a.html", "a.j2.html", "a"]


def test_missing_library_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "jinja2", None)

    with pytest.raises(MissingDependencyError) as caught:
        make_environment()

    assert str(caught.value) == (
        'Jinja2 is needed for covet.templating.\n  Install it with: pip install "covetpy[templates]"'
    )


async def test_included_template_that_is_wrong_names_itself() -> None:
    """Not the one that includes it."""
    environment = make_environment(page="{% include 'part.html' %}", part="one\n{% endif %}")

    with pytest.raises(TemplateSyntaxError, match=r"^/t/part\.html, line 2: Encountered unknown tag 'endif'"):
        await environment.render("page.html", {})


async def test_error_in_an_included_template_names_its_line() -> None:
    """The innermost line is where it happened."""
    environment = make_environment(page="\n{% include 'part.html' %}", part="one\ntwo\n{{ user.name }}")

    with pytest.raises(TemplateError) as caught:
        await environment.render("page.html", {})

    assert str(caught.value) == "/t/part.html, line 3: 'user' is undefined."


async def test_any_error_gets_a_note_of_the_line() -> None:
    """Its class stays."""
    environment = make_environment(page="\n{{ 1 // zero }}")

    with pytest.raises(ZeroDivisionError) as caught:
        await environment.render("page.html", {"zero": 0})

    assert caught.value.__notes__ == ["While /t/page.html, line 2, was rendered."]


async def test_template_that_is_not_there_is_an_error() -> None:
    """Whoever asks the environment itself is told as well."""
    with pytest.raises(TemplateError, match=r"There is no template 'none\.html'\."):
        await make_environment().render("none.html", {})
