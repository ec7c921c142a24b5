"""
Tests of `covet.database.placeholders`.
"""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.database.dialect import MYSQL, POSTGRESQL, SQLITE, Dialect
from covet.database.errors import QueryError
from covet.database.placeholders import StatementCache
from tests.linearity import assert_linear

DIALECTS = [pytest.param(dialect, id=dialect.name) for dialect in (SQLITE, POSTGRESQL, MYSQL)]
WRITTEN = {"SQLite": "?1", "PostgreSQL": "$1", "MySQL": "%s"}


def bind(dialect: Dialect, query: str, *args: object, **kwargs: object) -> tuple[str, tuple[object, ...]]:
    """Bind with a cache of its own."""
    statement, values = StatementCache(dialect).bind(query, args, kwargs)
    return statement.text, tuple(values)


@pytest.mark.parametrize(
    ("query", "sqlite", "postgresql", "mysql"),
    [
        ("SELECT $1", "SELECT ?1", "SELECT $1", "SELECT %s"),
        ("SELECT 100 % $1", "SELECT 100 % ?1", "SELECT 100 % $1", "SELECT 100 %% %s"),
        ("SELECT '$1', $1", "SELECT '$1', ?1", "SELECT '$1', $1", "SELECT '$1', %s"),
        ("SELECT 'it''s $1', $1", "SELECT 'it''s $1', ?1", "SELECT 'it''s $1', $1", "SELECT 'it''s $1', %s"),
        ('SELECT "$1", $1', 'SELECT "$1", ?1', 'SELECT "$1", $1', 'SELECT "$1", %s'),
        ("SELECT $1 -- $2\n", "SELECT ?1 -- $2\n", "SELECT $1 -- $2\n", "SELECT %s -- $2\n"),
        ("SELECT /* $2 */ $1", "SELECT /* $2 */ ?1", "SELECT /* $2 */ $1", "SELECT /* $2 */ %s"),
        ("SELECT a$1, $1", "SELECT a$1, ?1", "SELECT a$1, $1", "SELECT a$1, %s"),
    ],
)
def test_a_placeholder_is_written_as_the_database_wants_it(
    query: str, sqlite: str, postgresql: str, mysql: str
) -> None:
    """And nothing is looked into that is a literal, a name or a comment."""
    for dialect, text in ((SQLITE, sqlite), (POSTGRESQL, postgresql), (MYSQL, mysql)):
        assert bind(dialect, query, 7) == (text, (7,))


@pytest.mark.parametrize(
    ("dialect", "query", "text"),
    [
        (POSTGRESQL, r"SELECT E'\'$1', $1", r"SELECT E'\'$1', $1"),
        (POSTGRESQL, "SELECT $tag$ $1 ' $tag$, $1", "SELECT $tag$ $1 ' $tag$, $1"),
        (POSTGRESQL, "SELECT $$ $2 $$, $1", "SELECT $$ $2 $$, $1"),
        (POSTGRESQL, "/* /* $2 */ $3 */ SELECT $1", "/* /* $2 */ $3 */ SELECT $1"),
        (POSTGRESQL, r"SELECT '\', $1", r"SELECT '\', $1"),
        (MYSQL, r"SELECT '\'$2', $1", r"SELECT '\'$2', %s"),
        (MYSQL, "SELECT `$2`, $1 # $3", "SELECT `$2`, %s # $3"),
        (MYSQL, "SELECT 5--$1", "SELECT 5--%s"),
        (SQLITE, "SELECT [$2], `$3`, $1", "SELECT [$2], `$3`, ?1"),
        (POSTGRESQL, "SELECT a[$1]", "SELECT a[$1]"),
    ],
)
def test_each_database_has_literals_of_its_own(dialect: Dialect, query: str, text: str) -> None:
    """Backslashes, dollar quotes, nested comments, brackets: where the database knows them."""
    assert bind(dialect, query, 7) == (text, (7,))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_value_may_stand_in_several_places_and_in_any_order(dialect: Dialect) -> None:
    """Whatever the database counts."""
    text, values = bind(dialect, "SELECT $2, $1, $2", "a", "b")

    expected = {
        "SQLite": ("SELECT ?2, ?1, ?2", ("a", "b")),
        "PostgreSQL": ("SELECT $2, $1, $2", ("a", "b")),
        "MySQL": ("SELECT %s, %s, %s", ("b", "a", "b")),
    }
    assert (text, values) == expected[dialect.name]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_values_by_name(dialect: Dialect) -> None:
    """Casts, assignments and times of the day are no names."""
    query = "SELECT :tea, ':no', :tea, :price, '12:30', x::text"

    text, values = bind(dialect, query, tea="oolong", price=3)

    assert (text.count("no"), text.count("12:30"), text.count("::text")) == (1, 1, 1)
    assert values == (("oolong", "oolong", 3) if dialect is MYSQL else ("oolong", 3))
    assert ":tea" not in text
    assert ":price" not in text


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("query", "args", "kwargs", "message"),
    [
        ("SELECT $1", (), {}, "The statement wants 1 value and was given 0."),
        ("SELECT 1", (1, 2), {}, "The statement wants 0 values and was given 2."),
        ("SELECT $2", (1, 2), {}, r"The statement skips $1."),
        ("SELECT $0", (1,), {}, "The statement has a placeholder $0, and they begin with $1."),
        ("SELECT $99999", (1,), {}, "The statement has a placeholder $99999; there are at most 65535."),
        ("SELECT :a", (), {"b": 1}, "The statement wants a value for :a."),
        ("SELECT :a", (), {"a": 1, "b": 1}, "The statement has no place for b."),
        ("SELECT 1", (), {"a": 1}, "Values were given by name, and the statement has no :name."),
        ("SELECT :a, $1", (1,), {"a": 1}, "A statement takes values in order or by name, and was given both."),
        ("SELECT 'open", (), {}, "A literal of the statement does not end."),
        ('SELECT "open', (), {}, "A quoted name of the statement does not end."),
        ("SELECT /* open", (), {}, "A comment of the statement does not end."),
        ("SELECT 1\0", (), {}, "A statement has a NUL in it."),
    ],
)
def test_what_does_not_fit_together_is_refused(
    dialect: Dialect, query: str, args: tuple[object, ...], kwargs: dict[str, object], message: str
) -> None:
    """Before the database sees it, and without a value in the text."""
    with pytest.raises(QueryError) as caught:
        bind(dialect, query, *args, **kwargs)

    assert caught.value.message == message
    assert caught.value.query == query


