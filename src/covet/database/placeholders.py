"""
One way to write placeholders, whatever the database: `$1`, `$2` for values in order, or `:name` for values by name.

A statement is read once: literals, quoted names and comments are left as they are. Values never become text here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from covet.database.dialect import Dialect
from covet.database.errors import QueryError
from covet.database.statement_words import StatementKind, read_comment, read_kind
from covet.exceptions import suggest

_MAX_CACHED: Final = 1024
_MAX_PARAMETERS: Final = 65_535


# PERF: the fields of a named tuple are read in ten times as many instructions (benchmarks/database.py).
@dataclass(frozen=True, slots=True)
class Statement:
    """
    A statement as a driver takes it.

    Attributes:
        text: Its text.
        query: The text as it was written.
        wanted: How many values it wants.
        kind: What it does.
        order: Which value stands at each placeholder, unless they stand just in their order.
        names: Or the names of the values, one for each placeholder of the text.
    """

    text: str
    query: str
    wanted: int
    kind: StatementKind
    order: tuple[int, ...] | None = None
    names: tuple[str, ...] = ()


class StatementCache:
    """
    The statements of a database as its driver takes them, each read once; the last 1,024 are kept.

    Args:
        dialect: What kind of database it is.

    Example:
        >>> from covet.database.dialect import MYSQL, SQLITE
        >>> statement, values = StatementCache(SQLITE).bind("SELECT * FROM tea WHERE id < $1 OR name = '$1'", (3,), {})
        >>> statement.text, values
        ("SELECT * FROM tea WHERE id < ?1 OR name = '$1'", (3,))
        >>> statement, values = StatementCache(MYSQL).bind("SELECT * FROM tea WHERE id < :n OR :n < 0", (), {"n": 3})
        >>> statement.text, values
        ('SELECT * FROM tea WHERE id < %s OR %s < 0', (3, 3))
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._positional: dict[str, Statement] = {}
        self._named: dict[str, Statement] = {}

    def bind(
        self, query: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[Statement, tuple[object, ...]]:
        """
        Find a statement as its driver takes it, and its values in their order.

        Args:
            query: The statement.
            args: The values of `$1`, `$2` and so on.
            kwargs: Or the values of `:name`.

        Raises:
            QueryError: If values and placeholders do not fit together, or the text is not one statement. No value is
                named.
            TransactionError: If the statement begins or ends a transaction.
        """
        if kwargs:
            if args:
                raise QueryError("A statement takes values in order or by name, and was given both.", query=query)
            named = self._find_named(query)
            return named, _arrange_named(named, kwargs)
        statement = self._positional.get(query) or self._find_positional(query)
        if len(args) != statement.wanted:
            raise QueryError(
                f"The statement wants {_count(statement.wanted)} and was given {len(args)}.",
                query=query,
                hint="Each of $1, $2 … wants one value, in their order.",
            )
        if statement.order is None:
            return statement, args
        return statement, tuple([args[index] for index in statement.order])

    def bind_many(
        self, query: str, rows: Sequence[Sequence[object] | Mapping[str, object]]
    ) -> tuple[Statement, Sequence[Sequence[object]]]:
        """
        Find a statement as its driver takes it, and many rows of values in their order.

        Raises:
            QueryError: As `bind`; the text numbers the row that does not fit.
            TransactionError: As `bind`.
        """
        if any(isinstance(row, Mapping) for row in rows):
            named = self._find_named(query)
            return named, [_arrange_named(named, row, f"row {number}") for number, row in enumerate(rows)]
        statement = self._positional.get(query) or self._find_positional(query)
        # Any: none of them is a mapping.
        ordered: Any = rows
        for number, row in enumerate(ordered):
            if len(row) != statement.wanted:
                raise QueryError(
                    f"The statement wants {_count(statement.wanted)} and row {number} has {len(row)}.", query=query
                )
        if statement.order is None:
            return statement, ordered
        return statement, [tuple([row[index] for index in statement.order]) for row in ordered]

    def refuse_name(self, query: str, name: str, *, taken_by: str) -> None:
        """
        Refuse a placeholder whose value never comes, since an option has its name.

        Args:
            query: The statement.
            name: The name.
            taken_by: What has such an option.

        Raises:
            QueryError: If the statement has a placeholder of that name.
        """
        if name in _scan(query, self.dialect, _NAMED)[1]:
            raise QueryError(
                f":{name} is the name of an option of {taken_by}, which would take its value.",
                query=query,
                hint="Call the placeholder something else.",
            )

    def _find_positional(self, query: str) -> Statement:
        return self._keep(self._positional, query, _write_positional(query, self.dialect))

    def _find_named(self, query: str) -> Statement:
        return self._named.get(query) or self._keep(self._named, query, _write_named(query, self.dialect))

    def _keep(self, cache: dict[str, Statement], query: str, statement: Statement) -> Statement:
        if len(cache) >= _MAX_CACHED:
            # The oldest: whoever puts values into the text makes thousands, and each is used once.
            del cache[next(iter(cache))]
        cache[query] = statement
        return statement


def _arrange_named(statement: Statement, values: object, where: str = "") -> tuple[object, ...]:
    """Put values into the order in which a statement has their names."""
    where, names, query = f" in {where}" if where else "", statement.names, statement.query
    if not isinstance(values, Mapping):
        raise QueryError(f"The values are given by name, and not{where}.", query=query)
    try:
        found = tuple([values[name] for name in names])
    except KeyError as exc:
        name = str(exc.args[0])
        raise QueryError(
            f"The statement wants a value for :{name}{where}.",
            query=query,
            hint=suggest(name, tuple(str(given) for given in values)),
        ) from None
    if len(values) != len(set(names)):
        spare = sorted(str(name) for name in set(values) - set(names))
        raise QueryError(
            f"The statement has no place for {', '.join(spare)}{where}.", query=query, hint=suggest(spare[0], names)
        )
    return found


def _count(number: int) -> str:
    return f"{number} value{'s' if number != 1 else ''}"


@lru_cache(maxsize=16)
def _make_scanner(dialect: Dialect, parameter: str) -> re.Pattern[str]:
    """Make the pattern that finds the next thing that may not be looked into, or the next placeholder."""
    text = r"[^'\\]|\\." if dialect.has_backslash_escapes else r"[^']"
    quoted = {
        "text": rf"'(?:{text})*(?P<text_end>'|\Z)",
        "double": rf'"(?:{text})*(?P<double_end>"|\Z)'.replace("[^'", '[^"'),
        "line": r"--[^\n]*" if not dialect.has_backslash_escapes else r"--(?=\s|\Z)[^\n]*",
    }
    if dialect.has_dollar_quotes:
        # E'…' knows backslashes, and a word before it is no letter E.
        quoted = {"escaped": r"\b[eE]'(?:[^'\\]|\\.)*(?P<escaped_end>'|\Z)"} | quoted
        quoted["dollar"] = r"(?<![\w$])\$(?:[^\W\d]\w*)?\$"
    else:
        quoted["block"] = r"/\*(?:[^*]|\*(?!/))*(?P<block_end>\*/|\Z)"
    if dialect.has_hash_comments:
        quoted["hash"] = r"#[^\n]*"
    if dialect.quote == "`" or dialect.has_brackets:
        quoted["back"] = r"`[^`]*(?P<back_end>`|\Z)"
    if dialect.has_brackets:
        quoted["bracket"] = r"\[[^\]]*(?P<bracket_end>\]|\Z)"
    if dialect.has_dollar_quotes:
        quoted["open"] = r"/\*"
    named = "|".join(f"(?P<{name}>{pattern})" for name, pattern in quoted.items())
    return re.compile(f"{named}|{parameter}", re.DOTALL)


_POSITIONAL: Final = r"(?<![\w$])\$(?P<number>[0-9]{1,6})(?![\w$])"
_NAMED: Final = r"(?P<cast>::|:=)|(?<![\w:]):(?P<word>[^\W\d]\w*)"


def _scan(query: str, dialect: Dialect, parameter: str) -> tuple[list[str], list[str], StatementKind]:
    """Cut a statement into the text around its placeholders, and their numbers or names; tell what it does."""
    if "\0" in query:
        raise QueryError("A statement has a NUL in it.", query=query)
    scanner = _make_scanner(dialect, parameter)
    pieces: list[str] = []
    found: list[str] = []
    code: list[str] = []
    position = start = 0
    while (match := scanner.search(query, position)) is not None:
        begin = position
        position = match.end()
        kind = match.lastgroup
        if kind in {"number", "word"}:
            pieces.append(query[start : match.start()])
            found.append(match[kind])
            start = position
        elif kind == "dollar":
            position = _skip_dollars(query, match)
        elif kind == "open":
            position = _skip_comment(query, position)
        elif kind in _MUST_END and not match[f"{kind}_end"]:
            raise _refuse_open(query, kind)
        code += (query[begin : match.start()], _read_code(kind, query[match.start() : position], dialect))
    pieces.append(query[start:])
    code.append(query[position:])
    return pieces, found, read_kind(query, "".join(code), dialect)


def _read_code(kind: str | None, text: str, dialect: Dialect) -> str:
    """Give what a part of a statement says to whoever reads its words."""
    if kind in _COMMENTS:
        return read_comment(text, dialect)
    return "''" if kind in _MUST_END else text


_COMMENTS: Final = frozenset({"line", "hash", "block", "open"})


# What each of them is called where it does not end.
_MUST_END: Final = {
    "text": "A literal",
    "escaped": "A literal",
    "dollar": "A literal",
    "double": "A quoted name",
    "back": "A quoted name",
    "bracket": "A quoted name",
    "block": "A comment",
}


def _refuse_open(query: str, kind: str) -> QueryError:
    return QueryError(f"{_MUST_END[kind]} of the statement does not end.", query=query)


def _skip_dollars(query: str, match: re.Match[str]) -> int:
    end = query.find(match[0], match.end())
    if end < 0:
        raise _refuse_open(query, "dollar")
    return end + len(match[0])


_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")


def _skip_comment(query: str, position: int) -> int:
    """Skip a comment that may have others in it, as PostgreSQL has them."""
    depth = 1
    while depth:
        match = _COMMENT_EDGE.search(query, position)
        if match is None:
            raise _refuse_open(query, "block")
        depth += 1 if match[0] == "/*" else -1
        position = match.end()
    return position


def _write_positional(query: str, dialect: Dialect) -> Statement:
    pieces, found, kind = _scan(query, dialect, _POSITIONAL)
    numbers = [int(number) for number in found]
    count = max(numbers, default=0)
    if count > _MAX_PARAMETERS:
        raise QueryError(f"The statement has a placeholder ${count}; there are at most {_MAX_PARAMETERS}.", query=query)
    missing = set(range(1, count + 1)) - set(numbers)
    if missing or 0 in numbers:
        what = "has a placeholder $0, and they begin with $1" if 0 in numbers else f"skips ${min(missing)}"
        raise QueryError(f"The statement {what}.", query=query)
    if dialect.parameter_style == "percent":
        text = _join(pieces, ["%s"] * len(numbers), dialect)
        order = tuple(number - 1 for number in numbers)
        return Statement(text, query, count, kind, None if order == tuple(range(count)) else order)
    mark = "?" if dialect.parameter_style == "question" else "$"
    return Statement(_join(pieces, [f"{mark}{number}" for number in numbers], dialect), query, count, kind)


def _write_named(query: str, dialect: Dialect) -> Statement:
    pieces, found, kind = _scan(query, dialect, _NAMED)
    if not found:
        raise QueryError(
            "Values were given by name, and the statement has no :name.", query=query, hint="Write :name for each."
        )
    if dialect.parameter_style == "percent":
        return Statement(_join(pieces, ["%s"] * len(found), dialect), query, len(found), kind, names=tuple(found))
    mark = "?" if dialect.parameter_style == "question" else "$"
    names = tuple(dict.fromkeys(found))
    places = {name: f"{mark}{number}" for number, name in enumerate(names, 1)}
    return Statement(_join(pieces, [places[name] for name in found], dialect), query, len(names), kind, names=names)


def _join(pieces: list[str], placeholders: list[str], dialect: Dialect) -> str:
    if dialect.parameter_style == "percent" and placeholders:
        # The driver formats what has values: a percent sign of the statement's own is written twice for it.
        pieces = [piece.replace("%", "%%") for piece in pieces]
    return "".join(part for pair in zip(pieces, [*placeholders, ""], strict=True) for part in pair)
