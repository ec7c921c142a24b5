"""
References to variables.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config.references import ReferenceFailedError, follow_references, has_reference

VARIABLES = {"HOST": "db", "EMPTY": "", "NESTED": "${HOST}"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${HOST}", "db"),
        ("a ${HOST}:${HOST} b", "a db:db b"),
        ("${MISSING:-x}", "x"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY}", ""),
        ("${MISSING:-}", ""),
        ("${MISSING:-postgresql://a:b@c/d}", "postgresql://a:b@c/d"),
        ("$${HOST}", "${HOST}"),
        ("$HOST $5 $$", "$HOST $5 $$"),
        ("${NESTED}", "${HOST}"),
        ("", ""),
    ],
)
def test_references_are_followed(text: str, result: str) -> None:
    """Variables and defaults take their place; what they hold is not read again."""
    assert follow_references(text, VARIABLES.get) == result


def test_an_undefined_variable_is_an_error() -> None:
    """The error says which, and how to go on."""
    with pytest.raises(ReferenceFailedError) as caught:
        follow_references("x ${MISSING} y", VARIABLES.get)

    assert str(caught.value) == (
        "refers to ${MISSING}, which is not defined; define MISSING in the environment or in .env, "
        "or write ${MISSING:-default}"
    )


@pytest.mark.parametrize("text", ["${", "${}", "${A", "pass${word!}", "${1A}", "${A-b}", "${A${B}}"])
def test_a_malformed_reference_is_an_error(text: str) -> None:
    """It is not taken as it stands, and not repeated: it may be half a password."""
    with pytest.raises(ReferenceFailedError) as caught:
        follow_references(text, {"A": "1", "B": "2"}.get)

    assert str(caught.value) == "has a '${' that begins no reference; write $${ for the characters themselves"


@given(st.text().filter(lambda text: "${" not in text))
def test_other_texts_stay(text: str) -> None:
    """Without `${` nothing changes, and nothing is a reference."""
    assert follow_references(text, VARIABLES.get) == text
    assert not has_reference(text)


@given(st.text(alphabet="${}:-AB\n "))
def test_escaped_texts_come_back(text: str) -> None:
    """Whoever doubles the dollar of every `${` gets the text itself."""
    escaped = text.replace("${", "$${")

    # A dollar before it would be taken for the escape's own.
    if "$${" not in text:
        assert follow_references(escaped, VARIABLES.get) == text
