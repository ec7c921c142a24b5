"""
Hold what all applications with a database have in common: where it is, its rows, and which of them are asked for.
"""

import os
from pathlib import Path
from random import Random

URL_VARIABLE = "BENCHMARK_DATABASE"
TEMPLATES = Path(__file__).parent / "templates"
POOL_SIZE = 10
ROW_COUNT = 10_000
MANY = 20
ADDED = "What is asked for now is added now."
FORTUNES = (
    "A cache is a promise that somebody else has to keep.",
    "Who measures twice cuts once; who measures once cuts corners.",
    "Every constant is a variable that nobody has met yet.",
    "<script>alert('This must not be run.');</script>",
    "It works on every machine that was asked.",
    "フレームワークのベンチマーク",
    "Somebody's \"temporary\" is somebody else's interface.",
    "The fastest statement is the one that is not sent.",
    "An error that names itself is half mended & half forgiven.",
    "Locks keep the honest honest.",
    "Nine tables cannot make a row in one month.",
    "Déjà vu: a page that came from a cache.",
)

# The same rows in the same order for whoever answers.
_random = Random(7)


def database_url() -> str:
    """
    Return where the database is: `sqlite:///…` or `postgresql://…`.
    """
    return os.environ[URL_VARIABLE]


def alchemy_url() -> str:
    """
    Return the same as SQLAlchemy has it, with the driver.
    """
    return (
        database_url()
        .replace("sqlite://", "sqlite+aiosqlite://", 1)
        .replace("postgresql://", "postgresql+asyncpg://", 1)
    )


def pick_id() -> int:
    """
    Return the id of a row.
    """
    return _random.randint(1, ROW_COUNT)


def pick_ids() -> list[int]:
    """
    Return the ids of many rows, none twice, in order: whoever changes them in that order never waits in a circle.
    """
    return sorted(_random.sample(range(1, ROW_COUNT + 1), MANY))


def pick_number() -> int:
    """
    Return what a row is to have.
    """
    return _random.randint(1, ROW_COUNT)


def first_number(id_: int) -> int:
    """
    Return what a row has before anybody changes it.
    """
    return id_ * 7919 % ROW_COUNT + 1
