"""
What is told to those who audit.
"""

from covet import CovetPy, Request
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, Principal, events, requires
from covet.events import Event
from covet.middleware import AuthenticationMiddleware
from covet.testing import TestClient


def test_each_has_a_type_of_its_own() -> None:
    """Those of one's own begin with `auth.`, so that `auth.*` hears them all."""
    types = [getattr(events, name).event_type for name in events.__all__]

    assert len(set(types)) == len(types)
    assert {text for text in types if not text.startswith("auth.")} == {"user.authenticated"}


async def test_a_request_tells_who_it_was_and_what_was_refused() -> None:
    """With the address, and without a token."""
    provider = JWTAuthProvider("R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA")
    app, seen = CovetPy(middleware=[AuthenticationMiddleware(provider=provider)]), list[Event]()
    app.events.subscribe("auth.*", seen.append)
    app.events.subscribe("user.*", seen.append)

    @app.get("/", middleware=[requires(scope="read")])
    async def index() -> str:
        return "in"

    token = await provider.create_token(Principal("7"))
    async with TestClient(app) as client:
        for text in (token, f"{token}x"):
            await client.get("/", headers={"Authorization": f"Bearer {text}"})
        await provider.revoke_token(token)
        pair = await provider.create_tokens(Principal("7"))
        await provider.refresh_tokens(pair.refresh_token)
        for _ in range(2):
            try:
                await provider.refresh_tokens(pair.refresh_token)
            except Exception as exc:
                assert "used before" in str(exc) or "revoked" in str(exc)

    told = [event.event_type for event in seen]
    assert told == ["user.authenticated", "auth.denied", "auth.failed", "auth.revoked", "auth.reused"]
    denied = seen[1]
    assert isinstance(denied, events.PermissionDeniedEvent)
    assert (denied.user_id, denied.path, denied.missing) == ("7", "/", "scope read")
    for secret in (token, pair.access_token, pair.refresh_token):
        assert secret not in repr(seen)


async def test_without_a_bus_nothing_is_made() -> None:
    """Nobody asked for one, and telling nobody makes none."""
    provider = APIKeyAuthProvider()
    app = CovetPy(middleware=[AuthenticationMiddleware(provider=provider)])

    @app.get("/")
    async def index(request: Request) -> str:
        return "in"

    async with TestClient(app) as client:
        assert (await client.get("/", headers={"X-API-Key": "wrong"})).status_code == 401
    assert not app.has_events
