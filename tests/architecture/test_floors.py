"""
Law 1: a module imports only from lower floors, and never in a circle.
"""

import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import covet
from tests.architecture.source import ROOT, SourceFile, read_source


def test_modules_import_only_from_lower_floors() -> None:
    """
    The contract in pyproject.toml holds, and every top-level module has its floor there.
    """
    command = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_map_of_the_package_shows_the_floors() -> None:
    """
    The map in the package's docstring names each public floor, from the ground up.
    """
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    floors = [name for layer in reversed(contract["layers"]) for name in sorted(layer.split(" : "))]
    built = [name for name in floors if not name.startswith(("(", "_"))]

    rows = [line[4:36] for line in (covet.__doc__ or "").partition("::")[2].splitlines() if line.startswith("    ")]

    assert [name for row in rows for name in re.findall(r"\w+", row)] == built


def test_no_module_takes_part_in_an_import_cycle() -> None:
    """
    The imports between modules, those inside functions included, form no circle.
    """
    graph = grimp.build_graph("covet", cache_dir=None)
    imports = {
        module: graph.find_modules_directly_imported_by(module)
        # The one circle that is meant: plugins are annotated with the application that has them.
        - ({"covet.app"} if module.startswith("covet.plugins.") else set())
        for module in graph.modules
    }

    try:
        TopologicalSorter(imports).prepare()
    except CycleError as exc:
        pytest.fail("import cycle: " + " <- ".join(exc.args[1]))


@pytest.mark.parametrize("file", read_source(), ids=lambda file: file.relative)
def test_no_module_imports_from_the_root(file: SourceFile) -> None:
    """
    The root package is the last floor: nothing inside imports names from it.
    """
    roots = [node.lineno for node, name in file.walk_imports() if name == "covet"]

    assert roots == [], f"{file.relative} imports from `covet` itself in lines {roots}: name the module instead"
