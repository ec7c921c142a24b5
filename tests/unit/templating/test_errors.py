"""
Tests of the errors of templates.
"""

import pytest

from covet.exceptions import ConfigurationError
from covet.templating import TemplateError, TemplateSyntaxError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TemplateError("It is wrong."), "It is wrong."),
        (TemplateError("It is wrong.", file="a.html"), "a.html: It is wrong."),
        (TemplateError("It is wrong.", file="a.html", line=3), "a.html, line 3: It is wrong."),
        (TemplateError("It is wrong.", file="a.html", hint="Mend it."), "a.html: It is wrong.\n  Mend it."),
    ],
)
def test_error_says_where_as_far_as_it_is_known(error: TemplateError, text: str) -> None:
    """File, line, what, and what to do."""
    assert str(error) == text


def test_wrong_syntax_keeps_an_application_from_starting() -> None:
    """It is an error of the configuration, which tools report as such."""
    assert issubclass(TemplateSyntaxError, ConfigurationError)
