"""
Guards: who may call a route.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, Principal, allow_anyone, requires
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError
from covet.http.websocket import WebSocket
from covet.middleware import AuthenticationMiddleware
from covet.middleware.places import Place
from covet.testing import TestClient, WebSocketRefusedError

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
PROVIDER = JWTAuthProvider("R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA", realm="shop")


class Orders:
    """A service: it knows whose an order is."""

    def find_owner(self, order_id: str) -> str:
        return "7"


async def owns(request: Request, principal: Principal, orders: Orders) -> bool:
    """Tell whether an order is one's own."""
    return orders.find_owner(request.path_params["order_id"]) == principal.id


def make_app(**options: Any) -> CovetPy:
    """Make an application with routes that are guarded each in its way."""
    app = CovetPy(middleware=[AuthenticationMiddleware(provider=PROVIDER)], **options)
    app.container.register(Orders)

    @app.get("/known", middleware=[requires()])
    async def known() -> str:
        return "known"

    @app.post("/write", middleware=[requires(scope=["orders:read", "orders:write"])])
    async def write(order: dict[str, int]) -> str:
        return "written"

    @app.get("/staff", middleware=[requires(role=["admin", "clerk"])])
    async def staff() -> str:
        return "staff"

    @app.get("/orders/{order_id}", middleware=[requires(policy=owns)])
    async def show(order_id: str) -> str:
        return order_id

    @app.websocket("/feed", middleware=[requires(scope="feed")])
    async def feed(websocket: WebSocket, principal: Principal) -> None:
        await websocket.accept()
        await websocket.send_text(str(principal.id))

    return app


async def bring(*scopes: str, user: str = "7", roles: tuple[str, ...] = ()) -> dict[str, str]:
    """Make the headers of somebody."""
    token = await PROVIDER.create_token(Principal(user, scopes, roles))
    return {"Authorization": f"Bearer {token}"}


@Protocols
async def test_who_is_not_known_is_refused_with_a_challenge(protocol: Any) -> None:
    """401, before the body is read: one that is wrong makes no difference."""
    async with TestClient(make_app(), protocol=protocol) as client:
        for response in (await client.get("/known"), await client.post("/write", content=b"no JSON")):
            assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Bearer realm="shop"')
            assert response.json()["detail"] == "Authentication is required."


@Protocols
async def test_who_may_not_is_refused(protocol: Any) -> None:
    """403, with the scopes that a token needs (RFC 6750, section 3.1)."""
    some, none, all_scopes = await bring("orders:read"), await bring(), await bring("orders:read", "orders:write")
    async with TestClient(make_app(), protocol=protocol) as client:
        refused = await client.post("/write", json={"a": 1}, headers=some)
        staff = await client.get("/staff", headers=none)
        good = await client.post("/write", json={"a": 1}, headers=all_scopes)

    assert (refused.status_code, refused.json()["detail"]) == (403, "You may not do this.")
    assert refused.headers["www-authenticate"] == (
        'Bearer realm="shop", error="insufficient_scope", scope="orders:read orders:write"'
    )
    assert (staff.status_code, "www-authenticate" in staff.headers) == (403, False)
    assert good.text == "written"


@Protocols
async def test_one_of_several_roles_is_enough(protocol: Any) -> None:
    """Of scopes all are needed, of roles one."""
    clerk = await bring(roles=("clerk", "x"))
    async with TestClient(make_app(), protocol=protocol) as client:
        assert (await client.get("/staff", headers=clerk)).text == "staff"


@Protocols
async def test_a_policy_decides_with_what_it_takes(protocol: Any) -> None:
    """The request, the principal and a service."""
    own, other = await bring(), await bring(user="8")
    async with TestClient(make_app(), protocol=protocol) as client:
        assert (await client.get("/orders/1", headers=own)).text == "1"
        assert (await client.get("/orders/1", headers=other)).status_code == 403
        assert (await client.get("/orders/1")).status_code == 401


