"""
Finding out who asks.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import (
    ANONYMOUS,
    APIKeyAuthProvider,
    AuthProvider,
    BasicAuthProvider,
    JWTAuthProvider,
    MemoryUsers,
    PasswordAuthProvider,
    Principal,
)
from covet.auth.provider import Credentials
from covet.exceptions import ConfigurationError
from covet.middleware import AuthenticationMiddleware, SessionMiddleware, get_middleware_registry
from covet.security import generate_token
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
JWT = JWTAuthProvider("R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA")
KEYS = APIKeyAuthProvider(prefix="shop", header=None)


class Whoami:
    """A service that takes the principal."""

    def __init__(self, principal: Principal) -> None:
        self.text = f"{principal.method} {principal.id}"


def make_app(*providers: AuthProvider, session: SessionMiddleware | None = None) -> CovetPy:
    """Make an application that says who asks."""
    layers = [] if session is None else [session]
    app = CovetPy(middleware=[*layers, AuthenticationMiddleware(providers=providers or (JWT, KEYS))])
    app.container.register(Whoami)

    @app.get("/")
    async def index(principal: Principal, whoami: Whoami, request: Request) -> str:
        assert request.state.user is principal
        return whoami.text

    return app


@Protocols
async def test_absent_credentials_are_anonymous(protocol: Any) -> None:
    """Nobody is refused here."""
    async with TestClient(make_app(), protocol=protocol) as client:
        for headers in ({}, {"Authorization": ""}, {"Cookie": "session=1"}):
            assert (await client.get("/", headers=headers)).text == " None"


@Protocols
@pytest.mark.parametrize("header", ["Digest x", "Bearer x", "Bearer a.b.c", "x", "Negotiate"])
async def test_credentials_that_nobody_knows_are_refused(protocol: Any, header: str) -> None:
    """With the challenge of whoever reads the header; where nobody does, it is somebody else's."""
    keys, basic = APIKeyAuthProvider(prefix="shop"), BasicAuthProvider(MemoryUsers())
    async with TestClient(make_app(keys, basic), protocol=protocol) as client:
        refused = await client.get("/", headers={"Authorization": header})
    async with TestClient(make_app(keys), protocol=protocol) as client:
        ignored = await client.get("/", headers={"Authorization": header})

    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Basic realm="api", charset="UTF-8"')
    assert ignored.text == " None"


@Protocols
async def test_the_first_provider_that_finds_credentials_decides(protocol: Any) -> None:
    """Here both read the same header, and each tells its own apart."""
    tokens = [await JWT.create_token(Principal("7")), await KEYS.create_token(Principal("8"))]
    async with TestClient(make_app(), protocol=protocol) as client:
        texts = [(await client.get("/", headers={"Authorization": f"Bearer {token}"})).text for token in tokens]

    assert texts == ["jwt 7", "api_key 8"]


@Protocols
@pytest.mark.parametrize("token", ["a.b.c", "shop_wrong", "other_key", ""])
async def test_bad_credentials_are_refused(protocol: Any, token: str) -> None:
    """401 with a challenge that says so (RFC 6750, section 3), also where nobody has to be known."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get("/", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="The ')
    assert not token or token not in response.text


@Protocols
async def test_two_headers_are_refused(protocol: Any) -> None:
    """400: nobody chooses between them."""
    async with TestClient(make_app(), protocol=protocol) as client:
        response = await client.get("/", headers=[("authorization", "Bearer a.b.c"), ("authorization", "Bearer d")])
    assert response.status_code == 400


async def test_a_provider_gives_a_principal_or_none() -> None:
    """Something else, or nobody, would let everybody in somewhere."""

    class Odd(AuthProvider):
        found: object = None

        async def authenticate(self, request: Request, credentials: Credentials) -> Any:
            return self.found

        async def validate_token(self, token: str) -> Principal | None:
            return None

        async def create_token(self, user: Principal) -> str:
            return ""

        async def revoke_token(self, token: str) -> None:
            pass

    provider = Odd()
    async with TestClient(make_app(provider)) as client:
        for found in (True, "ada", ANONYMOUS):
            provider.found = found
            with pytest.raises(TypeError, match=r"Odd\.authenticate\(\) gave \w+, expected a Principal or None"):
                await client.get("/", headers={"Authorization": "Bearer x"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"provider is missing: .*\n  Write provider=JWTAuthProvider\(\)"),
        ({"providers": []}, "provider is missing"),
        ({"provider": JWT, "providers": [KEYS]}, "providers is given beside provider"),
        ({"providers": JWT}, "expected a list"),
        ({"provider": JWTAuthProvider}, r"expected an AuthProvider\.\n  Write JWTAuthProvider\(\.\.\.\)"),
        ({"provider": "jwt"}, "is 'jwt', expected an AuthProvider"),
        ({"providerr": JWT}, "no option 'providerr'"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        AuthenticationMiddleware(**options)


def test_it_has_a_name_in_the_registry() -> None:
    """By which settings list it."""
    assert get_middleware_registry().get("authentication") is AuthenticationMiddleware


async def test_the_providers_are_closed_at_the_stop() -> None:
    """Each once, however many routes it stands around."""
    closed: list[str] = []

    class Closing(APIKeyAuthProvider):
        async def aclose(self) -> None:
            closed.append(self.prefix)

    app = make_app(Closing(prefix="one"), Closing(prefix="two"))
    async with TestClient(app):
        assert closed == []
    assert closed == ["one", "two"]


def test_a_provider_that_needs_a_session_does_not_start_without() -> None:
    """Everybody would be anonymous for ever; nor does a handler that takes a principal which nobody brings."""
    app = make_app(PasswordAuthProvider(MemoryUsers()))
    with pytest.raises(ConfigurationError, match=r"PasswordAuthProvider knows people by their session, and no Session"):
        app.compile()

    make_app(PasswordAuthProvider(MemoryUsers()), session=SessionMiddleware(generate_token())).compile()

    bare = CovetPy()

    @bare.get("/")
    async def index(principal: Principal) -> None: ...

    with pytest.raises(ConfigurationError, match="takes a Principal, and no AuthenticationMiddleware is around it"):
        bare.compile()
