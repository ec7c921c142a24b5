"""
Applications for the tests of commands.
"""

from pathlib import Path

import pytest

from tests.unit.cli.composed_application import BAD, GOOD

PROGRAM = """
import click

from covet import CovetPy
from covet.plugins import Plugin


@click.command()
def ping():
    "Ping the database."
    click.echo("pong")


class Database(Plugin):
    name, version, description = "database", "1.4", "Keeps things."

    def init_app(self, app): ...

    def commands(self):
        return {"ping": ping, "migrate": "late_commands:migrate", "lost": "late_commands:lost"}


class Shop(Plugin):
    name, version, dependencies, required = "shop", "1.0", ["database>=1,<2"], False

    def init_app(self, app): ...

    async def on_startup(self):
        raise ConnectionError("no warehouse")


class Broken(Plugin):
    name, version = "broken", "1.0"

    def init_app(self, app): ...

    async def on_startup(self):
        raise ConnectionError("refused")


class Stuck(Broken):
    name = "stuck"

    async def on_startup(self): ...

    async def on_shutdown(self):
        raise ConnectionError("lost")


class Shadow(Broken):
    name = "shadow"

    def commands(self):
        return {"run": ping}


class Wrong(Broken):
    name = "wrong"

    def commands(self):
        return {"wrong": 7}


app = CovetPy(plugins=[Shop, Database])
empty = CovetPy()
broken = CovetPy(plugins=[Broken, Database])
stuck = CovetPy(plugins=[Stuck])
shadow = CovetPy(plugins=[Shadow])
wrong = CovetPy(plugins=[Wrong])


def create():
    return CovetPy(plugins=[Database])


async def foreign(scope, receive, send): ...
"""

LATE = """
import click

@click.command()
@click.argument("revision")
def migrate(revision):
    "Migrate the database."
    click.echo(f"migrated to {revision}")
"""


@pytest.fixture
def plugged(importable: Path) -> Path:
    """A directory with the applications of a module `plugged`."""
    (importable / "plugged.py").write_text(PROGRAM)
    (importable / "late_commands.py").write_text(LATE)
    return importable


@pytest.fixture
def composed(importable: Path) -> Path:
    """A directory with a good application in a module `composed`, and bad ones in `decomposed`."""
    (importable / "composed.py").write_text(GOOD)
    (importable / "decomposed.py").write_text(BAD)
    return importable
