"""
Problems carry their place from the inside out and become public errors at the end.
"""

import pytest

from covet.exceptions import ErrorItem
from covet.validation.failures import MAX_KEY_LENGTH, Failed, Problem, escape_key, fail


def test_a_problem_becomes_an_error_with_its_whole_pointer() -> None:
    """The keys were added from the inside, and are written from the outside."""
    failed = Failed(Failed(fail("must be an integer", "int_type").at("price")).at(3))

    (problem,) = failed.at("lines")

    assert problem.make_item("body", "/order") == ErrorItem(
        "body", "/order/lines/3/price", "must be an integer", "int_type"
    )


def test_an_unreasonably_long_key_is_left_out_of_the_pointer() -> None:
    """A client cannot make the answer as large as its request."""
    failed = fail("must be an integer", "int_type")

    failed.at("k" * (MAX_KEY_LENGTH + 1))
    failed.at("k" * MAX_KEY_LENGTH)

    assert failed.problems[0].make_item("body", "").pointer == "/" + "k" * MAX_KEY_LENGTH


@pytest.mark.parametrize(("key", "step"), [("a/b", "a~1b"), ("~1", "~01"), ("", ""), (0, "0"), ("é", "é")])
def test_keys_are_escaped_as_rfc_6901_says(key: str | int, step: str) -> None:
    """A pointer is unambiguous whatever the key."""
    assert escape_key(key) == step


def test_a_problem_may_start_with_keys() -> None:
    """Whoever knows the field at once says so at once."""
    problem = Problem("is required", "missing", ["name"])

    assert problem.make_item("body", "").pointer == "/name"


def test_problems_do_not_share_their_keys() -> None:
    """Two problems of one kind end in different places."""
    first, second = fail("must be null", "none_type"), fail("must be null", "none_type")

    first.at("a")

    assert second.problems[0].keys == []
