"""
Tests of what a client may compare columns with.
"""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from covet.database.orm import OffsetQuery, Repository
from covet.database.orm.fields import read_fields
from covet.database.orm.filters import read_filter
from covet.exceptions import ConfigurationError
from tests.unit.database.orm.tables import User


class UserQuery(OffsetQuery[User]):
    """Compare in every way."""

    age: int | None = None
    age__ne: int | None = None
    age__lt: int | None = None
    age__le: int | None = None
    age__gt: int | None = None
    age__ge: int | None = None
    age__in: list[int] | None = None
    age__not_in: list[int] | None = None
    email__is_null: bool | None = None
    name__contains: str | None = None
    name__icontains: str | None = None
    name__starts_with: str | None = None
    name__ends_with: str | None = None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"age": 20}, "b"),
        ({"age__ne": 20}, "a%cd"),
        ({"age__lt": 20}, "a%"),
        ({"age__le": 20}, "a%b"),
        ({"age__gt": 30}, "d"),
        ({"age__ge": 30, "age__lt": 40}, "c"),
        ({"age__in": [10, 40]}, "a%d"),
        ({"age__not_in": [10, 40]}, "bc"),
        ({"age__in": []}, ""),
        ({"email__is_null": True}, "a%cd"),
        ({"email__is_null": False}, "b"),
        ({"name__contains": "%"}, "a%"),
        ({"name__contains": "_"}, ""),
        ({"name__contains": "\\"}, ""),
        ({"name__icontains": "A"}, "a%"),
        ({"name__starts_with": "a%"}, "a%"),
        ({"name__ends_with": "d"}, "d"),
        ({"name__contains": "' OR 1=1 --"}, ""),
    ],
)
@pytest.mark.row(98)
async def test_comparisons_find_what_they_say(session: AsyncSession, given: dict[str, Any], expected: str) -> None:
    """Wildcards of LIKE are what they are."""
    users = Repository[User](session)
    await users.create_many(
        {"name": name, "age": age, "email": "x" if name == "b" else None}
        for name, age in (("a%", 10), ("b", 20), ("c", 30), ("d", 40))
    )

    page = await users.list(UserQuery(**given))

    assert "".join(user.name for user in page.items) == expected


@pytest.mark.parametrize(
    ("name", "annotation", "message"),
    [
        ("agee", int, "X.agee: User has no field 'agee' that clients may filter by.\n  Did you mean 'age'?"),
        ("password_hash", str, "X.password_hash: User has no field 'password_hash' that clients may filter by."),
        ("posts", str, "X.posts: User has no field 'posts'"),
        ("age__gte", int, "X.age__gte: 'gte' is no comparison.\n  Did you mean 'gt'?"),
        ("age__contains", str, "X.age__contains: 'age' is no text, so 'contains' makes no sense."),
        ("age__in", int, "X.age__in: 'in' needs a list.\n  Write age__in: list[...] | None."),
        ("email__is_null", str, "X.email__is_null: 'is_null' is true or false."),
    ],
)
def test_what_cannot_be_compared_is_refused_where_it_is_declared(name: str, annotation: Any, message: str) -> None:
    """Long before a client comes."""
    with pytest.raises(ConfigurationError) as caught:
        read_filter(name, annotation, read_fields(User), "X")

    assert str(caught.value).startswith(message)
