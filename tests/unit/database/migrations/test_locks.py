"""
One process at a time migrates a database.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from covet.database import DatabaseURL
from covet.database.migrations import MigrationLockError
from covet.database.migrations.locks import take_lock
from tests.unit.database.migrations.conftest import Workshop, empty

CODE = """
import asyncio, sys, sqlalchemy
from covet.database.migrations import Migrations

async def main(url, directory):
    for revision in await Migrations(url, sqlalchemy.MetaData(), directory).upgrade():
        print(revision.id)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_five_processes_at_once_run_each_migration_once(workshop: Workshop) -> None:
    """On a database that is new; all succeed."""
    workshop.write("m0", "op.create_table('ran', sa.Column('revision', sa.String(10)))")
    for number in range(1, 6):
        workshop.write(
            f"m{number}",
            f"op.create_table('t{number}', sa.Column('id', sa.Integer, primary_key=True))\n"
            f"op.execute(\"INSERT INTO ran VALUES ('m{number}')\")",
            follows=f"m{number - 1}",
        )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", CODE, workshop.url, str(workshop.directory), stdout=-1, stderr=-1
        )
        for _ in range(5)
    ]

    outputs = [await process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0] * 5, outputs
    assert sorted(line for output, _ in outputs for line in output.decode().split()) == [f"m{n}" for n in range(6)]
    assert await workshop.query("SELECT revision FROM ran ORDER BY revision") == [(f"m{n}",) for n in range(1, 6)]
    assert await workshop.open().get_current() == ("m5",)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_one_waits_until_the_other_is_gone(
    kind: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """It says that it waits, and gives up in time; a connection that ends gives the lock back."""
    caplog.set_level("INFO", "covet.database.migrations")
    url = DatabaseURL.parse(request.getfixturevalue(f"{kind}_url"))
    engine = create_async_engine(url.render_for_sqlalchemy(), poolclass=sa.NullPool)
    async with engine.connect() as holder, engine.connect() as other:
        await take_lock(holder, url, "alembic_version", seconds=1)
        await take_lock(other, url, "another_version", seconds=1)

        with pytest.raises(MigrationLockError) as caught:
            await take_lock(other, url, "alembic_version", seconds=0.15)
        await holder.close()
        await take_lock(other, url, "alembic_version", seconds=5)

    assert str(caught.value).startswith("Another process migrates this database, and did not end within 0.15 seconds.")
    assert caplog.messages[0] == "Another process migrates this database; waiting for it."
    await engine.dispose()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_a_process_that_is_killed_leaves_no_lock(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Not even while its server is at a long statement, which is given up."""
    url = request.getfixturevalue(f"{kind}_url")
    empty(kind, url)
    workshop = Workshop(url, tmp_path)
    sleep = {"postgresql": "pg_sleep(120)", "mysql": "SLEEP(120)"}[kind]
    workshop.write(
        "a1",
        "import os\nif 'COVET_TEST_SLEEPS' in os.environ:\n    print('sleeps', flush=True)\n"
        f"    op.execute('SELECT {sleep}')",
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CODE,
        workshop.url,
        str(workshop.directory),
        stdout=-1,
        env={**os.environ, "COVET_TEST_SLEEPS": "1"},
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"sleeps\n"
    await asyncio.sleep(0.3)
    process.kill()
    await process.communicate()

    applied = await workshop.open(lock_timeout=30).upgrade()

    assert [item.id for item in applied] == ["a1"]
    await workshop.query("DROP TABLE alembic_version")
