"""
Tests of names that become columns, and of those that do not.
"""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import String, column

from covet.database import DataError
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
        (User, "1 OR 1=1", False),
        (User, True, False),
        (User, [1], False),
        (User, None, False),
        (User, (1,), True),
        (User, {"id": 1}, True),
        (User, {"id": "1"}, False),
        (User, (1, 2), True),
        (Sample, UUID(int=7), True),
        (Sample, str(UUID(int=7)), False),
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


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("name", 0, "User.name is of type str, and was compared with int."),
        ("age", "1 OR 1=1", "User.age is of type int, and was compared with str."),
        ("age", True, "User.age is of type int, and was compared with bool."),
        ("age", {"ge": 1}, "User.age is of type int, and was compared with dict."),
        ("name", ["Ada"], "User.name is of type str, and was compared with list."),
    ],
)
@pytest.mark.row(96)
def test_column_is_compared_with_its_like(name: str, value: object, message: str) -> None:
    """MySQL would find all names that are no numbers where it is asked for 0."""
    with pytest.raises(DataError) as caught:
        read_fields(User).conditions([{name: value}])

    assert str(caught.value) == f"{message}\n  Convert the value first, or let a DTO or a query read it."


@pytest.mark.parametrize(
    ("name", "value", "statement"),
    [
        ("age", 2**63, "false"),
        ("name", "a" * 51, "false"),
        ("name", "a\0", "false"),
        ("name", "Ada", "users.name = :name_1"),
        ("name", None, "users.name IS NULL"),
        ("name", User.email, "users.name = users.email"),
    ],
)
def test_what_no_row_has_is_not_looked_for(name: str, value: object, statement: str) -> None:
    """The answer is the same on each database: none; an expression is one."""
    assert [str(item) for item in read_fields(User).conditions([{name: value}])] == [statement]
