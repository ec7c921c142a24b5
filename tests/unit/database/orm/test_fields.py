"""
Tests of names that become columns, and of those that do not.
"""

from typing import Any

import pytest
from sqlalchemy import String, column

from covet.database.orm import UnknownFieldError
from covet.database.orm.fields import read_fields
from covet.exceptions import ConfigurationError
from tests.unit.database.orm.tables import Post, Sample, User

# docs/security.md, rows 96 and 97: what others have sent for the name of a column.
STRANGE = [
    "_connector", "__class__", "__init__", "id__raw", "id;--", "id; DROP TABLE users", "a.b", "users.id", 'x" OR "1',
    "id\n", "id/**/", "-", "--id", "", " id", "metadata", "registry", "posts", "ID", "max((SELECT 1))", "?", "%s", "\0",
]  # fmt: skip


@pytest.mark.row(97)
@pytest.mark.parametrize("name", STRANGE)
def test_only_columns_have_names(name: str) -> None:
    """No expression, no relationship, no attribute of Python's, no column of another table."""
    table = read_fields(User)

    with pytest.raises(UnknownFieldError):
        table.attribute(name)
    with pytest.raises(UnknownFieldError):
        table.ordering([name])
    with pytest.raises(UnknownFieldError):
        table.conditions([{name: 1}])


def test_error_names_the_columns_that_are_not_secret() -> None:
    """A secret column is not suggested, either."""
    with pytest.raises(UnknownFieldError) as caught:
        read_fields(User).attribute("password")

    assert str(caught.value).startswith("User has no field 'password'.")
    assert "password_hash" not in str(caught.value)


def test_conditions_are_expressions_or_values() -> None:
    """None is IS NULL; a text is no condition."""
    table = read_fields(User)

    made = table.conditions([{"name": "Ada", "email": None}, User.age > 3])

    assert [str(item) for item in made] == ["users.name = :name_1", "users.email IS NULL", "users.age > :age_1"]
    with pytest.raises(TypeError, match=r"expression such as User.id == 1, or a mapping, got str"):
        table.conditions(["name = 'Ada'"])  # type: ignore[list-item]


def test_order_is_names_or_expressions() -> None:
    """A minus goes down; one name alone will do."""
    table = read_fields(User)

    assert [str(item) for item in table.ordering(["-age", "name", User.email])] == [
        "users.age DESC",
        "users.name ASC",
        "User.email",
    ]
    assert [str(item) for item in table.ordering("-id")] == ["users.id DESC"]
    assert [str(item) for item in table.ordering([column("x", String).desc()])] == ["x DESC"]


@pytest.mark.parametrize(
    ("model", "ident", "fits"),
    [
        (User, 2**63 - 1, True),
        (User, 2**63, False),
        (User, -(2**63), True),
        (Sample, 2**70, True),
        (Post, 10**30, False),
    ],
)
def test_key_that_no_column_can_hold_is_known(model: Any, ident: object, fits: bool) -> None:
    """A driver would fail over it."""
    assert read_fields(model).key_fits(ident) is fits


def test_class_must_be_mapped() -> None:
    """The error says how."""
    with pytest.raises(ConfigurationError) as caught:
        read_fields(int)

    assert str(caught.value) == "int is no mapped class.\n  Derive it from Model, with a __tablename__."
