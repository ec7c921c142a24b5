"""
Tests of sessions.
"""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from covet.database.errors import DatabaseError, UniqueViolationError
from covet.database.orm import create_session_factory
from covet.database.orm.session import CURSOR_SEALER
from covet.options import UnknownOptionError
from covet.security import Signer
from tests.unit.database.orm.tables import Post, User


async def test_session_connects_at_its_first_query(engine: AsyncEngine) -> None:
    """A request that asks nothing takes no connection from the others."""
    async with create_session_factory(engine)() as session:
        before = engine.pool.checkedout()  # type: ignore[attr-defined]
        await session.execute(text("SELECT 1"))
        during = engine.pool.checkedout()  # type: ignore[attr-defined]
    after = engine.pool.checkedout()  # type: ignore[attr-defined]

    assert (before, during, after) == (0, 1, 0)


async def test_objects_stay_readable_after_a_commit(session: AsyncSession) -> None:
    """A handler commits, and answers with what it has."""
    user = User(name="Ada")
    session.add(user)
    await session.commit()

    assert (user.name, user.age) == ("Ada", 0)


async def test_what_is_not_committed_is_gone(sessions: async_sessionmaker[AsyncSession]) -> None:
    """The end of a session is a rollback."""
    async with sessions() as session:
        session.add(User(name="Ada"))
        await session.flush()

    async with sessions() as session:
        assert (await session.scalars(select(User))).all() == []


async def test_session_goes_on_after_a_savepoint_failed(session: AsyncSession) -> None:
    """One row of many may be refused without losing the others."""
    session.add(User(name="Ada"))
    await session.flush()

    with pytest.raises(UniqueViolationError):
        async with session.begin_nested():
            session.add(User(name="Ada"))
    session.add(User(name="Blaise"))
    await session.commit()

    assert (await session.scalars(select(User.name).order_by(User.name))).all() == ["Ada", "Blaise"]


async def test_statements_of_the_core_are_left_alone(session: AsyncSession) -> None:
    """A table is no model: whoever asks for it gets its rows, the deleted ones as well."""
    session.add(User(id=1, name="Ada", posts=[Post(slug="a")]))
    await session.flush()
    await session.execute(text("UPDATE posts SET deleted_at = created_at"))

    through_table = (await session.execute(select(Post.__table__))).all()
    through_model = (await session.execute(select(Post))).all()

    assert (len(through_table), len(through_model)) == (1, 0)


def test_factory_keeps_what_protects_cursors(engine: AsyncEngine) -> None:
    """And takes nothing that it does not know."""
    signer = Signer("a secret of thirty-two bytes, or more", purpose="cursor")

    session = create_session_factory(engine, cursor_sealer=signer)()

    assert session.info[CURSOR_SEALER] is signer
    with pytest.raises(UnknownOptionError):
        create_session_factory(engine, sealer=signer)  # type: ignore[call-arg]


async def test_two_tasks_at_once_leave_no_connection_behind(engine: AsyncEngine) -> None:
    """What becomes of them is the driver's affair; the session is closed when both have ended."""
    sessions = create_session_factory(engine)

    for _ in range(3):
        # MariaDB loses its connection over it, and asyncpg does not roll back beside a statement.
        with suppress(DatabaseError):
            async with sessions() as session:
                tasks = [asyncio.create_task(session.execute(text("SELECT 1"))) for _ in range(2)]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            # The driver of MariaDB lets one of two wait for ever.
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
