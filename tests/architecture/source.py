"""
The source tree as the laws read it: files, module names and syntax trees.
"""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "covet"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class SourceFile:
    """
    One Python file of the package.
    """

    path: Path
    tree: ast.Module = field(repr=False, compare=False)

    @property
    def relative(self) -> str:
        """
        The path below the package, such as `core/routing.py`.
        """
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def module(self) -> str:
        """
        The dotted name, such as `covet.core.routing`.
        """
        parts = ("covet", *self.path.relative_to(PACKAGE).with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_package(self) -> bool:
        """
        Whether this is the `__init__` of a package.
        """
        return self.path.name == "__init__.py"

    @property
    def is_facade(self) -> bool:
        """
        Whether the file only passes on names of other modules.
        """
        return all(
            isinstance(node, ast.Import | ast.ImportFrom)
            or _is_docstring(node)
            or (isinstance(node, ast.Assign | ast.AnnAssign) and "__all__" in ast.unparse(node))
            for node in self.tree.body
        )

    def walk_imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """
        Yield every import statement with the absolute name of each module it asks for.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node, alias.name
            elif isinstance(node, ast.ImportFrom):
                package = self.module.split(".") if self.is_package else self.module.split(".")[:-1]
                anchor = package[: len(package) - node.level + 1] if node.level else []
                yield node, ".".join([*anchor, *([node.module] if node.module else [])])

    def walk_public(self) -> Iterator[tuple[str, Definition]]:
        """
        Yield the public classes, functions and methods, with their names inside the module.
        """
        yield from _walk_public(self.tree.body, "")


def _walk_public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _walk_public(node.body, prefix)
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _walk_public(node.body, f"{prefix}{node.name}.")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def count_code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """
    Count the lines of a function from its `def` to its end, without its docstring.
    """
    first = function.body[0]
    documented = (first.end_lineno or first.lineno) - first.lineno + 1 if _is_docstring(first) else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - documented


@cache
def read_source() -> tuple[SourceFile, ...]:
    """
    Read every Python file of the package, sorted by path.
    """
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
    return tuple(SourceFile(path, ast.parse(path.read_text("utf-8"), str(path))) for path in paths)


@cache
def list_tracked_files() -> tuple[Path, ...]:
    """
    List the files that git tracks; in an unpacked archive without git, every file that is not hidden.
    """
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        paths = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    else:
        paths = (
            path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        )
    return tuple(sorted(path for path in paths if path.is_file()))
