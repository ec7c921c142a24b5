"""
An application for documents: a shop with models of every library, forms, texts, bytes, callbacks and two documents.
"""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import attrs
import msgspec
import pydantic

from covet import Body, CovetPy, Form, Header, Query, Request, Response
from covet.core.route import Route
from covet.core.routing import CovetRouter
from covet.openapi import OpenAPIPlugin, operation
from covet.responses import HTMLResponse, RedirectResponse
from covet.validation import Constraints

# Written as text it may be as precise as anybody likes.
Amount = Annotated[Decimal, Constraints(ge=0, le=1000)]


class Price(msgspec.Struct, frozen=True):
    """What something costs."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"


class Address(pydantic.BaseModel):
    """Where it is sent."""

    street: Annotated[str, pydantic.Field(min_length=1, max_length=60)]
    city: str = "Vienna"


class Customer(pydantic.BaseModel):
    """Who buys."""

    name: str
    address: Address


@attrs.define
class Article:
    """What is sold."""

    name: Annotated[str, Constraints(pattern="^[a-z]{1,20}$")]
    price: Price
    stock: int = 0


class Changes(TypedDict, total=False):
    """What changes of an article."""

    name: str
    stock: int


class Card(msgspec.Struct, tag="card"):
    """Paid by card."""

    number: str


class Cash(msgspec.Struct, tag="cash"):
    """Paid in cash."""

    change: bool = False


async def order_shipped(number: int, changes: Changes) -> None:
    """Tell that an order has left."""


async def stock_low(article: Article) -> None:
    """Tell that there is little left of an article."""


def is_internal(route: Route) -> bool:
    """
    Tell whether a route is for the shop's own people.
    """
    return "internal" in route.all_tags


app = CovetPy(
    plugins=[
        OpenAPIPlugin(
            title="Shop",
            servers=["/"],
            webhooks={"stock_low": stock_low},
            include=lambda route: not is_internal(route),
        ),
        OpenAPIPlugin(
            name="openapi_internal",
            title="Shop, inside",
            path="/internal/openapi.json",
            docs_path="/internal/docs",
            redoc_path=None,
            include=is_internal,
        ),
    ]
)
internal = CovetRouter(prefix="/internal", tags=["internal"])


@app.post("/articles", status_code=201)
async def add_article(article: Article) -> Article:
    """Add an article."""
    return article


@app.patch("/articles/{name}")
async def change_article(name: str, changes: Annotated[Changes, Body(examples=({"stock": 3},))]) -> Changes:
    """Change an article."""
    return changes


@app.post("/orders")
@operation(callbacks={"shipped": {"{$request.query.tell}": order_shipped}}, extensions={"x-cost": 3})
async def order(
    customer: Customer, tell: Annotated[str, Query(max_length=200)] = "", quantity: Annotated[int, Query(ge=1)] = 1
) -> Customer:
    """Order something."""
    return customer


@app.post("/payments")
async def pay(payment: Card | Cash) -> dict[str, str]:
    """Pay."""
    return {"paid": type(payment).__name__}


@app.post("/contact")
async def contact(
    name: Annotated[str, Form(min_length=1, max_length=20)],
    text: Annotated[str, Form(description="What it is about.")],
    copies: Annotated[int, Form(ge=0, le=3)] = 0,
) -> str:
    """Write to the shop."""
    return f"Thank you, {name}. You get {copies} copies of {len(text)} characters."


@app.get("/place")
async def show_place() -> dict[str, float]:
    """Show where the shop is."""
    return {"x": 48.2, "y": 16.4}


@app.get("/total")
async def add_up(amount: Annotated[list[Amount], Query(max_length=5)]) -> Decimal:
    """Add up some amounts."""
    return sum(amount, Decimal(0))


@app.get("/logo")
async def show_logo() -> bytes:
    """Show the logo."""
    return b"\x89PNG"


@app.get("/prices.csv", media_type="text/csv")
async def list_prices() -> str:
    """List the prices."""
    return "name,price\r\n"


@app.get("/log")
async def follow_log() -> AsyncIterator[str]:
    """Follow what happens."""
    yield "one\n"
    yield "two\n"


@app.get("/imprint")
async def show_imprint() -> HTMLResponse:
    """Show the imprint."""
    return HTMLResponse("<h1>Shop</h1>")


@app.get("/old")
async def go_to_new() -> RedirectResponse:
    """Go where everything is now."""
    return RedirectResponse("/place")


@app.get("/anything")
async def show_anything(request: Request, x_trace: Annotated[bool, Header()] = False) -> Response:
    """Show anything."""
    return Response("anything", media_type="text/plain")


@app.get("/loose")
async def show_loosely(request: Request) -> Any:
    """Show what nobody said."""
    return {"trace": request.headers.get("x-trace")}


@internal.get("/stock")
async def count_stock() -> dict[str, int]:
    """Count what is left."""
    return {"tea": 3}


app.include_router(internal)