@Protocols
async def test_the_handshake_of_a_websocket_is_refused(protocol: Any) -> None:
    """With the same statuses."""
    good, bad = await bring("feed"), await bring()
    async with TestClient(make_app(), protocol=protocol) as client:
        async with client.websocket_connect("/feed", headers=good) as socket:
            assert await socket.receive_text() == "7"
        for headers, status in (({}, 401), (bad, 403), ({"Authorization": "Bearer a.b.c"}, 401)):
            with pytest.raises(WebSocketRefusedError, match=str(status)):
                async with client.websocket_connect("/feed", headers=headers):
                    pass


@Protocols
async def test_a_router_is_guarded_but_for_what_says_otherwise(protocol: Any) -> None:
    """What is added to it later is guarded, too."""
    router = CovetRouter(prefix="/admin", middleware=[requires(role="admin")])

    @router.get("/health", middleware=[allow_anyone()])
    async def health() -> str:
        return "good"

    @router.get("/both", middleware=[allow_anyone(), requires(scope="both")])
    async def both() -> str:
        return "both"

    app = make_app()
    app.include_router(router)

    @router.get("/late")
    async def late() -> str:
        return "late"

    nobody, admin = await bring("both"), await bring(roles=("admin",))
    async with TestClient(app, protocol=protocol) as client:
        statuses = [
            (await client.get(f"/admin/{path}", headers=headers)).status_code
            for path in ("health", "late", "both")
            for headers in ({}, nobody, admin)
        ]
    assert statuses == [200, 200, 200, 401, 403, 200, 401, 200, 403]


@Protocols
async def test_an_application_is_guarded_as_a_whole(protocol: Any) -> None:
    """What is not there as well: nobody learns which paths there are."""
    app = CovetPy(middleware=[requires(), AuthenticationMiddleware(provider=PROVIDER)])

    @app.get("/open", middleware=[allow_anyone()])
    async def index() -> str:
        return "open"

    @app.get("/closed")
    async def closed() -> str:
        return "closed"

    async with TestClient(app, protocol=protocol) as client:
        statuses = [(await client.get(path)).status_code for path in ("/open", "/closed", "/nowhere")]
        known = [(await client.get(path, headers=await bring())).status_code for path in ("/closed", "/nowhere")]
    assert (statuses, known) == ([200, 401, 401], [200, 404])


@Protocols
async def test_a_guarded_application_does_not_tell_which_sockets_there_are(protocol: Any) -> None:
    """The handshake of a path without a route is refused as that of one with a route."""
    app = CovetPy(middleware=[requires(), AuthenticationMiddleware(provider=PROVIDER)])

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()

    statuses = []
    async with TestClient(app, protocol=protocol) as client:
        for path, headers in (("/feed", {}), ("/nowhere", {}), ("/nowhere", await bring())):
            with pytest.raises(WebSocketRefusedError) as caught:
                async with client.websocket_connect(path, headers=headers):
                    pass
            statuses.append(caught.value.status_code)
    assert statuses == [401, 401, 404]


@pytest.mark.parametrize("where", ["router", "inclusion", "inclusion without a prefix", "around both"])
def test_an_application_that_is_mounted_in_a_guarded_router_does_not_start(where: str) -> None:
    """It would be open: what is in a guarded router is guarded."""
    guards: list[object] = [requires(role="admin")]
    router = CovetRouter(prefix="/admin", middleware=guards if where == "router" else [])
    router.mount("/m", CovetPy())
    app = make_app()
    if where == "around both":
        outer = CovetRouter(middleware=guards)
        outer.include_router(router)
        app.include_router(outer)
    else:
        app.include_router(router, "" if "without" in where else "/v1", middleware=guards if "incl" in where else [])

    with pytest.raises(ConfigurationError) as caught:
        app.compile()

    prefix = "/v1/admin/m" if where in {"router", "inclusion"} else "/admin/m"
    assert str(caught.value) == (
        f"requires(role='admin') is around a router, and not around the application that it mounts at {prefix!r}: "
        "that one has middleware of its own.\n"
        "  Mount it in the application, and guard it inside; or include it with middleware=[allow_anyone()]."
    )


