"""
An application is ready when nothing is pending.
"""

import pytest

from covet import CovetPy
from covet.database.migrations import PendingMigrationsError, create_health_check
from covet.plugins import Plugin
from tests.unit.database.migrations.conftest import Workshop


async def test_it_is_healthy_once_nothing_is_pending(workshop: Workshop) -> None:
    """What is pending is listed; a complete database is not asked again."""
    path = workshop.write("a1")
    migrations = workshop.open()
    check = create_health_check(migrations)

    with pytest.raises(PendingMigrationsError) as caught:
        await check()
    await migrations.upgrade()

    assert str(caught.value) == "The database lacks 1 migration: a1 'do a1'.\n  Run it first: covet db upgrade"
    assert await check()
    path.unlink()
    assert await check()


async def test_a_plugin_contributes_it(sqlite: Workshop) -> None:
    """It stands with the other checks."""
    sqlite.write("a1")
    check = create_health_check(sqlite.open())

    class NotesPlugin(Plugin):
        name = "notes"
        version = "1.0.0"

        def init_app(self, app: CovetPy) -> None: ...

        def health_checks(self):  # type: ignore[no-untyped-def]
            return {"migrations": check}

    app = CovetPy(plugins=[NotesPlugin])
    await app.startup()

    before = await app.plugin_manager.check_health()
    await sqlite.open().upgrade()
    after = await app.plugin_manager.check_health()

    await app.shutdown()
    assert not before["migrations"].is_healthy
    assert after["migrations"].is_healthy
