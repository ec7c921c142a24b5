"""
Answer from a database with FastAPI and SQLAlchemy: one engine, a session for each request, pydantic models.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.apps.alchemy_models import Fortune, World
from benchmarks.apps.rows import ADDED, POOL_SIZE, TEMPLATES, alchemy_url, pick_id, pick_ids, pick_number

engine = create_async_engine(alchemy_url(), pool_size=POOL_SIZE, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
templates = Jinja2Templates(directory=TEMPLATES)


class WorldOut(BaseModel):
    """
    Describe a row as it is answered.
    """

    model_config = ConfigDict(from_attributes=True)

    id: int
    number: int


async def get_session() -> AsyncIterator[AsyncSession]:
    """
    Open a session for a request.
    """
    async with sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """
    Close the connections at the end.
    """
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/row", response_model=WorldOut)
async def row(session: SessionDep) -> World | None:
    """
    Answer with a row.
    """
    return await session.get(World, pick_id())


@app.get("/rows", response_model=list[WorldOut])
async def rows(session: SessionDep) -> list[World | None]:
    """
    Answer with many rows, each read by a statement of its own.
    """
    return [await session.get(World, ident) for ident in pick_ids()]


@app.get("/fortunes", response_class=HTMLResponse)
async def fortunes(request: Request, session: SessionDep) -> HTMLResponse:
    """
    Answer with a page.
    """
    found = [*await session.scalars(select(Fortune)), Fortune(id=0, message=ADDED)]
    found.sort(key=attrgetter("message"))
    return templates.TemplateResponse(request, "fortunes.html", {"fortunes": found})


@app.get("/updates", response_model=list[WorldOut])
async def updates(session: SessionDep) -> list[World]:
    """
    Read many rows, change all of them, and answer with what they have now.
    """
    changed = [await session.get_one(World, ident) for ident in pick_ids()]
    for each in changed:
        each.number = pick_number()
    await session.commit()
    return changed
