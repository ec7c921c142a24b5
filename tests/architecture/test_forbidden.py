"""
What the source never contains, read from its syntax trees.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.source import SourceFile, read_source

FORBIDDEN_MODULES = {
    "http.cookies": "quadratic on hostile cookies (docs/security.md, rows 29 and 31)",
    "pickle": "runs code on load (docs/security.md, row 83)",
    "cPickle": "runs code on load",
    "shelve": "is pickle",
    "dill": "is pickle",
    "cloudpickle": "is pickle",
    "jsonpickle": "is pickle",
    "joblib": "is pickle",
    "marshal": "crashes on hostile input",
    "cgi": "gone from Python 3.13",
}
FORBIDDEN_NAMES = {
    "eval": "evaluates text",
    "TYPE_CHECKING": "hides import cycles",
}
# The one cycle that is meant: the methods of plugins are annotated with the application that has them.
ANNOTATING_BLOCK = "if TYPE_CHECKING:\n    from covet.app import CovetPy"
# What an application loads when it is used: those who name its classes before import them for annotations alone.
LATE_MODULES = (
    "covet.auth.oauth",
    "covet.config",
    "covet.core.settings_follower",
    "covet.core.versioning",
    "covet.di",
    "covet.events",
    "covet.http.form_limits",
    "covet.http.form_parts",
    "covet.http.websocket",
    "covet.http.websocket_errors",
    "covet.introspection",
    "covet.plugins",
    "covet.testing.temporary_database",
)

every_file = pytest.mark.parametrize("file", read_source(), ids=lambda file: file.relative)


@pytest.mark.row(29)
@pytest.mark.row(83)
@every_file
def test_no_dangerous_module_is_imported(file: SourceFile) -> None:
    """
    No module imports `http.cookies`, `pickle` or their kin, by either form of the statement.
    """
    found = [f"line {node.lineno}: {name}" for node, name in _imported_names(file) if name in FORBIDDEN_MODULES]

    assert found == []


@every_file
def test_no_dangerous_name_is_used(file: SourceFile) -> None:
    """
    No module calls `eval` or hides imports under `TYPE_CHECKING`.
    """
    allowed = {block.test for block in file.tree.body if isinstance(block, ast.If) and _is_annotating(file, block)}
    names = [
        (node.lineno, node.id if isinstance(node, ast.Name) else node.attr)
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Name | ast.Attribute) and node not in allowed
    ]

    found = [f"line {line}: {name} {FORBIDDEN_NAMES[name]}" for line, name in names if name in FORBIDDEN_NAMES]

    assert found == []


def _is_annotating(file: SourceFile, block: ast.If) -> bool:
    """
    Tell whether a block imports for annotations what may be imported so; the floors count it like any other import.
    """
    if file.relative.startswith("plugins/") and ast.unparse(block) == ANNOTATING_BLOCK:
        return True
    return all(isinstance(item, ast.ImportFrom) and item.module in LATE_MODULES for item in block.body)


def test_what_is_loaded_late_is_not_loaded_with_covet() -> None:
    """
    An application that uses none of it does not pay for it.
    """
    code = f"import covet, sys; print([name for name in {LATE_MODULES} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout == "[]\n"


@pytest.mark.row(13)
@every_file
def test_no_assert_statement(file: SourceFile) -> None:
    """
    No behaviour depends on `assert`, which `python -O` removes.
    """
    lines = [node.lineno for node in ast.walk(file.tree) if isinstance(node, ast.Assert)]

    assert lines == []


def test_the_checks_see_what_they_forbid() -> None:
    """
    Each way to write a forbidden import is found.
    """
    code = "import pickle\nimport http.cookies as jar\nfrom http import cookies\nfrom http.cookies import Morsel\n"
    file = SourceFile(read_source()[0].path, ast.parse(code))

    found = [node.lineno for node, name in _imported_names(file) if name in FORBIDDEN_MODULES]

    assert found == [1, 2, 3, 4]


def _imported_names(file: SourceFile) -> Iterator[tuple[ast.stmt, str]]:
    for node, name in file.walk_imports():
        yield node, name
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node, f"{name}.{alias.name}"
