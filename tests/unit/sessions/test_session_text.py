"""
Tests of `covet.sessions.session_text`.
"""

import pytest

from covet.sessions import SessionValueError
from covet.sessions.session_text import write_data, write_value


def test_data_is_written_without_spaces() -> None:
    """As it is compared with what was found."""
    assert write_data({"cart": ["tea", 1], "name": "Ada"}) == '{"cart":["tea",1],"name":"Ada"}'


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}, b"tea"])
def test_what_json_has_no_word_for_is_named_by_its_key(value: object) -> None:
    """And by its type; the value itself is shown to nobody."""
    refusal = rf"cart.*has what JSON has no word for: {type(value).__name__}"

    with pytest.raises(SessionValueError, match=refusal):
        write_value("cart", value)
    with pytest.raises(SessionValueError, match=refusal):
        write_data({"good": 1, "cart": value})