async def test_a_mounted_application_may_be_left_open_on_purpose() -> None:
    """By the word for it; files have the guards around them, and a guard in the application starts as before."""
    inner = CovetPy()

    @inner.get("/x")
    async def show() -> str:
        return "mounted"

    opened = CovetRouter(middleware=[allow_anyone()])
    opened.mount("/m", inner)
    router = CovetRouter(prefix="/admin", middleware=[requires()])
    router.include_router(opened)
    app = CovetPy(middleware=[AuthenticationMiddleware(provider=PROVIDER), requires()])
    app.include_router(router)

    async with TestClient(app) as client:
        assert (await client.get("/admin/m/x")).text == "mounted"


def test_a_guard_without_a_provider_does_not_start() -> None:
    """The error says what to add, and names the route."""
    app = CovetPy()

    @app.get("/known", middleware=[requires(scope="a")])
    async def known() -> str:
        return "known"

    with pytest.raises(ConfigurationError, match=r"requires\(scope='a'\) guards GET /known, and nothing") as caught:
        app.compile()
    assert "app.add_middleware(AuthenticationMiddleware(provider=...))" in str(caught.value)


def test_a_policy_that_takes_what_is_not_there_does_not_start() -> None:
    """Nor one that the container could not serve."""

    def policy(order_id: int) -> bool:
        return True

    app = make_app()

    @app.get("/wrong", middleware=[requires(policy=policy)])
    async def wrong() -> str:
        return "wrong"

    with pytest.raises(ConfigurationError, match=r"takes 'order_id', which cannot be injected") as caught:
        app.compile()
    assert "GET /wrong" in str(caught.value)
    assert "request.path_params" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scopes": "a"}, "no option 'scopes'"),
        ({"scope": ["a b"]}, "scope has 'a b', expected a word"),
        ({"scope": []}, "scope is empty, and would say nothing"),
        ({"role": ""}, "role has '', expected a word"),
        ({"role": [7]}, "role has 7, expected a word"),
        ({"policy": [7]}, "policy has 7, expected a function"),
        ({"policy": []}, "policy is empty, and would say nothing"),
        ({"policy": True}, "policy has True, expected a function"),
        ({"policy": "owns"}, "policy has 'o', expected a function"),
        ({"policy": Orders}, "expected a function"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    """When the guard is made."""
    with pytest.raises(ConfigurationError, match=message):
        if options.get("policy") is Orders:
            from covet.auth.policies import check_policy

            check_policy(Orders)
        requires(**options)


async def test_a_guard_that_was_not_bound_lets_nobody_in() -> None:
    """As when somebody calls it by hand."""
    with pytest.raises(ConfigurationError, match="does not know which route it is around"):
        requires().process_request(Request())


def test_guards_stand_inside_of_the_authentication() -> None:
    """And outside of middleware of one's own."""
    assert Place.AUTHENTICATION < requires().priority < 100
    assert requires().priority == allow_anyone().priority
    assert repr(allow_anyone()) == "allow_anyone()"


async def test_challenges_are_those_of_all_providers() -> None:
    """A client chooses."""
    providers = [PROVIDER, APIKeyAuthProvider(prefix="shop")]
    app = CovetPy(middleware=[AuthenticationMiddleware(providers=providers)])

    @app.get("/known", middleware=[requires()])
    async def known() -> str:
        return "known"

    async with TestClient(app) as client:
        response = await client.get("/known")
    assert response.headers["www-authenticate"] == 'Bearer realm="shop", ApiKey header="X-API-Key"'


def test_tables_show_a_guard_as_it_was_written() -> None:
    """`covet routes` does, and so does `covet explain`."""
    from covet.cli.explained_request import explain_request
    from covet.cli.routes import read_routes

    app = make_app()
    rows = {row.path: row.middleware[-1] for row in read_routes(app, "app")}
    layers = [layer.name for layer in explain_request(app, "GET", "/staff").layers]

    assert rows["/staff"] == "requires(role=['admin', 'clerk'])"
    assert rows["/orders/{order_id}"] == "requires(policy=owns)"
    assert layers[-1] == "requires(role=['admin', 'clerk'])"
