"""
Tests of `covet.database.dialect`.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.database.dialect import FEATURES, MYSQL, POSTGRESQL, SQLITE, Dialect
from covet.exceptions import ConfigurationError

DIALECTS = [pytest.param(dialect, id=dialect.name) for dialect in (SQLITE, POSTGRESQL, MYSQL)]


@pytest.mark.property
@pytest.mark.parametrize("dialect", DIALECTS)
@given(name=st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_nothing_in_a_name_ends_it(dialect: Dialect, name: str) -> None:
    """Read back, it is the name."""
    quoted = dialect.quote_identifier(name)

    assert quoted[0] == quoted[-1] == dialect.quote
    assert quoted[1:-1].replace(dialect.quote * 2, "").count(dialect.quote) == 0
    assert quoted[1:-1].replace(dialect.quote * 2, dialect.quote) == name


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["", "a\0b", "\0"])
def test_what_is_no_name_is_refused(dialect: Dialect, name: str) -> None:
    """Empty, or with a NUL in it."""
    with pytest.raises(ConfigurationError, match="is no name of a table or a column"):
        dialect.quote_identifier(name)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_of_its_features_are_explained(dialect: Dialect) -> None:
    """In the table that the documents show."""
    assert dialect.features <= set(FEATURES)


@pytest.mark.parametrize(
    ("dialect", "isolation", "read_only", "statements"),
    [
        (SQLITE, None, False, ("BEGIN IMMEDIATE",)),
        (SQLITE, "serializable", False, ("BEGIN IMMEDIATE",)),
        (SQLITE, None, True, ("PRAGMA query_only = 1", "BEGIN DEFERRED")),
        (POSTGRESQL, None, False, ("BEGIN",)),
        (POSTGRESQL, "repeatable_read", True, ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",)),
        (MYSQL, None, True, ("START TRANSACTION READ ONLY",)),
        (
            MYSQL,
            "serializable",
            True,
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION READ ONLY"),
        ),
    ],
)
def test_each_begins_transactions_in_its_own_way(
    dialect: Dialect, isolation: Any, read_only: bool, statements: tuple[str, ...]
) -> None:
    """With isolation, reading only, both or neither."""
    assert dialect.begin_statements(isolation, read_only=read_only) == statements


@pytest.mark.parametrize("isolation", ["chaos", "", "SERIALIZABLE; DROP TABLE tea"])
def test_a_level_that_is_none_is_refused(isolation: Any) -> None:
    """It becomes no text of a statement."""
    with pytest.raises(ConfigurationError, match="PostgreSQL has no isolation"):
        POSTGRESQL.begin_statements(isolation, read_only=False)
