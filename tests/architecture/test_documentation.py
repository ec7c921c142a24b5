"""
The runner of documented examples runs what a reader would, and fails where an example is wrong.
"""

from collections.abc import Callable, Iterable

import pytest
from sybil import Document, Region
from sybil.example import SybilFailure

from tests.documentation import close_session, open_session, parse_docstring, parse_markdown


def run(parse: Callable[[Document], Iterable[Region]], text: str) -> None:
    """
    Run the examples of a text, as the test run does with a document.
    """
    document = Document(text, "a document")
    for region in parse(document):
        document.add(region)
    open_session(document.namespace)
    try:
        for example in document.examples():
            example.evaluate()
    finally:
        close_session(document.namespace)


def test_block_may_await_and_later_blocks_see_its_names() -> None:
    """
    The blocks of a page share one namespace and one event loop.
    """
    first = "import asyncio\nloop = asyncio.get_running_loop()\nawait asyncio.sleep(0)"
    second = "if asyncio.get_running_loop() is not loop or not await asyncio.sleep(0, True):\n    raise ValueError"

    run(parse_markdown, f"```python\n{first}\n```\ntext\n```python\n{second}\n```\n")


def test_string_annotations_of_a_block_resolve() -> None:
    """
    A class of an example finds the names of its page.
    """
    code = (
        "from __future__ import annotations\n"
        "import typing\n"
        "class Item: ...\n"
        "class Box:\n    item: Item\n"
        "print(typing.get_type_hints(Box))\n"
    )

    run(parse_markdown, f"```python\n{code}\n```\n")


def test_block_that_raises_fails() -> None:
    """
    An error in a block is the error of its test.
    """
    with pytest.raises(ZeroDivisionError):
        run(parse_markdown, "```python\n1 / 0\n```\n")


def test_prompt_may_await() -> None:
    """
    A docstring awaits at its top level.
    """
    run(parse_docstring, ">>> import asyncio\n>>> await asyncio.sleep(0, 'done')\n'done'\n")


def test_expected_error_is_met() -> None:
    """
    A documented traceback is compared with what was raised.
    """
    run(parse_docstring, ">>> int('x')\nTraceback (most recent call last):\nValueError: invalid literal ... 'x'\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">>> 1 + 1\n3\n", "Expected:\n    3\nGot:\n    2"),
        (">>> 1\nTraceback (most recent call last):\nValueError: x\n", "Expected an error, and none was raised"),
        (">>> int('x')\nTraceback (most recent call last):\nKeyError: 'x'\n", "Raised:\nValueError"),
    ],
)
def test_wrong_prompt_fails(text: str, message: str) -> None:
    """
    Another output, no error or another error than the documented one fails.
    """
    with pytest.raises(SybilFailure) as caught:
        run(parse_docstring, text)

    assert message in str(caught.value)


def test_skipping_is_refused() -> None:
    """
    An example cannot opt out of being run.
    """
    with pytest.raises(ValueError, match=r"'\+SKIP' is not allowed"):
        run(parse_docstring, ">>> 1 + 1  # doctest: +SKIP\n3\n")
