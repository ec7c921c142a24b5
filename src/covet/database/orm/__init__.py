"""
Rows as objects, by SQLAlchemy 2.1 (`covetpy[orm]`): its life cycle, its injection, and what keeps it safe.

The mapping is SQLAlchemy's own: `Mapped[...]`, `mapped_column`, `relationship`, `select` come from there.

::

    model.py column_types.py mixins.py      what a mapped class has to begin with
    engine.py session.py                    connections and sessions
    plugin.py                               all of that as services of an application
    repository.py reading.py fields.py      finding and keeping rows
    bulk_writes.py upserts.py               many rows at once, rows that may be there already
    column_bounds.py column_agreement.py    what a column can hold, said before the database does
    filters.py list_query.py                what a client may filter and sort by
    pages.py cursors.py                     what it gets of a long list, and how it asks for the rest
    dto.py field_names.py                   which fields go out, which may come in, and what they are called there
    repeated_queries.py                     finds what should have been one query

A battery: it uses the public surface of the application, and nothing knows it.
"""

from covet._extras import require_extra

# Before all others: they name the library plainly, and this error says how to install it.
require_extra("sqlalchemy", extra="orm", needed_for="covet.database.orm", library="SQLAlchemy")

from covet.database.orm.column_types import UTCDateTime, is_secret, secret_column  # noqa: E402
from covet.database.orm.dto import DTO  # noqa: E402
from covet.database.orm.engine import create_engine  # noqa: E402
from covet.database.orm.errors import (  # noqa: E402
    NotLoadedError,
    RepeatedQueryError,
    RepeatedQueryWarning,
    StaleRowError,
    UnfilteredWriteError,
    UnknownFieldError,
)
from covet.database.orm.list_query import CursorQuery, OffsetQuery  # noqa: E402
from covet.database.orm.mixins import SoftDelete, Timestamps, Versioned  # noqa: E402
from covet.database.orm.model import Model  # noqa: E402
from covet.database.orm.pages import CursorPage, CursorPageAnswer, Page, PageAnswer  # noqa: E402
from covet.database.orm.plugin import OrmConfig, OrmPlugin  # noqa: E402
from covet.database.orm.repeated_queries import allow_repeated_queries  # noqa: E402
from covet.database.orm.repository import Repository  # noqa: E402
from covet.database.orm.session import create_session_factory  # noqa: E402

__all__ = [
    "DTO",
    "CursorPage",
    "CursorPageAnswer",
    "CursorQuery",
    "Model",
    "NotLoadedError",
    "OffsetQuery",
    "OrmConfig",
    "OrmPlugin",
    "Page",
    "PageAnswer",
    "RepeatedQueryError",
    "RepeatedQueryWarning",
    "Repository",
    "SoftDelete",
    "StaleRowError",
    "Timestamps",
    "UTCDateTime",
    "UnfilteredWriteError",
    "UnknownFieldError",
    "Versioned",
    "allow_repeated_queries",
    "create_engine",
    "create_session_factory",
    "is_secret",
    "secret_column",
]
