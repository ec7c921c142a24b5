"""
A directory of migrations and an empty database of each kind.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent, indent
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from covet.database import DatabaseURL
from covet.database.migrations import Migrations
from covet.database.migrations.layout import FILES
from scripts.services import SERVICES

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Workshop:
    """
    A database and the directory of its migrations.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.directory = folder / "migrations"

    @property
    def kind(self) -> str:
        """The kind of database."""
        return DatabaseURL.parse(self.url).scheme

    def open(self, metadata: sa.MetaData | None = None, **options: Any) -> Migrations:
        """Open the migrations with models; an empty directory is made if there is none."""
        if not self.directory.exists():
            (self.directory / "versions").mkdir(parents=True)
            for name, text in FILES.items():
                (self.directory / name).write_text(text)
        return Migrations(self.url, metadata or sa.MetaData(), self.directory, **options)

    def write(
        self,
        revision: str,
        upgrade: str = "pass",
        downgrade: str = "pass",
        *,
        follows: str | tuple[str, ...] | None = None,
    ) -> Path:
        """Write a migration by hand."""
        self.open()
        path = self.directory / "versions" / f"{revision}.py"
        path.write_text(
            f'"""do {revision}"""\n'
            "import sqlalchemy as sa\n"
            "from alembic import op\n\n"
            f"revision = {revision!r}\n"
            f"down_revision = {follows!r}\n\n\n"
            f"def upgrade():\n{indent(dedent(upgrade), '    ')}\n\n\n"
            f"def downgrade():\n{indent(dedent(downgrade), '    ')}\n"
        )
        return path

    async def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Execute a statement, and return its rows."""
        engine = create_async_engine(DatabaseURL.parse(self.url).render_for_sqlalchemy(), poolclass=sa.NullPool)
        async with engine.begin() as connection:
            result = await connection.exec_driver_sql(statement)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows

    async def list_tables(self) -> set[str]:
        """List the tables, but for the one of Alembic's."""
        engine = create_async_engine(DatabaseURL.parse(self.url).render_for_sqlalchemy(), poolclass=sa.NullPool)
        async with engine.connect() as connection:
            names = await connection.run_sync(lambda inner: sa.inspect(inner).get_table_names())
        await engine.dispose()
        return set(names) - {"alembic_version"}


def make_models() -> sa.MetaData:
    """Make models with what databases differ about."""
    metadata = sa.MetaData(naming_convention=NAMES)
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(200), nullable=False, unique=True),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    sa.Table(
        "notes",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.Column("content", sa.Text),
    )
    return metadata


def empty(name: str, url: str) -> None:
    """Drop all that is in a database."""
    database = urlsplit(url).path[1:]
    statements = {
        "postgresql": ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"],
        "mysql": [f"DROP DATABASE {database}", f"CREATE DATABASE {database}"],
    }[name]
    execute = SERVICES[name].execute
    assert execute is not None
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, execute(url, statements)).result()


@pytest.fixture
def sqlite(tmp_path: Path) -> Workshop:
    """A file that is not there yet."""
    return Workshop(f"sqlite:///{tmp_path}/notes.db", tmp_path)


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workshop]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield Workshop(f"sqlite:///{tmp_path}/notes.db", tmp_path)
        return
    url: str = request.getfixturevalue(f"{request.param}_url")
    # Others of this process have had it before.
    empty(request.param, url)
    yield Workshop(url, tmp_path)
    empty(request.param, url)
