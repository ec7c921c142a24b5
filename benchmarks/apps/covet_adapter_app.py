"""
Answer from a database with CovetPy: by its adapter, in SQL.
"""

from operator import itemgetter
from typing import Any

from benchmarks.apps.rows import ADDED, POOL_SIZE, TEMPLATES, database_url, pick_id, pick_ids, pick_number
from covet import CovetPy, Request, Response
from covet.config import DatabaseSettings, Settings
from covet.database import DatabasePlugin, SQLAdapter
from covet.templating import Templates, TemplatesPlugin

READ = "SELECT id, number FROM world WHERE id = $1"

app = CovetPy(
    plugins=[DatabasePlugin(), TemplatesPlugin(directory=TEMPLATES)],
    settings=Settings(database=DatabaseSettings(url=database_url(), pool_size=POOL_SIZE)),
)


@app.get("/row")
async def row(database: SQLAdapter) -> dict[str, Any] | None:
    """
    Answer with a row.
    """
    return await database.fetch_one(READ, pick_id())


@app.get("/rows")
async def rows(database: SQLAdapter) -> list[dict[str, Any] | None]:
    """
    Answer with many rows, each read by a statement of its own.
    """
    return [await database.fetch_one(READ, ident) for ident in pick_ids()]


@app.get("/fortunes")
async def fortunes(request: Request, database: SQLAdapter, templates: Templates) -> Response:
    """
    Answer with a page.
    """
    found = await database.fetch_all("SELECT id, message FROM fortune")
    found.append({"id": 0, "message": ADDED})
    found.sort(key=itemgetter("message"))
    return await templates.render(request, "fortunes.html", {"fortunes": found})


@app.get("/updates")
async def updates(database: SQLAdapter) -> list[dict[str, Any]]:
    """
    Read many rows, change all of them, and answer with what they have now.
    """
    async with database.transaction() as transaction:
        connection = transaction.connection
        changed = []
        for ident in pick_ids():
            found = await connection.fetch_one(READ, ident)
            changed.append({**(found or {}), "number": pick_number()})
        await connection.execute_many(
            "UPDATE world SET number = $1 WHERE id = $2", [(each["number"], each["id"]) for each in changed]
        )
    return changed
