"""
Docstrings are taken apart as their authors meant them.
"""

from functools import partial, wraps
from typing import Any

import pytest

from covet.exceptions import HTTPError, NotFoundError
from covet.openapi.docstrings import Docstring, find_raised, parse_docstring, read_docstring

TEXT = """
    Show a user,
    whoever it is.

    The first paragraph.

    The second one: with a colon.

    Args:
        user_id: The number,
            in two lines.
        kind (str): The kind.

    Returns:
        The user.

    Raises:
        NotFoundError: If there is none.
        exceptions.HTTPError: If anything else
            is wrong.

    Note:
        It is slow.

    Example:
        >>> show(1)
    """


def test_each_section_goes_where_it_belongs() -> None:
    """
    Summary, description, arguments, result and exceptions; examples are left out.
    """
    found = parse_docstring(TEXT)

    assert found == Docstring(
        summary="Show a user, whoever it is",
        description="The first paragraph.\n\nThe second one: with a colon.\n\n**Note:** It is slow.",
        arguments={"user_id": "The number, in two lines.", "kind": "The kind."},
        returns="The user.",
        raises={"NotFoundError": "If there is none.", "exceptions.HTTPError": "If anything else is wrong."},
    )


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_nothing_says_nothing(text: str) -> None:
    """
    An empty docstring is as good as none.
    """
    assert parse_docstring(text) == Docstring()


def test_attributes_are_the_arguments_of_a_model() -> None:
    """
    Unless it says what its arguments are.
    """
    found = parse_docstring("A page.\n\nAttributes:\n    number: Which part.\n    size: How long.")

    assert found.arguments == {"number": "Which part.", "size": "How long."}
    assert parse_docstring("A.\n\nArgs:\n    a: One.\n\nAttributes:\n    b: Two.").arguments == {"a": "One."}


def test_text_at_the_margin_ends_a_section() -> None:
    """
    What follows a section without being indented is description again.
    """
    found = parse_docstring("Show.\n\nArgs:\n    a: One.\n\nMore.")

    assert (found.description, found.arguments) == ("More.", {"a": "One."})


def show() -> None:
    """
    Show it.

    Raises:
        NotFoundError: If there is none.
        HTTPError: Otherwise.
        Unknown: Never.
        str: Never.
    """


def test_names_are_looked_up_where_they_were_written() -> None:
    """
    What is no exception, or is not there, is left out.
    """
    assert find_raised(show) == {NotFoundError: "If there is none.", HTTPError: "Otherwise."}


def decorate(func: Any) -> Any:
    """
    Wrap a function.
    """

    @wraps(func)
    def call(*args: Any) -> Any:
        return func(*args)

    return call


class Handlers:
    """
    Holds handlers.

    Raises:
        NotFoundError: As the class says.
    """

    def __init__(self) -> None:
        """
        Make it.

        Raises:
            HTTPError: As the constructor says.
        """

    def show(self) -> None:
        """Show it."""


@pytest.mark.parametrize("func", [partial(show), decorate(show), partial(decorate(show))])
def test_the_function_behind_others_counts(func: Any) -> None:
    """
    A partial and a decorated function have the docstring of what runs.
    """
    assert read_docstring(func).summary == "Show it"
    assert NotFoundError in find_raised(func)


def test_methods_have_a_docstring() -> None:
    """
    A bound method is documented like a function.
    """
    assert read_docstring(Handlers().show).summary == "Show it"


def test_a_class_says_what_its_constructor_raises() -> None:
    """
    Both the docstring of the class and that of its constructor count.
    """
    assert find_raised(Handlers) == {NotFoundError: "As the class says.", HTTPError: "As the constructor says."}


def test_a_class_without_a_docstring_says_nothing() -> None:
    """
    What a builtin says of itself is not about the class.
    """

    class Silent:
        pass

    assert find_raised(Silent) == {}
