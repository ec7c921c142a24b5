"""
Tests of what the answers of a route say about its end.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from covet import CovetPy, Response
from covet.core.deprecation import DeprecationNotice
from covet.core.routing import CovetRouter
from covet.exceptions import RouteError
from covet.http import MutableHeaders
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols

# RFC 9745 §2.1: June 30, 2023 at 23:59:59 UTC.
SINCE = datetime(2023, 6, 30, 23, 59, 59, tzinfo=UTC)


async def ask(protocol: WireProtocol, **options: Any) -> Any:
    """Declare a route with options, and ask it."""
    app = CovetPy()

    @app.get("/", **options)
    async def index() -> str:
        return "old"

    async with TestClient(app, protocol=protocol) as client:
        return await client.get("/")


@on_both_protocols
@pytest.mark.parametrize(
    ("options", "deprecation", "sunset"),
    [
        ({}, None, None),
        ({"deprecated": False}, None, None),
        ({"deprecated": True}, "@0", None),
        ({"deprecated": SINCE}, "@1688169599", None),
        ({"deprecated": SINCE.astimezone(timezone(timedelta(hours=2)))}, "@1688169599", None),
        ({"deprecated": date(2023, 7, 1)}, "@1688169600", None),
        ({"sunset": date(2026, 1, 2)}, None, "Fri, 02 Jan 2026 00:00:00 GMT"),
        ({"deprecated": True, "sunset": SINCE}, "@0", "Fri, 30 Jun 2023 23:59:59 GMT"),
    ],
)
async def test_answers_say_when(
    protocol: WireProtocol, options: dict[str, Any], deprecation: str | None, sunset: str | None
) -> None:
    """Each header in its own form, and none where there is nothing to say."""
    response = await ask(protocol, **options)

    assert (response.headers.get("deprecation"), response.headers.get("sunset")) == (deprecation, sunset)


@on_both_protocols
async def test_errors_and_refusals_say_so_too(protocol: WireProtocol) -> None:
    """Whoever sends something wrong learns of the end as well; other routes say nothing."""
    app, router = CovetPy(), CovetRouter(prefix="/v1")

    @router.get("/items/{number}", deprecated=SINCE)
    async def show_item(number: int) -> str:
        raise RuntimeError(str(number))

    @router.get("/new")
    async def new() -> str:
        return "new"

    app.include_router(router)
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        answers = [await client.get(path) for path in ("/v1/items/x", "/v1/items/1", "/v1/new", "/v1/none")]

    assert [answer.status_code for answer in answers] == [422, 500, 200, 404]
    assert [answer.headers.get("deprecation") for answer in answers] == ["@1688169599", "@1688169599", None, None]


@on_both_protocols
async def test_what_a_handler_says_itself_stays(protocol: WireProtocol) -> None:
    """It may know better for one resource among many."""
    app = CovetPy()

    @app.get("/", deprecated=True, sunset=SINCE)
    async def index() -> Response:
        return Response("x", headers={"sunset": "Fri, 02 Jan 2026 00:00:00 GMT"})

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert (response.headers["deprecation"], response.headers["sunset"]) == ("@0", "Fri, 02 Jan 2026 00:00:00 GMT")


@on_both_protocols
async def test_routes_say_what_their_router_does(protocol: WireProtocol) -> None:
    """A whole version is deprecated in one place; a route may say otherwise, and an inner router as well."""
    app = CovetPy()
    router = CovetRouter(prefix="/v1", deprecated=SINCE, sunset=date(2026, 1, 2))
    inner = CovetRouter(prefix="/inner", deprecated=False)
    router.add_route("/old", lambda: "old")
    router.add_route("/kept", lambda: "kept", deprecated=False, sunset=date(2027, 1, 1))
    inner.add_route("/new", lambda: "new")
    router.include_router(inner)
    app.include_router(router)

    async with TestClient(app, protocol=protocol) as client:
        answers = [await client.get(path) for path in ("/v1/old", "/v1/kept", "/v1/inner/new")]

    assert [answer.headers.get("deprecation") for answer in answers] == ["@1688169599", None, None]
    assert [answer.headers.get("sunset") for answer in answers] == [
        "Fri, 02 Jan 2026 00:00:00 GMT",
        "Fri, 01 Jan 2027 00:00:00 GMT",
        "Fri, 02 Jan 2026 00:00:00 GMT",
    ]


@pytest.mark.parametrize("options", [{"deprecated": "yes"}, {"sunset": datetime(2026, 1, 1)}])  # noqa: DTZ001
def test_router_is_told_what_it_may_be_told(options: dict[str, Any]) -> None:
    """As a route is."""
    ((name, value),) = options.items()
    with pytest.raises(RouteError) as caught:
        CovetRouter(prefix="/v1", **options)

    expected = "True, False, a date or an aware datetime" if name == "deprecated" else "a date or an aware datetime"
    assert str(caught.value) == f"/v1: {name} must be {expected}, got {value!r}."


async def test_route_that_ends_before_it_is_deprecated_is_refused() -> None:
    """At the start, with both dates and the difference between them."""
    with pytest.raises(RouteError) as caught:
        await ask("asgi", deprecated=date(2026, 2, 1), sunset=date(2026, 1, 1))

    assert str(caught.value) == (
        "GET /: It ends at 2026-01-01, before it is deprecated at 2026-02-01.\n"
        "  sunset= is when it stops answering, deprecated= since when nobody should use it."
    )


def test_notice_adds_its_headers() -> None:
    """It works by itself, as any middleware does."""
    notice = DeprecationNotice(MutableHeaders({"sunset": "x"}))

    response = notice.process_response(None, Response("x"))  # type: ignore[arg-type]

    assert response.headers["sunset"] == "x"
