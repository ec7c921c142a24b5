"""
Preflights: what `CORSMiddleware` answers by itself, and what it leaves to the application.
"""

import pytest

from covet import CovetPy
from covet.middleware import CORSMiddleware
from covet.testing import TestClient
from tests.unit.middleware.cors_client import ALLOW_ORIGIN, SITE, Protocol, cors_names, make_client, preflight


async def test_preflight_is_answered_by_the_middleware(protocol: Protocol) -> None:
    """
    A preflight gets 204 with what is allowed, whatever the routes say.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_headers=["X-Token"], max_age=60)

    response = await client.options("/nowhere", headers=preflight(method="DELETE", headers="content-type,x-token"))

    assert (response.status_code, response.content) == (204, b"")
    assert {name: response.headers[name] for name in cors_names(response.headers)} == {
        "access-control-allow-origin": SITE,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "Accept, Accept-Language, Content-Language, Content-Type, X-Token",
        "access-control-max-age": "60",
    }
    assert response.headers["vary"] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": SITE}, {"Access-Control-Request-Method": "GET"}], ids=["plain", "no method", "no origin"]
)
async def test_other_options_requests_go_on(protocol: Protocol, headers: dict[str, str]) -> None:
    """
    An `OPTIONS` that is no preflight is the application's to answer.
    """
    client = make_client(protocol, allow_origins=[SITE])

    response = await client.options("/items", headers=headers)

    assert response.status_code == 204
    assert response.headers["allow"] == "OPTIONS, POST"


async def test_handler_of_options_is_reached(protocol: Protocol) -> None:
    """
    A route for `OPTIONS` gets the plain ones and never a preflight.
    """
    app = CovetPy(middleware=[CORSMiddleware(allow_origins=[SITE])])

    @app.options("/")
    async def describe() -> str:
        return "described"

    client = TestClient(app, protocol=protocol)

    plain = await client.options("/", headers={"Origin": SITE})
    asked = await client.options("/", headers=preflight())

    assert plain.text == "described"
    assert asked.status_code == 204


@pytest.mark.parametrize("method", ["PUT", "put", "get", "GET, PUT", "TRACE", ""])
async def test_preflight_for_another_method_is_refused(protocol: Protocol, method: str) -> None:
    """
    A method that is not allowed gets 403, with the ones that are; methods are case-sensitive.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_methods=["GET", "DELETE"])

    response = await client.options("/", headers=preflight(method=method))

    assert response.status_code == 403
    assert response.json()["detail"] == "Pages of other origins may not use this method here."
    assert response.headers["access-control-allow-methods"] == "GET, DELETE"
    assert response.headers.get_list(ALLOW_ORIGIN) == [SITE]
    assert "access-control-max-age" not in response.headers


@pytest.mark.parametrize(
    "headers", ["x-evil", "x-token, x-evil", "x-token,,x-evil", "bad name", "*", "x-token x-token"]
)
async def test_preflight_with_another_header_is_refused(protocol: Protocol, headers: str) -> None:
    """
    A header that is not allowed gets 403; only allowed names are repeated.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_headers=["X-Token"])

    response = await client.options("/", headers=preflight(headers=headers))

    assert response.status_code == 403
    assert response.json()["detail"] == "Pages of other origins may not send one of these headers here."
    assert "evil" not in response.headers["access-control-allow-headers"]
    assert "evil" not in response.text


async def test_refused_origin_learns_nothing(protocol: Protocol) -> None:
    """
    A preflight of an origin that is not allowed gets 403 with a reason, and none of the headers.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_private_network=True)

    response = await client.options(
        "/", headers=preflight("https://evil.example", Access_Control_Request_Private_Network="true")
    )

    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "Pages of this origin are not allowed here."
    assert cors_names(response.headers) == set()
    assert "evil" not in response.text


