"""
Answer from a database with CovetPy: by its ORM.
"""

from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from benchmarks.apps.rows import ADDED, POOL_SIZE, TEMPLATES, database_url, pick_id, pick_ids, pick_number
from covet import CovetPy, Request, Response
from covet.database.orm import DTO, Model, OrmPlugin, Repository
from covet.templating import Templates, TemplatesPlugin


class World(Model):
    """
    Map a row with a number.
    """

    __tablename__ = "world"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Fortune(Model):
    """
    Map a message.
    """

    __tablename__ = "fortune"

    id: Mapped[int] = mapped_column(primary_key=True)
    message: Mapped[str]


class WorldOut(DTO[World]):
    """
    Describe a row as it is answered.
    """


app = CovetPy(
    plugins=[
        OrmPlugin({"pool_size": POOL_SIZE, "sqlite_begin": "immediate"}, url=database_url()),
        TemplatesPlugin(directory=TEMPLATES),
    ]
)


@app.get("/row")
async def row(worlds: Repository[World]) -> WorldOut:
    """
    Answer with a row.
    """
    return WorldOut.of(await worlds.get_by_id(pick_id()))


@app.get("/rows")
async def rows(worlds: Repository[World]) -> list[WorldOut]:
    """
    Answer with many rows, each read by a statement of its own.
    """
    return [WorldOut.of(await worlds.get_by_id(ident)) for ident in pick_ids()]


@app.get("/fortunes")
async def fortunes(request: Request, found: Repository[Fortune], templates: Templates) -> Response:
    """
    Answer with a page.
    """
    messages = [*await found.find(), Fortune(id=0, message=ADDED)]
    messages.sort(key=attrgetter("message"))
    return await templates.render(request, "fortunes.html", {"fortunes": messages})


@app.get("/updates")
async def updates(worlds: Repository[World], session: AsyncSession) -> list[WorldOut]:
    """
    Read many rows, change all of them, and answer with what they have now.
    """
    changed = [await worlds.get_by_id(ident) for ident in pick_ids()]
    for each in changed:
        each.number = pick_number()
    await session.commit()
    return [WorldOut.of(each) for each in changed]
