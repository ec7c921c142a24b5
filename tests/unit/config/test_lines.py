"""
The lines of keys.
"""

import json
import tomllib
from typing import Any

import yaml  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from covet.config.lines import find_json_lines, find_toml_lines, find_yaml_lines

TOML = '''\
# settings
title = "a = 1"  # not = this
"quoted key" = 1
[server]
port = 8000
hosts = [
    "a",  # one
    "b = ]",
]
site."eu.west".zone = 'x'
text = """
fake = 1
[fake]
"""
raw = \'\'\'
other = 2\'\'\'
moment = 1979-05-27 07:32:00
[database.pool]
limits = { min = 1, max = { hard = 2 } }
[[items]]
name = "first"
'''


def test_toml_keys_are_found() -> None:
    """Tables, dotted and quoted keys, and those within inline tables; nothing within a text."""
    assert find_toml_lines(TOML) == {
        ("title",): 2,
        ("quoted key",): 3,
        ("server",): 4,
        ("server", "port"): 5,
        ("server", "hosts"): 6,
        ("server", "site", "eu.west", "zone"): 10,
        ("server", "text"): 11,
        ("server", "raw"): 15,
        ("server", "moment"): 17,
        ("database", "pool"): 18,
        ("database", "pool", "limits"): 19,
        ("database", "pool", "limits", "min"): 19,
        ("database", "pool", "limits", "max"): 19,
        ("database", "pool", "limits", "max", "hard"): 19,
        ("items",): 20,
        ("items", "name"): 21,
    }


def test_the_sample_is_toml() -> None:
    """What the test above reads is no dialect."""
    assert tomllib.loads(TOML)["server"]["port"] == 8000


def test_json_keys_are_found() -> None:
    """Strings that are values are not taken for keys, whatever they hold."""
    text = '{\n "a": "b\\": 1",\n "c": {"d": ["e", {"f": 1}],\n  "g": null}\n}'

    assert find_json_lines(text) == {
        ("a",): 2,
        ("c",): 3,
        ("c", "d"): 3,
        ("c", "d", "[]", "f"): 3,
        ("c", "g"): 4,
    }


def test_yaml_keys_are_found() -> None:
    """The library's own tree has the lines; one that contains itself ends."""
    node = yaml.compose("a: 1\nb: &here\n  c: x\n  d: *here\n", Loader=yaml.SafeLoader)

    assert find_yaml_lines(node) == {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "d"): 4}


_TEXTS = st.text(alphabet="ab\"\\'=[]{}#\n:,. é", max_size=8)
_VALUES: Any = st.recursive(
    _TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_TEXTS, _VALUES, max_size=5))
def test_json_keys_of_any_document(data: dict[str, Any]) -> None:
    """Every key of a document has a line, and that line holds the key."""
    text = json.dumps(data, indent=1)

    lines = find_json_lines(text)

    assert {path[0] for path in lines} == set(data)
    assert all(json.dumps(path[-1]) in text.splitlines()[line - 1] for path, line in lines.items())


def _write_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_write_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_write_toml, value)) + "\n]"
    return json.dumps(value)


@given(st.dictionaries(_TEXTS, _VALUES, max_size=5))
def test_toml_keys_of_any_document(data: dict[str, Any]) -> None:
    """Every key of a document has a line, and that line begins with the key."""
    text = "\n".join(f"{json.dumps(key)} = {_write_toml(value)}" for key, value in data.items())
    assert tomllib.loads(text) == data

    lines = find_toml_lines(text)

    assert {path[0] for path in lines} == set(data)
    for key in data:
        assert text.splitlines()[lines[(key,)] - 1].startswith(json.dumps(key))