@pytest.mark.parametrize("headers", ["X-TOKEN", " x-token ,\tcontent-type", "x-token,", "", "accept-language"])
async def test_requested_headers_are_read_generously(protocol: Protocol, headers: str) -> None:
    """
    Case, spaces and empty parts make no difference; the safelisted names are always allowed.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_headers=["X-Token"])

    response = await client.options("/", headers=preflight(headers=headers))

    assert response.status_code == 204


async def test_safelisted_name_is_listed_once() -> None:
    """
    Naming `content-type` again does not repeat it.
    """
    client = make_client("asgi", allow_origins=[SITE], allow_headers=["content-type", "X-Token"])

    response = await client.options("/", headers=preflight())

    expected = "Accept, Accept-Language, Content-Language, Content-Type, X-Token"
    assert response.headers["access-control-allow-headers"] == expected


@pytest.mark.parametrize("allow_credentials", [False, True])
async def test_every_header_means_those_that_are_asked_for(protocol: Protocol, allow_credentials: bool) -> None:
    """
    `allow_headers=["*"]` repeats the names, since `*` covers neither `Authorization` nor requests with credentials.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_headers=["*"], allow_credentials=allow_credentials)

    asked = await client.options("/", headers=preflight(headers="authorization, x-any"))
    silent = await client.options("/", headers=preflight())
    malformed = await client.options("/", headers=preflight(headers="x-any, bad name"))

    assert asked.headers["access-control-allow-headers"] == "authorization, x-any"
    assert "access-control-allow-headers" not in silent.headers
    assert malformed.status_code == 403
    assert "bad" not in str(malformed.headers.multi_items())


async def test_every_method_is_spelled_out(protocol: Protocol) -> None:
    """
    `allow_methods=["*"]` names all methods, since `*` means nothing to requests with credentials.
    """
    client = make_client(protocol, allow_origins=[SITE], allow_methods=["*"], allow_credentials=True)

    response = await client.options("/", headers=preflight(method="PATCH"))

    assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


async def test_no_method_stays_none(protocol: Protocol) -> None:
    """
    `allow_methods=[]` allows no preflight; `None` means the default.
    """
    closed = make_client(protocol, allow_origins=[SITE], allow_methods=[])
    default = make_client(protocol, allow_origins=[SITE], allow_methods=None)

    refused = await closed.options("/", headers=preflight(method="GET"))
    allowed = await default.options("/", headers=preflight(method="DELETE"))

    assert refused.status_code == 403
    assert allowed.status_code == 204


async def test_max_age_can_be_left_to_the_browser(protocol: Protocol) -> None:
    """
    `max_age=None` sends no header, `0` sends zero, and the default is ten minutes.
    """
    answers = [
        await make_client(protocol, allow_origins=[SITE], **options).options("/", headers=preflight())
        for options in ({"max_age": None}, {"max_age": 0}, {})
    ]

    assert [answer.headers.get("access-control-max-age") for answer in answers] == [None, "0", "600"]


async def test_exposed_headers_and_preflights_keep_apart(protocol: Protocol) -> None:
    """
    A preflight has no headers to read, and says so by not listing any.
    """
    client = make_client(protocol, allow_origins=[SITE], expose_headers=["X-Total"])

    response = await client.options("/", headers=preflight())

    assert "access-control-expose-headers" not in response.headers


@pytest.mark.row(66)
@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        ({}, "true", None),
        ({"allow_private_network": True}, "true", "true"),
        ({"allow_private_network": True}, "yes", None),
        ({"allow_private_network": True}, None, None),
    ],
)
async def test_row_066_private_network_is_opened_on_request_only(
    protocol: Protocol, options: dict[str, bool], value: str | None, expected: str | None
) -> None:
    """
    The public web reaches a private network only where the option says so and the browser asks.
    """
    client = make_client(protocol, allow_origins=[SITE], **options)
    sent = preflight() if value is None else preflight(Access_Control_Request_Private_Network=value)

    response = await client.options("/", headers=sent)

    assert response.status_code == 204
    assert response.headers.get("access-control-allow-private-network") == expected
    assert ("Access-Control-Request-Private-Network" in response.headers["vary"]) is bool(options)
