"""
Sessions: SQLAlchemy's own, with rows hidden that are deleted, and with our errors.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import IllegalStateChangeError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.exc import StaleDataError

from covet.database.orm.errors import StaleRowError
from covet.database.orm.mixins import SoftDelete
from covet.options import refuse_unknown
from covet.security.sealing import TokenSealer

CURSOR_SEALER: Final = "covet.cursor_sealer"
"""The key in a session's `info` of what protects cursors."""

_CLOSE_SECONDS: Final = 5.0

# For every query anew that is sent, relationships included: so it need not be handed on to what they load.
_NOT_DELETED: Final = with_loader_criteria(
    SoftDelete, lambda cls: cls.deleted_at.is_(None), include_aliases=True, propagate_to_loaders=False
)


class RowSession(Session):
    """The synchronous half of a session: where SQLAlchemy does its work."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:  # Any: mapped objects
        """
        Write what has changed.

        Raises:
            StaleRowError: If a versioned row is no longer what was read.
        """
        try:
            super().flush(objects)
        except StaleDataError as exc:
            raise StaleRowError from exc


class PatientSession(AsyncSession):
    """The asynchronous half: it is closed when what another task does with it has ended."""

    async def close(self) -> None:
        """
        Roll back what was not committed, and give the connection back.

        A task that uses a session beside another one is refused; what the other one has begun goes on, and would keep
        its connection for good if the session were closed before.
        """
        end = monotonic() + _CLOSE_SECONDS
        while True:
            try:
                return await super().close()
            except IllegalStateChangeError:
                if monotonic() > end:
                    raise
            await asyncio.sleep(0.005)


def _hide_deleted(state: ORMExecuteState) -> None:
    if not SoftDelete.is_used or state.is_column_load or not state.is_orm_statement:
        return
    if state.is_insert or state.execution_options.get("include_deleted", False):
        return
    # A statement of Core's has no options.
    if hasattr(state.statement, "options"):
        state.statement = state.statement.options(_NOT_DELETED)


event.listen(RowSession, "do_orm_execute", _hide_deleted)


@refuse_unknown
def create_session_factory(
    engine: AsyncEngine, *, cursor_sealer: TokenSealer | None = None
) -> async_sessionmaker[AsyncSession]:
    """
    Make what opens sessions: for programs without an application, and for tests. `OrmPlugin` does it by itself.

    Objects stay readable after a commit: nothing is loaded again on the way, which asynchronous code could not do.

    Args:
        engine: Where connections come from.
        cursor_sealer: Protects the cursors of long lists; a `Signer` keeps others from making them up.

    Example:
        >>> from sqlalchemy import text
        >>> from covet.database.orm import create_engine
        >>> engine = create_engine("sqlite://")
        >>> async with create_session_factory(engine)() as session:
        ...     (await session.execute(text("SELECT 1"))).scalar_one()
        1
        >>> await engine.dispose()
    """
    return async_sessionmaker(
        engine,
        class_=PatientSession,
        sync_session_class=RowSession,
        expire_on_commit=False,
        info={CURSOR_SEALER: cursor_sealer},
    )


__all__ = ["CURSOR_SEALER", "PatientSession", "RowSession", "create_session_factory"]
