"""
An application for documents: a gallery whose parameters are models, lists of every style, forms in forms and files.

Each handler returns what it was given, so that whoever sends something can see how it was understood.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, NamedTuple, TypedDict
from uuid import UUID

import attrs
import msgspec
import pydantic

from covet import Cookie, CovetPy, File, Form, Header, Query, UploadFile
from covet.openapi import OpenAPIPlugin
from covet.validation import Constraints


class Style(Enum):
    """How it was painted."""

    OIL = "oil"
    INK = "ink"


@dataclass
class Page:
    """
    A part of a long list.

    Attributes:
        number: Which part.
        size: How long a part is.
    """

    number: Annotated[int, Constraints(ge=1, le=1000)] = 1
    size: Annotated[int | None, Constraints(gt=0, le=50)] = None


@dataclass
class Search(Page):
    """
    What is looked for.

    Attributes:
        style: How it was painted.
    """

    style: list[Style] = field(default_factory=list)
    ids: Annotated[list[int], Query(explode=False, max_length=5, description="Which ones.")] = field(
        default_factory=list
    )
    rooms: Annotated[set[int], Query(style="pipeDelimited", deprecated=True)] = field(default_factory=set)
    since: date | None = None
    sold: bool = False
    price: Annotated[Decimal, Constraints(ge=0)] = Decimal(0)


class Range(msgspec.Struct, rename={"low": "from", "high": "to"}):
    """From one number to another."""

    low: Annotated[float, msgspec.Meta(ge=0, le=1e6)]
    high: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0.0


@dataclass
class Filter:
    """What is shown."""

    painter: Annotated[str, Constraints(min_length=1, max_length=20)]
    year: Range | None = None
    words: Annotated[list[str], Constraints(max_length=3)] = field(default_factory=list)


@attrs.define
class Visitor:
    """Who asks."""

    x_visit: UUID
    x_rooms: Annotated[list[int], Constraints(max_length=4)] = attrs.field(factory=list)
    x_guide: bool | None = None


class Look(TypedDict, total=False):
    """How it looks."""

    theme: Style
    hall: UUID
    code: Annotated[str, Constraints(min_length=2, max_length=4)]


class Size(NamedTuple):
    """How large it is."""

    width: int
    height: int = 1


@dataclass
class Frame:
    """A frame."""

    wood: Annotated[str, Constraints(pattern="^[a-z]{1,8}$")]
    size: Size | None = None


@dataclass
class Order:
    """What somebody buys."""

    name: Annotated[str, Constraints(min_length=1, max_length=30)]
    frame: Frame
    copies: Annotated[list[int], Constraints(max_length=5)]
    others: list[Frame] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    price: Decimal | None = None


class Address(pydantic.BaseModel):
    """Where somebody lives."""

    city: str
    number: Annotated[int | None, pydantic.Field(ge=1)] = None


class Guest(pydantic.BaseModel):
    """Who comes."""

    full_name: Annotated[str, pydantic.Field(alias="full-name", min_length=1, description="In full.")]
    home: Address
    ages: list[int] = []


app = CovetPy(plugins=[OpenAPIPlugin(title="Gallery")])


@app.get("/pictures")
async def list_pictures(
    search: Annotated[Search, Query()],
    visitor: Annotated[Visitor, Header()],
    look: Annotated[Look, Cookie()],
    filter: Annotated[Filter | None, Query(style="deepObject", description="What is shown.")] = None,
) -> dict[str, object]:
    """List the pictures."""
    return {"search": search, "visitor": visitor, "look": look, "filter": filter}


@app.get("/lists")
async def show_lists(
    names: list[str],
    comma: Annotated[list[int], Query(explode=False)],
    space: Annotated[tuple[int, int] | None, Query(style="spaceDelimited")] = None,
    pipe: Annotated[list[Style], Query(style="pipeDelimited", min_length=1)] = [Style.INK],  # noqa: B006
    x_rooms: Annotated[list[int] | None, Header(max_length=3)] = None,
    seen: Annotated[date | None, Cookie()] = None,
) -> dict[str, object]:
    """Show lists of every style."""
    return {"names": names, "comma": comma, "space": space, "pipe": pipe, "x-rooms": x_rooms, "seen": seen}


@app.get("/pages")
async def show_page(
    years: Annotated[Range | None, Query()] = None,
    counts: Annotated[dict[str, int], Query(style="deepObject")] = {},  # noqa: B006
) -> dict[str, object]:
    """Show a page, or the whole."""
    return {"years": years, "counts": counts}


@app.get("/closed")
async def search_closely(page: Annotated[Page, Query(extra="forbid")], q: str = "") -> dict[str, object]:
    """Refuse what nobody knows."""
    return {"page": page, "q": q}


@app.post("/pictures", status_code=201)
async def add_pictures(
    page: Annotated[Page, Form()],
    files: Annotated[list[UploadFile], File(max_length=3, description="The pictures.")],
    cover: UploadFile | None = None,
    title: Annotated[str, Form(max_length=20)] = "",
) -> dict[str, object]:
    """Add pictures."""
    return {"page": page, "files": [file.size for file in files], "cover": cover and cover.size, "title": title}


@app.post("/orders", status_code=201)
async def order(order: Annotated[Order, Form()]) -> Order:
    """Order something."""
    return order


@app.post("/frames", status_code=201)
async def add_frame(frame: Annotated[Frame, Form(extra="forbid")]) -> Frame:
    """Add a frame."""
    return frame


@app.post("/guests", status_code=201)
async def add_guest(guest: Annotated[Guest, Form(extra="forbid")]) -> Guest:
    """Invite somebody."""
    return guest


@app.post("/visits", status_code=201)
async def add_visit(
    years: Annotated[Range | None, Form()] = None, copies: Annotated[int, Form(ge=0, le=9)] = 0
) -> dict[str, object]:
    """Note a visit."""
    return {"years": years, "copies": copies}
