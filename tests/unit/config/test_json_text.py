"""
The JSON that variables carry.
"""

import pytest

from covet.config.json_text import load_json
from covet.validation.failures import Failed


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}), ("[1]", [1]), ("{", None), ("[" * 100_000, None)],
)
def test_text_is_read(text: str, value: object) -> None:
    """What is no JSON is nothing."""
    assert load_json(text) == value


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]'])
def test_repeated_key_is_told(text: str) -> None:
    """One of two equal keys would silently not count, at any depth."""
    found = load_json(text)

    assert isinstance(found, Failed)
    assert [problem.message for problem in found.problems] == ["has the key 'a' twice in one table"]
