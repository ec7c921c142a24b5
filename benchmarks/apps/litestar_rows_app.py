"""
Answer from a database with Litestar and advanced-alchemy: its plugin, a repository for each request, Structs.
"""

from operator import attrgetter
from typing import Any

import msgspec
from advanced_alchemy.extensions.litestar import (
    AsyncSessionConfig,
    EngineConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyPlugin,
)
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from litestar import Litestar, get
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.di import Provide
from litestar.response import Template
from litestar.template.config import TemplateConfig
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.apps.alchemy_models import Fortune, World
from benchmarks.apps.rows import ADDED, POOL_SIZE, TEMPLATES, alchemy_url, pick_id, pick_ids, pick_number


class WorldOut(msgspec.Struct):
    """
    Describe a row as it is answered.
    """

    id: int
    number: int


class Worlds(SQLAlchemyAsyncRepository[World]):
    """
    Find rows.
    """

    model_type = World


class Fortunes(SQLAlchemyAsyncRepository[Fortune]):
    """
    Find messages.
    """

    model_type = Fortune


async def provide_worlds(db_session: AsyncSession) -> Worlds:
    """
    Make the repository of a request.
    """
    return Worlds(session=db_session)


async def provide_fortunes(db_session: AsyncSession) -> Fortunes:
    """
    Make the repository of a request.
    """
    return Fortunes(session=db_session)


@get("/row")
async def row(worlds: Worlds) -> WorldOut:
    """
    Answer with a row.
    """
    found = await worlds.get(pick_id())
    return WorldOut(found.id, found.number)


@get("/rows")
async def rows(worlds: Worlds) -> list[WorldOut]:
    """
    Answer with many rows, each read by a statement of its own.
    """
    found = [await worlds.get(ident) for ident in pick_ids()]
    return [WorldOut(each.id, each.number) for each in found]


@get("/fortunes")
async def fortunes(messages: Fortunes) -> Template:
    """
    Answer with a page.
    """
    found: list[Any] = [*await messages.list(), Fortune(id=0, message=ADDED)]
    found.sort(key=attrgetter("message"))
    return Template("fortunes.html", context={"fortunes": found})


@get("/updates")
async def updates(worlds: Worlds, db_session: AsyncSession) -> list[WorldOut]:
    """
    Read many rows, change all of them, and answer with what they have now.
    """
    changed = [await worlds.get(ident) for ident in pick_ids()]
    for each in changed:
        each.number = pick_number()
    await db_session.commit()
    return [WorldOut(each.id, each.number) for each in changed]


alchemy = SQLAlchemyPlugin(
    config=SQLAlchemyAsyncConfig(
        connection_string=alchemy_url(),
        engine_config=EngineConfig(pool_size=POOL_SIZE, max_overflow=0),
        session_config=AsyncSessionConfig(expire_on_commit=False),
    )
)

app = Litestar(
    route_handlers=[row, rows, fortunes, updates],
    dependencies={"worlds": Provide(provide_worlds), "messages": Provide(provide_fortunes)},
    plugins=[alchemy],
    template_config=TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine),
)
