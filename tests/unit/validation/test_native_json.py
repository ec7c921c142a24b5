"""
Untyped JSON: what msgspec accepts is accepted only if the strict reader would, with the same value.
"""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.validation.native_json import make_loader, prove_keys
from covet.validation.strict_json import load_json
from tests.linearity import assert_linear

TEXTS = st.text(alphabet='a:"\\{}[], \n', max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": ":", "a": ""}',
        b'{"a": "\\u003a", "a": ""}',
        b'{"a": "\\u003a:", "\\u0061": ""}',
        b'[{"a" : 1}, {"b":{"c"\n:1,"c"\t:2}}]',
        b"[" * 101 + b"]" * 101,
        b"1e400",
        b"NaN",
        b"1" * 4301,
        b'"\\ud800"',
        b'"\xff"',
        b"[1,]",
        b"",
    ],
)
def test_refuses_with_the_words_of_the_strict_reader(data: bytes) -> None:
    """The client is told the same, whatever read its body."""
    with pytest.raises(BadRequestError) as fast:
        make_loader()(data)
    with pytest.raises(BadRequestError) as strict:
        load_json(data)

    assert fast.value.detail == strict.value.detail


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_reads_what_the_strict_reader_reads(value: object, is_ascii: bool, indent: int | None) -> None:
    """Any spelling of any value."""
    data = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode()

    assert repr(make_loader()(data)) == repr(load_json(data))


@pytest.mark.parametrize(
    ("data", "keys", "proven"),
    [
        (b'{"a":1}', 1, True),
        (b'{"a":1,"a":1}', 1, False),
        (b'{"a" :1,"a"\t:1}', 1, False),
        (b'{"a"\r:1,"a"\n:1}', 1, False),
        (b'{"a":" :"}', 1, False),
        (b'{"a":"12:30"}', 1, True),
        (b'{"a":"\\":"}', 1, False),
        (b'{"a":1}', 2, True),
        (b"[]", 0, True),
    ],
)
def test_prove_keys(data: bytes, keys: int, proven: bool) -> None:
    """Colons in strings do not count as far as they can be told apart; a doubt is no proof."""
    assert prove_keys(data, keys) is proven


def test_without_msgspec_the_strict_reader_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing in between."""
    monkeypatch.setitem(sys.modules, "msgspec", None)

    assert make_loader() is load_json


@pytest.mark.parametrize("unit", [b'{"a":":"},', b"[[],{}],", b'{"a":1,"a":2},', b'"\\u003a",'])
def test_loading_is_linear(unit: bytes) -> None:
    """Every proof is a bounded number of passes."""
    assert_linear(make_loader(), lambda size: b"[" + unit * size + b"1]", size=50)
