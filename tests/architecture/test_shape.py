"""
Laws 2 and 6: files and functions stay small, and every noun has its places.
"""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT, SourceFile, count_code_lines, read_source

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

every_file = pytest.mark.parametrize("file", read_source(), ids=lambda file: file.relative)


@every_file
def test_file_is_not_too_long(file: SourceFile) -> None:
    """
    A file that nears 400 lines has a second noun in it.
    """
    lines = len(file.path.read_text("utf-8").splitlines())

    assert lines <= MAX_FILE_LINES, f"{file.relative} has {lines} lines: look for its second noun"


@every_file
def test_functions_are_not_too_long(file: SourceFile) -> None:
    """
    A function has at most 60 lines, its docstring not counted.
    """
    functions = [node for node in ast.walk(file.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    long = {node.name: size for node in functions if (size := count_code_lines(node)) > MAX_FUNCTION_LINES}

    assert long == {}


@every_file
def test_public_names_have_a_docstring(file: SourceFile) -> None:
    """
    The module and each of its public classes, functions and methods say what they are for.
    """
    silent = [name for name, node in file.walk_public() if not ast.get_docstring(node) and not _is_variant(node)]

    assert ast.get_docstring(file.tree), f"{file.relative} has no module docstring"
    assert silent == []


@pytest.mark.parametrize(
    "file",
    [file for file in read_source() if not file.is_package and not file.is_facade and file.module != "covet._version"],
    ids=lambda file: file.relative,
)
def test_module_has_its_test_file(file: SourceFile) -> None:
    """
    The tests of `core/routing.py` are found in `tests/unit/core/test_routing.py`.
    """
    relative = file.path.relative_to(PACKAGE)
    expected = ROOT / "tests" / "unit" / relative.parent / f"test_{relative.stem}.py"

    assert expected.is_file(), f"{expected.relative_to(ROOT)} is missing"


def test_unit_tests_mirror_the_folders_of_the_source() -> None:
    """
    A folder of unit tests stands for a folder of the source.
    """
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}

    strangers = sorted(str(folder) for folder in folders if not (PACKAGE / folder).is_dir())

    assert strangers == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_page_starts_with_a_program(page: Path) -> None:
    """
    The first block of a page is a Python program, which the tests run.
    """
    fences = [line.strip() for line in page.read_text("utf-8").splitlines() if line.lstrip().startswith("```")]

    assert fences[:1] == ["```python"], f"docs/{page.name} starts with {fences[:1]}"


def _is_variant(node: ast.AST) -> bool:
    # The documented definition of an overload or a setter is its sibling of the same name.
    names = {ast.unparse(decorator).split(".")[-1] for decorator in getattr(node, "decorator_list", [])}
    return not names.isdisjoint({"overload", "override", "setter", "deleter"})
