"""
Whatever a client sends for a name, an order, a filter or a cursor: nothing of it is ever part of a statement.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import registry

from covet.database.orm import CursorQuery, UnknownFieldError
from covet.database.orm.fields import read_fields
from covet.exceptions import ValidationError
from covet.validation.text_model import TextModel
from tests.unit.database.orm.tables import User

CANARY = "zqx"
# Minutes each.
EXAMPLES = 50_000 if os.environ.get("HYPOTHESIS_PROFILE") == "campaign" else 300
# Parts of what others have sent, put together at random around something that no statement of ours has.
PARTS = [
    "id", "name", "users", "age", "__", "__ge", "__in", "__class__", "_connector", "-", "--", ";", "'", '"', "`",
    ")", "(",     "/*", "*/", "\n", "\0", "\\", "%", "_", " OR 1=1", " UNION SELECT ", ".", "?", ":x", "$1", "%s",
    "\u2019", "[", "]", ",",
]  # fmt: skip

hostile = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=8).map(
    lambda parts: CANARY.join(["", *parts])
)


class UserQuery(CursorQuery[User], sort=["name", "age"]):
    """Be what a client may ask."""

    name: str | None = None
    name__contains: str | None = None
    name__starts_with: str | None = None
    name__in: list[str] | None = None
    age__ge: int | None = None


MODEL = TextModel(UserQuery)
EXPECTED = ("name", "age", "-name", "-age")
DIALECTS = [registry.load(name)() for name in ("sqlite", "postgresql.asyncpg", "mysql.asyncmy")]


def write(*conditions: Any, order_by: Any = ()) -> Iterator[str]:
    """Write a statement as each of the databases gets it, without its values."""
    for dialect in DIALECTS:
        yield str(select(User).where(*conditions).order_by(*order_by).compile(dialect=dialect))


@pytest.mark.row(97)
@pytest.mark.timeout(900)
@settings(max_examples=EXAMPLES)
@given(hostile)
def test_hostile_names_are_no_columns(name: str) -> None:
    """As a field, as an order, as a parameter of the query."""
    table = read_fields(User)

    for call in (table.attribute, lambda name: table.ordering([name]), lambda name: table.conditions([{name: 1}])):
        if name not in table.columns and name.removeprefix("-") not in table.columns:
            with pytest.raises(UnknownFieldError):
                call(name)
    if name not in MODEL.keys:
        with pytest.raises(ValidationError):
            MODEL.read({name: ["1"]}, source="query", pointer="")


@pytest.mark.row(98)
@pytest.mark.timeout(900)
@settings(max_examples=EXAMPLES)
@given(hostile, st.sampled_from(sorted(MODEL.keys)))
def test_hostile_values_are_bound_or_refused(value: str, name: str) -> None:
    """In each of the fields that a client may give."""
    try:
        query: UserQuery = MODEL.read({name: [value]}, source="query", pointer="")
    except ValidationError:
        return

    for statement in write(*query.conditions(), order_by=read_fields(User).ordering(query.order())):
        assert CANARY not in statement
    assert all(word in EXPECTED for word in query.sort)