def test_a_name_that_was_meant_is_suggested() -> None:
    """As everywhere."""
    with pytest.raises(QueryError, match=r"(?s)wants a value for :price\..*Did you mean 'prise'"):
        bind(SQLITE, "SELECT :price", prise=1)


def test_rows_for_many_are_checked() -> None:
    """The number of the first that does not fit is named."""
    cache = StatementCache(MYSQL)

    statement, rows = cache.bind_many("INSERT INTO tea VALUES ($2, $1)", [(1, 2)])
    assert (statement.text, rows) == ("INSERT INTO tea VALUES (%s, %s)", [(2, 1)])
    with pytest.raises(QueryError, match="wants 2 values and row 1 has 1"):
        cache.bind_many("INSERT INTO tea VALUES ($2, $1)", [(1, 2), (1,)])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_rows_for_many_may_have_names(dialect: Dialect) -> None:
    """Each row has all of them, and no other."""
    cache, query = StatementCache(dialect), "INSERT INTO tea VALUES (:b, :a)"

    statement, rows = cache.bind_many(query, [{"a": 1, "b": 2}, {"b": 4, "a": 3}])
    assert (statement.wanted, rows) == (2, [(2, 1), (4, 3)])
    for wrong, message in (
        ({"a": 1}, "wants a value for :b in row 1."),
        ({"a": 1, "b": 2, "c": 3}, "has no place for c in row 1."),
        ((1, 2), "are given by name, and not in row 1."),
    ):
        with pytest.raises(QueryError, match=re.escape(message)):
            cache.bind_many(query, [{"a": 1, "b": 2}, wrong])


def test_a_cache_keeps_no_more_than_its_share() -> None:
    """Whoever puts values into the text fills no memory."""
    cache = StatementCache(SQLITE)

    for number in range(3000):
        cache.bind(f"SELECT {number}", (), {})

    assert len(cache._positional) == 1024


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "piece",
    ["'", '"', "/*", "$", "$a$", "--", "\\'", "[", "`", ":a", "$1 ", "E'", ";", "; x", "(DELETE ", "SET ", "/*!"],
)
def test_a_statement_is_read_in_linear_time(dialect: Dialect, piece: str) -> None:
    """Whatever it is made of."""

    def read(query: str) -> None:
        with suppress(QueryError):
            bind(dialect, query, 1)

    # Not above 64,000 pieces: there the memory of the regular expression comes page by page, at several times the cost.
    assert_linear(read, lambda size: f"SELECT {piece * size}", size=500)


@pytest.mark.property
@pytest.mark.parametrize("dialect", DIALECTS)
@given(literal=st.text(st.characters(exclude_characters="\0\\", exclude_categories=["Cs"]), max_size=30))
def test_a_literal_is_never_looked_into(dialect: Dialect, literal: str) -> None:
    """Any text stays what it is, and the placeholder behind it is found."""
    quoted = "'" + literal.replace("'", "''") + "'"

    text, values = bind(dialect, f"SELECT {quoted}, $1", 7)

    written = quoted.replace("%", "%%") if dialect is MYSQL else quoted
    assert (text, values) == (f"SELECT {written}, {WRITTEN[dialect.name]}", (7,))
