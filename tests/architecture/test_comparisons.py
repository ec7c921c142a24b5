"""
Secrets are compared in constant time: where they are worked with, neither `==` nor `in` looks at one.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import SourceFile, read_source

# The modules that hold secrets, now and to come.
HOLDERS = re.compile(
    r"covet\.security\.|covet\.auth\b|covet\.config\.secret$|covet\.middleware\.(session|csrf|auth)|covet\.sessions\b"
)
SECRET = re.compile(
    r"secret|token|signature|password|digest|checksum|cookie|nonce|(^|_)(mac|hmac|key|keys|pad|tag)($|_)", re.IGNORECASE
)
# What is told by a name like that and is none: a length, a prefix, a type.
HARMLESS = re.compile(
    r"(length|size|bytes|bits|count|name|names|type|types|prefix|pattern|parameters?|purpose)$", re.IGNORECASE
)

holders = [file for file in read_source() if HOLDERS.match(file.module)]


def find_comparisons(tree: ast.AST) -> Iterator[str]:
    """
    Find the comparisons by `==`, `!=` and `in` of what is secret by its name.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        if not any(isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for operator in node.ops):
            continue
        if isinstance(node.left, ast.Constant) and all(isinstance(item, ast.In | ast.NotIn) for item in node.ops):
            # Whether a character that everybody knows stands in it.
            continue
        names = [name for operand in (node.left, *node.comparators) for name in find_names(operand)]
        if any(SECRET.search(name) and not HARMLESS.search(name) for name in names):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def find_names(node: ast.AST) -> Iterator[str]:
    """
    Name what an expression gives: its own name, that of the function that makes it, that of what it is cut out of.
    """
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Subscript | ast.Starred | ast.Await):
        yield from find_names(node.value)
    elif isinstance(node, ast.Call):
        # What is asked of a length or a type says nothing of the value.
        if not (isinstance(node.func, ast.Name) and node.func.id in {"len", "type", "id"}):
            yield from find_names(node.func)
            if isinstance(node.func, ast.Attribute):
                yield from find_names(node.func.value)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for item in node.elts:
            yield from find_names(item)
    elif isinstance(node, ast.BinOp):
        yield from find_names(node.left)
        yield from find_names(node.right)


@pytest.mark.row(90)
@pytest.mark.parametrize("file", holders, ids=lambda file: file.relative)
def test_secrets_are_compared_in_constant_time(file: SourceFile) -> None:
    """
    With `hmac.compare_digest`, or with `is_same_secret`, which is made of it.
    """
    assert list(find_comparisons(file.tree)) == []


def test_modules_that_hold_secrets_are_found() -> None:
    """
    The list above names modules that are there.
    """
    modules = {file.module for file in holders}

    assert {"covet.security.signing", "covet.security.tokens", "covet.security.csrf", "covet.config.secret"} <= modules


@pytest.mark.parametrize(
    "code",
    [
        "token == expected",
        "self._secret != other",
        "stored.digest == make_digest(x)",
        "mac[:16] == b'x'",
        "request.cookies.get('csrf_token') == token",
        "sign_token(x) == y",
        "hmac.digest(a, b, c) == d",
        "await load_password(user) == given",
        "token in valid_tokens",
        "key not in (api_key, other)",
        "a == b == session_token",
        "prefix + checksum == text",
    ],
)
def test_comparison_of_a_secret_is_found(code: str) -> None:
    """
    Whatever names it: a variable, an attribute, a call, a part.
    """
    assert len(list(find_comparisons(ast.parse(code)))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "len(token) == 86",
        "token is None",
        "type(key) == str",
        "token_bits != 8",
        "a == b",
        "is_same_secret(a, b)",
        "'.' in token",
    ],
)
def test_harmless_comparison_is_let_through(code: str) -> None:
    """
    What says nothing of the value itself.
    """
    assert list(find_comparisons(ast.parse(code))) == []
