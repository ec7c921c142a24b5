"""
Generated code runs in its namespace and shows itself in a traceback.
"""

import linecache
import traceback
from typing import Any

import pytest

from covet.validation.generated import compile_lines


def test_what_is_defined_appears_in_the_namespace() -> None:
    """The names given can be used, the names made can be read."""
    names: dict[str, Any] = {"step": 2}

    compile_lines(["def add(value):", "    return value + step"], names, title="a test")

    assert names["add"](3) == 5


def test_a_traceback_shows_the_line() -> None:
    """Whoever debugs sees the source, as of any other function."""
    names: dict[str, Any] = {}
    compile_lines(["def divide(value):", "    return 1 / value  # here"], names, title="a test")

    with pytest.raises(ZeroDivisionError) as caught:
        names["divide"](0)

    text = "".join(traceback.format_exception(caught.value))
    assert "return 1 / value  # here" in text
    assert ": a test>" in text


def test_two_sources_do_not_overwrite_each_other() -> None:
    """Each has its own file name, the same title or not."""
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}

    compile_lines(["def make():", "    return 1"], first, title="same")
    compile_lines(["def make():", "    return 2"], second, title="same")

    files = {names["make"].__code__.co_filename for names in (first, second)}
    assert len(files) == 2
    assert {linecache.getline(file, 2) for file in files} == {"    return 1\n", "    return 2\n"}


def test_a_mistake_in_the_source_is_found_at_once() -> None:
    """Nothing waits for the first request."""
    with pytest.raises(SyntaxError):
        compile_lines(["def broken("], {}, title="a test")
