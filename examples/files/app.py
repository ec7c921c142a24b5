"""
A shelf for files: put some there, fetch them whole or in part, and see on every open page what happens.

Run it with `covet run examples.files.app:app`, and open http://127.0.0.1:8000.
"""

from pathlib import Path
from typing import Annotated

from covet import CovetPy, Header, Request
from covet.config import Settings
from covet.di import Lifetime
from covet.responses import EventStream, FileResponse
from covet.threads import run_in_thread
from examples.files.feed import Feed
from examples.files.shelf import Listing, Shelf, ShelfSettings, StoredFile

PAGE = Path(__file__).parent / "page"
# The page consists of its own files and nothing else, and stands in nobody's frame.
PAGE_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
}
# What people upload is stored by browsers, never run in this site's name, and asked for again each time.
FILE_HEADERS = {"content-security-policy": "sandbox", "cache-control": "no-cache"}


class FilesSettings(Settings):
    """
    The settings of every application, and those of the shelf.
    """

    shelf: ShelfSettings = ShelfSettings()


async def open_shelf(settings: ShelfSettings) -> Shelf:
    return await run_in_thread(Shelf, settings)


settings = FilesSettings()
app = CovetPy(settings=settings)
app.container.register(Shelf, factory=open_shelf, lifetime=Lifetime.SINGLETON)
app.container.register(Feed, lifetime=Lifetime.SINGLETON)
app.static("/", PAGE, html=True, headers=PAGE_HEADERS)


@app.on_startup
async def check_shelf() -> None:
    # A directory that cannot be used is found now, not by the first person who comes.
    await app.container.resolve(Shelf)


@app.get("/files")
async def list_files(shelf: Shelf) -> Listing:
    return await shelf.list_files()


@app.put("/files/{name}", status_code=201, body_limit=settings.shelf.file_limit)
async def upload(
    request: Request, name: str, content_length: Annotated[int, Header()], shelf: Shelf, feed: Feed
) -> StoredFile:
    async with feed.report(name, content_length) as report, shelf.receive(name, content_length) as file:
        async for chunk in request.stream():
            await run_in_thread(file.write, chunk)
            await report.advance(len(chunk))
    await feed.publish("files", "files", {"added": name})
    return await shelf.get(name)


@app.get("/files/{name}")
async def download(name: str, shelf: Shelf) -> FileResponse:
    return FileResponse(name, root=shelf.directory, filename=name, headers=FILE_HEADERS)


@app.delete("/files/{name}")
async def delete(name: str, shelf: Shelf, feed: Feed) -> None:
    await shelf.remove(name)
    await feed.publish("files", "files", {"deleted": name})


@app.get("/events")
async def follow(feed: Feed, last_event_id: Annotated[int, Header()] = 0) -> EventStream:
    return EventStream(feed.follow(last_event_id), retry=1000)
