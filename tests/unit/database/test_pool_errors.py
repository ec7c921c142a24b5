"""
Tests of `covet.database.pool_errors`.
"""

from time import monotonic

from covet.database.connection import PooledConnection
from covet.database.pool_errors import make_closed_error, make_silence_error, make_timeout_error
from covet.database.url import DatabaseURL
from tests.unit.database.fake_driver import FakeConnection, FakeDriver


def test_a_closed_pool_says_what_to_do() -> None:
    """By hand, or with a plugin."""
    assert str(make_closed_error("shop")) == (
        "The pool of the database 'shop' is not open.\n"
        "  Await connect() or initialize() first; a plugin does so when the application starts."
    )


def test_silence_names_the_place_and_no_password() -> None:
    """And how long was waited."""
    error = make_silence_error("shop", DatabaseURL.parse("mysql://ada:canary@db.example/shop"), 1.5)

    assert error.message == "The database 'shop' at mysql://ada:**********@db.example/shop did not answer within 1.5 s."


def test_holders_are_listed_in_a_line_each() -> None:
    """The longest first; long statements are cut, those of many lines written in one."""
    lent = []
    for holder, seconds in (("SELECT\n    1", 1), ("x" * 500, 3)):
        pooled = PooledConnection(FakeConnection(FakeDriver(), 1), 0)
        pooled.holder = holder
        pooled.lent_at = monotonic() - seconds
        lent.append(pooled)

    error = make_timeout_error("shop", 0.5, lent)

    assert str(error) == (
        "None of the 2 connections of the database 'shop' became free within 0.5 s.\n"
        f"  held by {'x' * 200}… for 3.0 s\n"
        "  held by SELECT 1 for 1.0 s\n"
        "  Hold them for less time, or allow more of them: pool_size."
    )
