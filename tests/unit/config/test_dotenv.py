"""
Files of variables.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config.dotenv import Assignment, DotenvError, parse_dotenv


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=1", "1"),
        ("A = 1 ", "1"),
        ("export A=1", "1"),
        ("  A=1", "1"),
        ("A=", ""),
        ("A=a b c", "a b c"),
        ("A=a#b", "a#b"),
        ("A=a # b", "a"),
        ("A=# b", ""),
        ("A='a # ${B} \\n'", "a # ${B} \\n"),
        ('A="a # b" # c', "a # b"),
        ('A="a\\nb\\t\\"c\\" \\\\ d"', 'a\nb\t"c" \\ d'),
        ('A="first\nsecond"', "first\nsecond"),
        ('A="one\\\ntwo"', "onetwo"),
        ('A="\\${B} \\$5 ${C}"', "$${B} $5 ${C}"),
        ('A="C:\\dir"', "C:\\dir"),
        ("A=it's", "it's"),
        ("A=x=y", "x=y"),
        ("\ufeffA=1\r\n", "1"),
    ],
)
def test_values_are_read(text: str, value: str) -> None:
    """Quotes, comments, escapes and spaces mean what they mean in shells and containers."""
    assert [item.value for item in parse_dotenv(text)] == [value]


def test_each_value_knows_its_line() -> None:
    """A value of several lines is told by its first; those behind it are counted right."""
    text = "# first\n\nA=1\nB=\"x\ny\nz\"\n  # note\nC='3'\n"

    found = list(parse_dotenv(text))

    assert found == [Assignment("A", "1", 3), Assignment("B", "x\ny\nz", 4), Assignment("C", "3", 8, is_literal=True)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A=1\nhunter2\n", 2, "is no assignment: write NAME=value"),
        ("1A=2", 1, "is no assignment: write NAME=value"),
        ("=hunter2", 1, "is no assignment: write NAME=value"),
        ('A=1\nB="hunter2', 2, 'opens a quote " that is never closed'),
        ("A='hunter2\n'", 1, "opens a quote ' that is never closed"),
        ('A="1" hunter2', 1, "has something behind the closing quote"),
    ],
)
def test_what_is_no_assignment_is_an_error(text: str, line: int, message: str) -> None:
    """The error has the line and never repeats it."""
    with pytest.raises(DotenvError) as caught:
        list(parse_dotenv(text))

    assert (caught.value.line, str(caught.value)) == (line, message)


def test_a_value_is_not_shown() -> None:
    """The representation of an assignment has its name and line only."""
    assert repr(Assignment("KEY", "hunter2", 1)) == "Assignment(name='KEY', line=1, is_literal=False)"


@given(st.text().filter(lambda text: "\r" not in text))
def test_double_quotes_carry_any_text(value: str) -> None:
    """With quotes and backslashes escaped, every text comes back."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')

    assert [item.value for item in parse_dotenv(f'A="{escaped}"')] == [value]


@given(st.text(alphabet="A='\"\\#\n\r $x"))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Anything is read or refused with its line; nothing else is raised, and nothing loops."""
    try:
        lines = [item.line for item in parse_dotenv(text)]
    except DotenvError as exc:
        lines = [exc.line]

    assert all(1 <= line <= text.count("\n") + 1 for line in lines)
