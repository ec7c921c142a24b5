"""
Tests of the generated source.
"""

import traceback

from covet.code_writer import CodeWriter


def test_a_block_without_lines_gets_a_pass() -> None:
    """What is left empty compiles."""
    writer = CodeWriter()

    with writer.block("def nothing():"):
        pass

    assert writer.source == "def nothing():\n    pass\n"


def test_a_name_that_is_taken_gets_a_number() -> None:
    """Two values never share a name; one value keeps its own."""
    writer = CodeWriter()

    names = [writer.bind("value", 1), writer.bind("value", 2), writer.bind("value", 2), writer.bind("value", 1)]

    assert names == ["value", "value_2", "value_2", "value"]


def test_a_traceback_shows_the_source() -> None:
    """The line that failed is there to read."""
    writer = CodeWriter()
    with writer.block("def divide(number):"):
        writer.line("return number / 0  # the line")

    try:
        writer.compile("divide")(1)
    except ZeroDivisionError as exc:
        text = "".join(traceback.format_exception(exc))

    assert "return number / 0  # the line" in text


def test_the_same_source_is_compiled_once() -> None:
    """Routes of one shape share their code, each with values of its own."""
    functions = []
    for value in (1, 2):
        writer = CodeWriter()
        name = writer.bind("value", value)
        with writer.block("def read_it():"):
            writer.line(f"return {name}")
        functions.append(writer.compile("read_it"))

    assert functions[0].__code__ is functions[1].__code__
    assert [function() for function in functions] == [1, 2]
