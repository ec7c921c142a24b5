"""
No key that the documentation shows is good for production: whoever copies it has a key that everybody knows.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from covet.auth import AuthenticationSetupError, JWTAuthProvider
from covet.config import Settings, Sources
from covet.config.secret import MIN_KEY_BYTES, find_weakness
from covet.exceptions import ConfigurationError

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TEXTS = [*PAGES, *(path for path in sorted((ROOT / "examples").rglob("*")) if path.suffix in {".toml", ".md", ".env"})]

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.) ?(.*)$", re.MULTILINE)
# As `covet secret` writes them, alone on a line or behind the name of a setting.
LOOKS_RANDOM = re.compile(r"^(?:.*[=:] ?[\"']?)?([A-Za-z0-9_-]{43})[\"']?$", re.MULTILINE)
ASSIGNED = re.compile(r"""(?i)\b\w*secret_key\w*["']?\s*[=:]\s*["']?(?!\[|\w+\()([^"'\s`,…)#$]{4,})""")

TAKERS = {"Encrypter", "JWTAuthProvider", "KeyRing", "SessionMiddleware", "Signer", "from_secret", "to_key_ring"}
NAMES = {"secret_key", "jwt_secret_key", "secret_key_fallbacks", "client_secret"}


def _find_in_code(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            values += node.args if name in TAKERS else []
            values += [keyword.value for keyword in node.keywords if keyword.arg in NAMES]
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            values += [value for key, value in pairs if isinstance(key, ast.Constant) and key.value in NAMES]
        for value in values:
            items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            for item in items:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item.value


def _find_all() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        for block in BLOCK.findall(path.read_text("utf-8")):
            yield from ((path.name, key) for key in _find_in_code(block))
    for path in EXAMPLES:
        yield from ((path.name, key) for key in _find_in_code(path.read_text("utf-8")))
    for path in SOURCES:
        for line in PROMPT.findall(path.read_text("utf-8")):
            yield from ((path.name, key) for key in _find_in_code(line.strip().removesuffix(":") or "0"))
    for path in TEXTS:
        text = path.read_text("utf-8")
        yield from ((path.name, key) for key in (*LOOKS_RANDOM.findall(text), *ASSIGNED.findall(text)))


SHOWN = sorted(set(_find_all()))
# What pages have shown: it is copied still.
EARLIER = ["what `covet secret` wrote, from the settings", "correct horse battery staple, and more of it"]


def test_keys_are_found() -> None:
    """The search sees what pages, command lines and docstrings show."""
    assert {"cli.md", "encryption.py", "jwt_keys.py", "key_ring.py", "signing.py"} <= {place for place, _ in SHOWN}


@pytest.mark.parametrize(("place", "key"), SHOWN)
def test_no_key_of_the_documentation_is_good(place: str, key: str) -> None:
    """Each literal key of the pages, examples and docstrings is weak where keys are judged."""
    assert find_weakness(key, min_bytes=MIN_KEY_BYTES) is not None, place


@pytest.mark.parametrize("key", [*EARLIER, *(key for place, key in SHOWN if place == "cli.md")])
def test_production_refuses_them(key: str) -> None:
    """As a setting, and as the secret of tokens."""
    for name in ("secret_key", "jwt_secret_key"):
        with pytest.raises(ConfigurationError, match="is a placeholder, which production refuses"):
            Settings(environment="production", security={name: key}, sources=Sources.none())
    with pytest.raises(AuthenticationSetupError, match="is a placeholder, and anybody could make tokens with it"):
        JWTAuthProvider(key)
