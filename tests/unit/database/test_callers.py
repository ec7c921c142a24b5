"""
Tests of `covet.database.callers`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from covet.database import SQLAdapter
from covet.database.callers import describe_caller


class Shop:
    """Code of an application."""

    def serve(self) -> str:
        return describe_caller()


def test_the_function_that_called_is_named() -> None:
    """With its class, its file and its line."""
    text = Shop().serve()

    assert text.startswith(f"Shop.serve() in {__file__}:")
    assert text.rpartition(":")[2].isdigit()


def test_the_standard_library_does_not_call() -> None:
    """What stands between is looked through."""
    found: list[str] = []

    @contextmanager
    def block() -> Iterator[None]:
        found.append(describe_caller())
        yield

    with block():
        pass

    assert "block() in " in found[0]


async def test_a_borrower_is_named_and_not_the_pool(sqlite: SQLAdapter) -> None:
    """Whoever reads who holds a connection finds the line."""

    async def borrow() -> str:
        async with sqlite.acquire() as connection:
            assert connection.pooled is not None
            return connection.pooled.holder

    assert "borrow() in " in await borrow()
    async with sqlite.transaction() as transaction:
        assert transaction.connection.pooled is not None
        assert transaction.connection.pooled.holder.startswith("the transaction of test_a_borrower_is_named")
