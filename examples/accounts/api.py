"""
The API, for programs and for the pages of one other origin. It believes tokens and keys, and no cookie.
"""

from dataclasses import dataclass

from covet import Request
from covet.auth import JWTAuthProvider, PasswordAuthProvider, Principal, TokenPair, requires
from covet.core import CovetRouter
from examples.accounts.store import Accounts

tokens = CovetRouter(prefix="/api/tokens")
api = CovetRouter(prefix="/api", middleware=[requires()])

# RFC 6749 §5.1: no cache keeps a token.
UNCACHED = {"cache-control": "no-store"}


@dataclass
class Credentials:
    username: str
    password: str


@dataclass
class Refresh:
    refresh_token: str


@dataclass(frozen=True)
class Account:
    """
    An account as clients see it.
    """

    username: str
    is_admin: bool
    is_active: bool


@tokens.post("", status_code=201)
async def create_tokens(
    request: Request, credentials: Credentials, logins: PasswordAuthProvider, provider: JWTAuthProvider
) -> tuple[TokenPair, int, dict[str, str]]:
    user = await logins.check_password(request, credentials.username, credentials.password)
    return await provider.create_tokens(user), 201, UNCACHED


@tokens.post("/refresh")
async def refresh_tokens(refresh: Refresh, provider: JWTAuthProvider) -> tuple[TokenPair, int, dict[str, str]]:
    return await provider.refresh_tokens(refresh.refresh_token), 200, UNCACHED


@tokens.post("/revoke")
async def revoke_tokens(refresh: Refresh, provider: JWTAuthProvider) -> None:
    await provider.revoke_token(refresh.refresh_token)


@api.get("/account", middleware=[requires(scope="account")])
async def show_account(principal: Principal, accounts: Accounts) -> Account | None:
    user = await accounts.find_by_id(str(principal.id))
    return None if user is None else Account(user.username, "admin" in user.roles, user.is_active)


@api.get("/accounts", middleware=[requires(scope="admin", role="admin")])
async def list_accounts(accounts: Accounts) -> list[Account]:
    return [Account(user.username, "admin" in user.roles, user.is_active) for user in await accounts.list_all()]
