"""
An application that one logs in to with another service, for `test_oauth_served.py`.

`OIDC_URL` says where the service of `oidc_provider.py` is.
"""

import os
from typing import Any

from covet import CovetPy, Request
from covet.auth import OAuth2Provider, Principal, requires
from covet.middleware import AuthenticationMiddleware, SessionMiddleware
from tests.e2e.oidc_users import SECRET

URL = os.environ["OIDC_URL"]


def make_provider(name: str, issuer: str, user: str = "ada", timeout: float = 3) -> OAuth2Provider:
    """Make a provider whose service logs one user in."""
    return OAuth2Provider(
        name,
        client_id="shop",
        client_secret=SECRET,
        issuer=f"{URL}/{issuer}",
        scopes=["openid", "email"],
        authorize_params={"login_hint": user},
        after_logout="/bye",
        keep_tokens=True,
        timeout=timeout,
    )


ada, grace = make_provider("ada", "sends-iss"), make_provider("grace", "good", "grace")
slow = make_provider("slow", "slow", timeout=2)
providers = [ada, grace, slow]

# Its cookies are plain ones at this machine, and nowhere else.
app = CovetPy(debug=True, middleware=[SessionMiddleware(secret_key="nK3v9dQp2sXw7bTz5mRj8fLh4cGy6eAu")])
app.add_middleware(AuthenticationMiddleware(providers=providers))
for provider in providers:
    app.include_router(provider.router)


@app.get("/me", middleware=[requires()])
async def show_me(principal: Principal) -> dict[str, Any]:
    """Tell who asks."""
    return {"id": principal.id, "name": principal.claims["name"], "method": principal.method}


@app.get("/token")
async def show_token(request: Request) -> str:
    """Show the access token."""
    return await ada.get_access_token(request)


@app.get("/ok")
async def answer() -> str:
    """Answer at once."""
    return "ok"


@app.get("/bye")
async def say_goodbye() -> str:
    """Say goodbye."""
    return "bye"
