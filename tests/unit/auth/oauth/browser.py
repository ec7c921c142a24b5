"""
Somebody's browser, between an application and a provider.
"""

from types import TracebackType
from typing import Any, Self, Unpack

import httpx2

from covet import CovetPy
from covet.auth import OAuth2Options, OAuth2Provider, Principal, requires
from covet.middleware import AuthenticationMiddleware, SessionMiddleware
from covet.testing import TestClient
from covet.testing.response import ClientResponse
from tests.e2e.oidc_users import SECRET

BASE = "https://127.0.0.1:9"
# Made here: it reads files, which nothing on an event loop may do.
_CONTEXT = httpx2.create_ssl_context()


def make_provider(issuer: str | None, name: str = "idp", /, **options: Unpack[OAuth2Options]) -> OAuth2Provider:
    """Make a provider with the client that the tests' issuers know."""
    chosen: OAuth2Options = {
        "client_id": "shop",
        "client_secret": SECRET,
        "issuer": issuer,
        "scopes": ["openid", "email"],
        "timeout": 3.0,
        **options,
    }
    return OAuth2Provider(name, **chosen)


def make_app(*providers: OAuth2Provider) -> CovetPy:
    """Make an application that one can log in to."""
    app = CovetPy(middleware=[SessionMiddleware(secret_key="nK3v9dQp2sXw7bTz5mRj8fLh4cGy6eAu")])
    if providers:
        app.add_middleware(AuthenticationMiddleware(providers=list(providers)))
    for provider in providers:
        app.include_router(provider.router)

    if not providers:
        return app

    @app.get("/me", middleware=[requires()])
    async def show(principal: Principal) -> dict[str, Any]:
        said = {"id": principal.id, "claims": dict(principal.claims), "method": principal.method}
        return {**said, "scopes": sorted(principal.scopes), "roles": sorted(principal.roles)}

    return app


class Browser:
    """
    A browser: it follows redirects to the provider and back, as slowly as a test wants.

    Several may have one application, whose lifespan is not run.

    Attributes:
        app: What calls the application, with the cookies of this browser.
    """

    def __init__(self, app: CovetPy) -> None:
        self.app = TestClient(app, base_url=BASE, raise_app_exceptions=False, follow_redirects=False)
        self._web = httpx2.AsyncClient(verify=_CONTEXT, follow_redirects=False)

    async def begin(self, path: str = "/auth/idp/login") -> str:
        """Ask the application for a login, and the provider for it; returns where it sends the browser back to."""
        response = await self.app.get(path)
        assert response.status_code == 303, response.text
        answer = await self._web.get(response.headers["location"])
        assert answer.status_code == 302, answer.text
        return answer.headers["location"].removeprefix(BASE)

    async def log_in(self, path: str = "/auth/idp/login") -> ClientResponse:
        """Go there and back; returns the application's answer to who comes back."""
        return await self.app.get(await self.begin(path))

    async def show_me(self) -> dict[str, Any]:
        """Ask the application who asks."""
        response = await self.app.get("/me")
        read: dict[str, Any] = response.json()
        return read

    async def __aenter__(self) -> Self:
        await self._web.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._web.__aexit__(kind, error, trace)


async def read_calls(issuer: str) -> list[str]:
    """Read what an issuer was asked since the last time: the paths, in order."""
    async with httpx2.AsyncClient(verify=_CONTEXT) as web:
        read: list[str] = (await web.get(f"{issuer}/_calls")).json()
    return read


def forget_calls(url: str) -> None:
    """Let an issuer that does nothing wrong forget what it was asked."""
    httpx2.get(f"{url}/good/_calls")


async def mint(issuer: str, **said: object) -> str:
    """Have an issuer make an access token."""
    async with httpx2.AsyncClient(verify=_CONTEXT) as web:
        response = await web.post(f"{issuer}/_mint", json=said)
    assert response.status_code == 200, response.text
    return response.text
