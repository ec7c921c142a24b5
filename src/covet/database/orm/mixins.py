"""
What many tables have in common: when a row was made, whether it counts as deleted, and which state of it one has seen.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from covet.database.orm.column_types import UTCDateTime


def utc_now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


def _created_at(context: DefaultExecutionContext) -> datetime:
    """Return when a row was made, to which SQLAlchemy gave its moment just before."""
    parameters: dict[str, object] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    moment = parameters.get("created_at")
    return moment if isinstance(moment, datetime) else utc_now()


class Timestamps:
    """
    Rows know when they were made, and when they were last changed.

    Attributes:
        created_at: When it was made.
        updated_at: When it was changed; at first the same.
    """

    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now, sort_order=900)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=_created_at, onupdate=utc_now, sort_order=901)


class SoftDelete:
    """
    Rows that are deleted stay in the table, and are hidden from all queries of a session.

    `Repository.delete` marks them; the execution option `include_deleted=True` shows them.

    Attributes:
        deleted_at: When it was deleted; `None` while it is there.
    """

    # Whether anything is mapped with it at all: without, no query pays for it.
    is_used: ClassVar[bool] = False

    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None, index=True, sort_order=902)

    # Any: the keywords of other bases.
    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Note that there is a class whose rows are to be hidden."""
        super().__init_subclass__(**kwargs)
        SoftDelete.is_used = True

    @property
    def is_deleted(self) -> bool:
        """Whether it counts as deleted."""
        return self.deleted_at is not None


class Versioned:
    """
    Rows count their changes, so that none is lost: who writes a state that is no longer there gets `StaleRowError`.

    Attributes:
        version: The number of the state, from 1 on.
    """

    version: Mapped[int] = mapped_column(default=1, sort_order=903)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:  # Any: as SQLAlchemy has it
        """Let SQLAlchemy count, and compare."""
        return {"version_id_col": cls.version}

    @property
    def etag(self) -> str:
        """
        The state as an entity tag: for `ETag`, and for `check_preconditions(request, etag=row.etag)`.

        Example:
            >>> row = Versioned()
            >>> row.version = 3
            >>> row.etag
            '"3"'
        """
        return f'"{self.version}"'


__all__ = ["SoftDelete", "Timestamps", "Versioned", "utc_now"]
