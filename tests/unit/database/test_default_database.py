"""
Tests of `covet.database.default_database`.
"""

import asyncio

import pytest

from covet.database import SQLiteAdapter, transaction
from covet.database.default_database import find_running
from covet.exceptions import ConfigurationError


async def test_without_a_database_it_says_what_to_do() -> None:
    """Both ways."""
    with pytest.raises(ConfigurationError) as caught:
        transaction()

    assert str(caught.value) == (
        "No database called 'default' is connected.\n"
        "  Add DatabasePlugin() to the application, or await connect(url) of an adapter."
    )


async def test_one_alone_is_meant_whatever_its_name() -> None:
    """Of two, a name says which; two of one name are told apart by nobody."""
    one, two, three = SQLiteAdapter(), SQLiteAdapter(), SQLiteAdapter()
    await one.connect("sqlite://", name="shop")
    assert find_running() is one

    await two.connect("sqlite://", name="reports")
    assert (find_running("shop"), find_running("reports")) == (one, two)
    with pytest.raises(ConfigurationError, match="There is: reports, shop"):
        find_running()

    await three.connect("sqlite://", name="shop")
    with pytest.raises(ConfigurationError, match="2 databases are called 'shop' here"):
        transaction("shop")

    for adapter in (one, two, three):
        await adapter.disconnect()
    with pytest.raises(ConfigurationError, match="No database called 'shop'"):
        find_running("shop")


async def test_another_loop_has_databases_of_its_own() -> None:
    """An application in a thread is not seen from here."""
    adapter = SQLiteAdapter()
    await adapter.connect("sqlite://")

    async def look() -> str:
        try:
            find_running()
        except ConfigurationError as exc:
            return exc.message
        return "found"

    assert await asyncio.to_thread(asyncio.run, look()) == "No database called 'default' is connected."
    await adapter.disconnect()
